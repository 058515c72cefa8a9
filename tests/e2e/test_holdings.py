"""The figures of the running stack, while the world around it changes."""

import json

import pytest

from local.sign_in import access_token
from tests.builders import unvalued
from tests.e2e.conftest import Running, is_no_hit


def rotate(running: Running) -> dict[str, str]:
    return running.simulate("POST", "/credentials").json()


def store(running: Running, key: dict[str, str]) -> None:
    running.aws("secretsmanager").put_secret_value(
        SecretId=running.stack.secret, SecretString=json.dumps(key)
    )


def test_miss_hit_not_modified_and_miss_again(stack: Running) -> None:
    token = access_token(stack.stack)
    first, second = stack.get(token=token), stack.get(token=token)
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    unchanged = stack.get(token=token, **{"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert stack.get_until(is_no_hit).headers["X-Cache"] == "MISS"


def test_a_query_that_cannot_be_used_names_the_field(stack: Running) -> None:
    answer = stack.get("?refresh=maybe")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["refresh"])


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("maintenance", "exchange_unavailable", 503),
        ("bad_gateway", "exchange_invalid_response", 502),
        ("rate_limited", "exchange_rate_limited", 503),
        ("reset", "exchange_unavailable", 503),
        ("nan_balance", "exchange_invalid_response", 502),
    ],
)
def test_a_fault_is_a_code_without_a_snapshot_and_stale_figures_with_one(
    stack: Running, fault: str, code: str, status: int
) -> None:
    stack.simulate("PUT", "/faults", {"fault": fault})
    answer = stack.get()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    stack.forget()
    good = stack.get().json()
    stack.simulate("PUT", "/faults", {"fault": fault})
    stale = stack.get_until(is_no_hit)
    assert (stale.status_code, stale.headers["X-Cache"]) == (200, "STALE")
    assert stale.json()["stale"] is True
    assert [warning["code"] for warning in stale.json()["warnings"]] == [code]
    assert unvalued(stale.json())["holdings"] == unvalued(good)["holdings"]


def test_a_rotated_key_is_read_again(stack: Running) -> None:
    stack.get()
    store(stack, rotate(stack))
    answer = stack.get_until(is_no_hit)
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "MISS")


def test_a_key_that_cannot_be_used_says_so(stack: Running) -> None:
    good = rotate(stack)
    store(stack, good | {"api_secret": good["api_secret"][:-4]})
    answer = stack.get()
    assert (answer.status_code, answer.json()["code"]) == (500, "secret_invalid")
    assert "api_secret" in answer.json()["detail"]
    assert good["api_secret"][:20] not in stack.output + answer.text
    store(stack, good)
    stack.get_until(lambda answer: answer.ok)


def test_a_clock_ten_minutes_off_is_corrected(stack: Running) -> None:
    stack.simulate("PUT", "/clock", {"offset_seconds": 600})
    assert stack.get().headers["X-Cache"] == "MISS"
    stack.simulate("PUT", "/clock", {"offset_seconds": 0})
    assert stack.get_until(is_no_hit).headers["X-Cache"] == "MISS"
