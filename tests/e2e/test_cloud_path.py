"""The cloud's own path on the laptop: gateway, authorizer, alias, the zip, with IAM enforced."""

import json
import time
from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from local.sign_in import access_token
from tests.e2e.conftest import Running
from tests.e2e.test_sign_in import sign_in

FUNCTION, ROLE_POLICY = "holdings-dev-api", "rights"


def through_gateway(
    running: Running, path: str = "/holdings", token: str | None = None
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{running.stack.gateway_url}{path}", headers=headers, timeout=60)


def role_of(running: Running) -> str:
    function = running.aws("lambda").get_function_configuration(FunctionName=FUNCTION)
    return str(function["Role"]).rsplit("/", 1)[1]


@pytest.fixture
def rights(stack: Running) -> Iterator[Any]:
    """Take statements away from the function's role; they are put back afterwards."""
    iam, role = stack.aws("iam"), role_of(stack)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def without(action: str) -> None:
        kept = [
            statement
            for statement in document["Statement"]
            if action not in json.dumps(statement["Action"])
        ]
        assert len(kept) == len(document["Statement"]) - 1
        put({**document, "Statement": kept})

    def put(changed: Any) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(changed))

    yield without
    put(document)


def test_gateway_and_flask_give_the_same_body(stack: Running) -> None:
    token = access_token(stack.stack)

    def both() -> tuple[requests.Response, requests.Response]:
        stack.delete_snapshot()
        return through_gateway(stack, token=token), stack.get(token=token)

    # On a busy machine the figures of the first may be no longer fresh by the second.
    pairs = (both() for _ in range(10))
    behind, flask = next(pair for pair in pairs if pair[1].headers["X-Cache"] == "HIT")
    assert (behind.status_code, behind.headers["X-Cache"]) == (200, "MISS")
    assert (flask.headers["X-Cache"], flask.content) == ("HIT", behind.content)
    assert behind.headers["ETag"] == flask.headers["ETag"]
    assert behind.headers["Vary"] == "Origin, Authorization"


def test_what_is_open_needs_no_token(stack: Running) -> None:
    assert through_gateway(stack, "/health").json()["status"] == "ok"
    assert through_gateway(stack, "/openapi.json").json()["openapi"] == "3.1.0"


def test_the_gateway_refuses_bad_tokens_without_asking_the_function(stack: Running) -> None:
    tokens = sign_in(stack)
    header, payload, signature = tokens.access_token.split(".")
    refused = {
        "nothing": ("", 401),
        "junk": ("abc", 401),
        "tampered": (f"{header}.{payload[:-4]}AAAA.{signature}", 401),
        "unsigned": (f"{header}.{payload}.", 401),
        "id token": (tokens.id_token, 403),
        "no scope": (sign_in(stack, scope="openid").access_token, 403),
    }
    seen = {
        name: through_gateway(stack, token=token).status_code
        for name, (token, _) in refused.items()
    }
    assert seen == {name: status for name, (_, status) in refused.items()}
    # The table was emptied before this test: a function that had run would have filled it.
    item = stack.aws("dynamodb").get_item(
        TableName=stack.stack.table, Key={"pk": {"S": "reading#demo-user"}}
    )
    assert "Item" not in item


def test_the_gateway_lets_change_something_with_the_scope_for_it_alone(stack: Running) -> None:
    reads = sign_in(stack, scope="openid holdings/read").access_token
    changes = [("POST", ""), *((m, "/1") for m in ("PATCH", "DELETE")), ("PUT", "/1/credential")]
    seen = {
        f"{method} {path}": requests.request(
            method,
            f"{stack.stack.gateway_url}/connections{path}",
            headers={"Authorization": f"Bearer {reads}"},
            timeout=30,
        ).status_code
        for method, path in changes
    }
    assert seen == dict.fromkeys(seen, 403)


@pytest.mark.parametrize("action", ["dynamodb:GetItem", "dynamodb:PutItem"])
def test_without_a_right_on_the_table_the_answer_has_a_warning(
    stack: Running, rights: Any, action: str
) -> None:
    rights(action)
    answer = through_gateway(stack, token=access_token(stack.stack))
    assert answer.status_code == 200
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["cache_unavailable"]
    assert "AccessDenied" in answer.text


def test_the_role_may_do_nothing_else(stack: Running) -> None:
    manager = stack.aws("secretsmanager")
    other = manager.create_secret(Name=f"other-{time.monotonic_ns()}", SecretString="x")["Name"]
    given = stack.aws("sts").assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{role_of(stack)}", RoleSessionName="test"
    )["Credentials"]

    def as_role(service: Any) -> Any:
        return cast("Any", boto3).client(
            service,
            endpoint_url=stack.stack.aws_endpoint_url,
            region_name=stack.stack.region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    key = {"pk": {"S": "reading#demo-user"}}
    assert "Item" not in as_role("dynamodb").get_item(TableName=stack.stack.table, Key=key)
    assert as_role("secretsmanager").get_secret_value(SecretId=stack.stack.secret)["SecretString"]
    for denied in (
        lambda: as_role("dynamodb").delete_item(TableName=stack.stack.table, Key=key),
        lambda: as_role("dynamodb").scan(TableName=stack.stack.table),
        lambda: as_role("secretsmanager").get_secret_value(SecretId=other),
        lambda: as_role("secretsmanager").put_secret_value(
            SecretId=stack.stack.secret, SecretString="x"
        ),
        lambda: as_role("iam").list_roles(),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            denied()
