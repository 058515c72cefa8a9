"""The login flow and the tokens that come of it, on the running stack."""

import base64
import json

import pytest
import requests

from local.sign_in import access_token
from operations.errors import OperationError
from operations.sign_in import Tokens, login
from tests.e2e.conftest import Running


def sign_in(running: Running, **changes: str) -> Tokens:
    stack = running.stack
    wanted = {
        "client_id": stack.client_id,
        "redirect_uri": stack.redirect_uri,
        "scope": f"openid {stack.scope}",
        "username": stack.username,
        "password": stack.password,
    }
    return login(stack.hosted_ui_url, **(wanted | changes))


def payload(token: str) -> dict[str, object]:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def test_signing_in_by_plain_http_gives_an_access_token_with_the_scope(stack: Running) -> None:
    claims = payload(sign_in(stack).access_token)
    assert claims["iss"] == stack.stack.issuer
    assert claims["client_id"] == stack.stack.client_id
    assert claims["token_use"] == "access"
    assert {"holdings/read", "holdings/write"} <= set(str(claims["scope"]).split())
    assert stack.get(token=sign_in(stack).access_token).status_code == 200


def test_two_people_sign_in_and_are_two(stack: Running) -> None:
    first, second = (access_token(stack.stack, user) for user in stack.stack.users)
    assert payload(first)["sub"] != payload(second)["sub"]
    assert [stack.get(token=token).status_code for token in (first, second)] == [200, 200]
    assert payload(access_token(stack.stack))["sub"] == payload(first)["sub"]


def test_an_id_token_is_forbidden_with_a_problem(stack: Running) -> None:
    answer = stack.get(token=sign_in(stack).id_token)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_without_the_apis_scope_is_forbidden(stack: Running) -> None:
    answer = stack.get(token=sign_in(stack, scope="openid").access_token)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_tampered_token_is_refused_with_a_problem(stack: Running, part: int) -> None:
    parts = sign_in(stack).access_token.split(".")
    parts[part] = parts[part][:-5] + ("AAAAA" if not parts[part].endswith("AAAAA") else "BBBBB")
    for token in (".".join(parts), ".".join([*parts[:2], ""])):
        answer = stack.get(token=token)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_without_a_token_the_answer_is_a_problem_that_a_page_may_read(stack: Running) -> None:
    origin = f"http://localhost:{stack.ports['WEB_PORT']}"
    answer = requests.get(f"{stack.stack.api_url}/holdings", headers={"Origin": origin}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["Access-Control-Allow-Origin"] == origin


def test_a_page_may_ask_flask_to_change_something(stack: Running) -> None:
    answer = requests.options(
        f"{stack.stack.api_url}/holdings",
        headers={
            "Origin": stack.stack.web_url,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, if-match, idempotency-key",
        },
        timeout=10,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == stack.stack.web_url
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "if-match", "idempotency-key"))


def test_a_wrong_password_is_not_let_in(stack: Running) -> None:
    with pytest.raises(OperationError, match="does not let"):
        sign_in(stack, password="wrong")


def test_another_callback_is_not_served(stack: Running) -> None:
    with pytest.raises(OperationError, match="login form"):
        sign_in(stack, redirect_uri="http://127.0.0.1:1/elsewhere")
