"""The local cloud speaks as much of each service as the contenders call."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from bench.cloud import FORGETFUL, SECRET_NAME, Request, Services

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=x", "x-amz-security-token": "token"}
ITEM = {"pk": {"S": "holdings#bench"}, "payload": {"S": "{}"}}


def call(services: Services, target: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {**SIGNED, "x-amz-target": target}
    request = Request("POST", "/", headers, json.dumps(body).encode())
    return json.loads(services.answer(request).body)


@pytest.mark.parametrize(
    ("table", "found"), [("holdings", {"Item": ITEM}), (f"holdings{FORGETFUL}", {})]
)
def test_an_item_is_kept_unless_its_table_is_to_forget(table: str, found: object) -> None:
    services = Services()
    call(services, "DynamoDB_20120810.PutItem", {"TableName": table, "Item": ITEM})
    key = {"pk": ITEM["pk"]}
    got = call(services, "DynamoDB_20120810.GetItem", {"TableName": table, "Key": key})
    assert got == found


def test_the_secret_is_the_key_that_coinbase_takes() -> None:
    services = Services()
    got = call(services, "secretsmanager.GetSecretValue", {"SecretId": SECRET_NAME})
    secret = json.loads(got["SecretString"])
    now = str(int(time.time()))
    key = base64.b64decode(secret["api_secret"])
    signature = hmac.digest(key, f"{now}GET/accounts".encode(), hashlib.sha256)
    headers = {
        "cb-access-key": secret["api_key"],
        "cb-access-sign": base64.b64encode(signature).decode(),
        "cb-access-timestamp": now,
        "cb-access-passphrase": secret["passphrase"],
    }
    assert services.answer(Request("GET", "/accounts", headers)).status == 200
    for name in headers:
        wrong = Request("GET", "/accounts", headers | {name: "wrong"})
        assert services.answer(wrong).status == 401, name


@pytest.mark.parametrize("missing", SIGNED)
def test_a_request_to_aws_without_a_signature_or_session_token_is_refused(missing: str) -> None:
    headers = {name: value for name, value in SIGNED.items() if name != missing}
    headers["x-amz-target"] = "DynamoDB_20120810.GetItem"
    assert Services().answer(Request("POST", "/", headers, b"{}")).status == 400
