"""In Lambda a viewer's session, records and key need no client either."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
import pytest
from botocore.serialize import create_serializer

from holdings.adapters import tls
from holdings.adapters.aws_environment import SigningKey
from holdings.adapters.signed_api import SignedSts
from tests.builders import unmeasured_environ
from tests.integration.records.conftest import ANN, ROLE, TABLE, Kept

ROOT = Path(__file__).parents[3]

PROGRAM = """
import json, os, sys
sys.modules["boto3"] = sys.modules["botocore"] = None  # importing them is an error
from holdings.adapters import tls
from holdings.adapters.aws import Aws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.records import DynamoDBRecords, ViewerSessions
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Once
from holdings.core.errors import Conflict

role, table, key = sys.argv[1:]
clock = Clock()
aws = Aws(AwsEnvironment.from_env(os.environ), "eu-west-1", tls.context)
records = DynamoDBRecords(
    ViewerSessions(aws, role, clock), table=table, key_id=key, environment="dev", clock=clock
)
deadline = Deadline.after(120, clock)
kept = Connection("0" * 32, "coinbase_exchange", "Main", "account-1", "f00d", 1)
records.add("ann", kept, {"api_key": "k"}, Once("key", "digest"), deadline)
refused = []
try:
    records.add("ann", kept, {"api_key": "k"}, None, deadline)
except Conflict as error:
    refused.append(error.code)
print(json.dumps([
    [connection.label for connection in records.connections("ann", deadline)],
    dict(records.credential("ann", kept.id, deadline)),
    refused,
    records.forget("ann", deadline),
]))
"""


@pytest.mark.parametrize("way", ["signed"])
def test_a_viewer_s_records_need_no_client(kept: Kept) -> None:
    # moto loads a service at its first call, which may take longer than AWS is given.
    kept.records.profile(ANN, kept.deadline)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ROLE, TABLE, kept.key],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**unmeasured_environ(), "PYTHONNOUSERSITE": "1"},
    )
    assert json.loads(done.stdout) == [["Main"], {"api_key": "k"}, ["conflict"], ["0" * 32]]


class Pool:
    """Answers every request with these bytes, and keeps what it was sent."""

    def __init__(self, answer: bytes, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.sent: list[tuple[dict[str, str], bytes]] = []

    def post(self, headers: dict[str, str], body: bytes, *, seconds: float) -> tuple[int, bytes]:
        assert seconds
        self.sent.append((headers, body))
        return self.status, self.answer


def sts(pool: Pool) -> SignedSts:
    made = SignedSts(
        url="https://sts.eu-west-1.amazonaws.com",
        region="eu-west-1",
        key=lambda: SigningKey("AKID", "s", "t"),
        tls=tls.context,
    )
    vars(made)["_pool"] = pool
    return made


REQUEST: dict[str, Any] = {
    "RoleArn": ROLE,
    "RoleSessionName": "viewer-a",
    "DurationSeconds": 3600,
    "Tags": [{"Key": "viewer", "Value": "a & b"}, {"Key": "other", "Value": "ä"}],
}
ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><Credentials>
    <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey>
    <SessionToken>IQoJ/+==</SessionToken><Expiration>2026-11-26T09:00:00Z</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def test_a_session_is_asked_for_as_botocore_asks_and_its_key_is_read() -> None:
    pool = Pool(ANSWER.encode())
    assert sts(pool).call("AssumeRole", REQUEST) == {
        "Credentials": {
            "AccessKeyId": "ASIA1",
            "SecretAccessKey": "a/b+c=",
            "SessionToken": "IQoJ/+==",
        }
    }
    ((headers, body),) = pool.sent
    model = botocore.session.Session().get_service_model("sts")
    asked = create_serializer("query").serialize_to_request(
        REQUEST, model.operation_model("AssumeRole")
    )
    assert dict(parse_qsl(body.decode())) == {k: str(v) for k, v in asked["body"].items()}
    assert headers["content-type"] == asked["headers"]["Content-Type"]
    assert headers["x-amz-security-token"] == "t"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (ANSWER.replace("ASIA1", "").encode(), 200),
        (ANSWER.replace("ASIA1", "a&amp;b").encode(), 200),
        ((ANSWER + ANSWER).encode(), 200),
        (ANSWER.encode(), 403),
        (b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", 403),
    ],
)
def test_what_is_not_the_key_of_one_session_is_left_to_the_client(
    answer: bytes, status: int
) -> None:
    assert sts(Pool(answer, status)).call("AssumeRole", REQUEST) is None
