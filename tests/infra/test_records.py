"""AWS itself keeps viewers apart: held on the policies as they are rendered, in every stack."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from holdings.adapters import tls
from holdings.adapters.aws import Aws, AwsService, AwsUnavailable
from holdings.adapters.aws_environment import SigningKey
from holdings.adapters.records import ViewerSessions
from holdings.core.clock import Deadline
from holdings.core.errors import RecordsUnavailable
from tests.builders import FakeClock
from tests.infra.capture import ACCOUNT, Program, declared
from tests.infra.cloudwatch import fired
from tests.infra.policies import statements

JOBS = (
    *("refresh-readings", "sync-history", "compute-features", "assign-persona"),
    *("generate-recommendations", "evaluate-alerts", "forget"),
)
VIEWER = "${aws:PrincipalTag/viewer}"
TABLE, KEY = "arn:of:records", "arn:of:records-key"


def policy(program: Program, name: str, carrier: str = "policy") -> list[dict[str, Any]]:
    return json.loads(program.named(name).arguments[carrier])["Statement"]


def context(stack: str) -> dict[str, str]:
    return {
        "kms:EncryptionContext:app": "holdings",
        "kms:EncryptionContext:environment": stack,
        "kms:EncryptionContext:viewer": VIEWER,
    }


def test_the_table_is_kept_and_encrypted_with_a_key_of_its_own(
    stack: str, program: Program
) -> None:
    assert program.named("records").arguments == {
        "name": f"holdings-{stack}-records",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
        "attributes": [{"name": name, "type": "S"} for name in ("pk", "sk", "slot")],
        "globalSecondaryIndexes": [
            {"name": "due", "hashKey": "slot", "projectionType": "KEYS_ONLY"}
        ],
        "ttl": {"attributeName": "ttl", "enabled": True},
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY},
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": stack != "dev",
    }


def test_a_session_reaches_its_own_viewer_s_records_and_key_alone(
    stack: str, program: Program
) -> None:
    via = {
        "kms:ViaService": "dynamodb.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:aws:dynamodb:tableName": f"holdings-{stack}-records",
    }
    assert [
        (s["Effect"], s["Action"], s["Resource"], s["Condition"])
        for s in policy(program, "viewer-own-records")
    ] == [
        (
            "Allow",
            [
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            [TABLE],
            {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"viewer#{VIEWER}"]}},
        ),
        (
            "Allow",
            ["dynamodb:GetItem", "dynamodb:Query"],
            [TABLE],
            {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["shared"]}},
        ),
        ("Allow", ["kms:Decrypt", "kms:Encrypt"], [KEY], {"StringEquals": context(stack)}),
        ("Allow", ["kms:Decrypt"], [KEY], {"StringEquals": via}),
    ]


def test_the_function_alone_takes_the_role_for_a_viewer_it_names_and_no_longer_than_an_hour(
    stack: str, program: Program
) -> None:
    role = program.named("viewer-role").arguments
    assert (role["name"], role["maxSessionDuration"]) == (f"holdings-{stack}-viewer", 3600)
    assert policy(program, "viewer-role", "assumeRolePolicy") == [
        {
            "Sid": "FunctionsNameTheViewer",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:of:function-role", *(f"arn:of:{job}-role" for job in JOBS)]},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringLike": {"aws:RequestTag/viewer": "?*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["viewer"]},
            },
        }
    ]


def test_the_key_serves_the_table_and_sessions_of_the_viewer_role_and_nobody_directly(
    stack: str, program: Program
) -> None:
    _, table, grants, viewers = policy(program, "records-key")
    caller = {"kms:CallerAccount": ACCOUNT}
    dynamodb = {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}
    tables = [f"holdings-{stack}-records", f"holdings-{stack}-records-restored"]
    name = {"kms:EncryptionContext:aws:dynamodb:tableName": tables}
    assert table["Condition"] == {"StringEquals": {**caller, **dynamodb, **name}}
    assert (grants["Action"], grants["Condition"]) == (
        ["kms:CreateGrant", "kms:DescribeKey"],
        {"StringEquals": {**caller, **dynamodb}},
    )
    assert (viewers["Action"], viewers["Condition"]) == (
        ["kms:Decrypt", "kms:Encrypt"],
        {
            "ArnEquals": {
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/holdings-{stack}-viewer"
            },
            "StringEquals": {**caller, **context(stack)},
        },
    )


def touching(program: Program, resource: str) -> set[str]:
    return {
        f"{statement.resource}: {statement.sid}"
        for statement in statements(program)
        if statement.allows and resource in statement.items("Resource")
    }


def test_no_other_policy_has_the_table_or_the_key_and_none_a_scan_or_a_batch(
    program: Program,
) -> None:
    assert touching(program, TABLE) == {
        "viewer-own-records: OwnRecords",
        "viewer-own-records: SharedRecords",
    }
    # Keys of items alone, and none of what these hold.
    assert touching(program, f"{TABLE}/index/due") == {"plan-own-work: WhatIsDue"}
    assert touching(program, KEY) == {
        "viewer-own-records: OwnKeys",
        "viewer-own-records: DecryptTheTable",
        "plan-own-work: DecryptTheIndex",
    }
    actions = {action for s in statements(program) for action in s.items("Action")}
    assert not [a for a in actions if a.startswith(("dynamodb:Scan", "dynamodb:Batch"))]
    assert not [a for a in actions if a.startswith("dynamodb:PartiQL")]


def test_the_function_deletes_nothing_and_takes_no_other_role(program: Program) -> None:
    rights = policy(program, "function-own-resources")
    actions = {action for statement in rights for action in statement["Action"]}
    assert "dynamodb:DeleteItem" not in actions
    (assume,) = (s for s in rights if "sts:AssumeRole" in s["Action"])
    assert assume["Resource"] == [
        f"arn:aws:iam::{ACCOUNT}:role/{program.named('viewer-role').arguments['name']}"
    ]


class Failing(AwsService):
    """A service of AWS that fails, or gives a session."""

    def __init__(self, name: str, failing: str) -> None:
        super().__init__(lambda: None)
        self._fails = name == failing

    def call(
        self, operation: str, request: Mapping[str, Any], *, seconds: float = 1.0
    ) -> Mapping[str, Any]:
        if self._fails:
            raise AwsUnavailable("InternalServerError", "")
        key = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "x")
        return {"Credentials": key, "CiphertextBlob": b"x"}


class FailingAws(Aws):
    def __init__(self, failing: str) -> None:
        super().__init__(None, None, tls.context)
        self._failing = failing

    def service(self, name: str, key: SigningKey | None = None) -> AwsService:
        return Failing(name, self._failing)


@pytest.mark.parametrize(
    ("failing", "alarms"),
    [
        ("sts", {"records-failure"}),
        ("dynamodb", {"records-failure"}),
        ("kms", {"records-failure", "records-key-failure"}),
        ("nothing", set[str]()),
    ],
)
def test_records_that_go_on_failing_fire_and_say_whether_it_is_their_key(
    failing: str, alarms: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    time = FakeClock()
    sessions = ViewerSessions(FailingAws(failing), "role", time.clock)
    lines: list[tuple[float, dict[str, Any]]] = []
    for _ in range(15):
        deadline = Deadline.after(10, time.clock)
        with suppress(RecordsUnavailable):
            sessions.call("ann", "dynamodb", "GetItem", {}, deadline)
        with suppress(RecordsUnavailable):
            sessions.call("ann", "kms", "Encrypt", {}, deadline)
        lines += [(time.time, vars(record)) for record in caplog.records]
        caplog.clear()
        time.advance(60)
    named = [(at, {k: line.get(k) for k in ("event", "service", "code")}) for at, line in lines]
    assert fired(declared("prod"), named) == alarms
