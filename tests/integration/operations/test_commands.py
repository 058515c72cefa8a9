"""What an operator types, and what they are told."""

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from operations.__main__ import main, parse
from operations.errors import OperationError
from operations.logs import tail
from operations.secret import put_secret, read_value
from operations.stack import read_outputs
from operations.users import create_user

KEY = {
    "api_key": "canary-xyzzy",
    "api_secret": base64.b64encode(bytes(64)).decode(),
    "passphrase": "canary-xyzzy",
}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def test_a_key_that_the_app_takes_is_stored() -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="holdings-dev-coinbase")
    put_secret(client, "holdings-dev-coinbase", json.dumps(KEY))
    stored = client.get_secret_value(SecretId="holdings-dev-coinbase")["SecretString"]
    assert json.loads(stored) == KEY


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (json.dumps(KEY | {"api_secret": "short"}), "api_secret"),
        (json.dumps({"api_key": "canary-xyzzy"}), "api_secret, passphrase"),
        ("canary-xyzzy", "not a JSON object"),
    ],
)
def test_a_key_that_the_app_would_refuse_is_not_stored_and_not_shown(
    value: str, named: str
) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="s", SecretString="before")
    with pytest.raises(OperationError, match=named) as raised:
        put_secret(client, "s", value)
    assert "xyzzy" not in str(raised.value)
    assert client.get_secret_value(SecretId="s")["SecretString"] == "before"


def test_without_the_secret_the_mend_is_to_make_it() -> None:
    with pytest.raises(OperationError, match="make up"):
        put_secret(boto3.client("secretsmanager"), "none", json.dumps(KEY))


def test_a_key_is_read_from_a_file_or_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text("{}")
    assert read_value(file) == "{}"
    answers = iter(KEY.values())
    asked = read_value(None, lambda _prompt: next(answers), terminal=True)
    assert json.loads(asked) == KEY


def test_without_a_file_and_a_terminal_the_mend_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="FILE="):
        read_value(None, terminal=False)
    with pytest.raises(OperationError, match="cannot be read"):
        read_value(tmp_path / "none.json")


def test_a_person_is_invited_once() -> None:
    client = boto3.client("cognito-idp")
    pool = client.create_user_pool(PoolName="p")["UserPool"].get("Id", "")
    create_user(client, pool, "a@example.com")
    assert [user.get("Username") for user in client.list_users(UserPoolId=pool)["Users"]] == [
        "a@example.com"
    ]
    with pytest.raises(OperationError, match="already"):
        create_user(client, pool, "a@example.com")


@pytest.mark.parametrize("email", ["", "a", "a@b", "a b@example.com", "@example.com"])
def test_what_is_no_email_address_is_refused(email: str) -> None:
    with pytest.raises(OperationError, match="EMAIL="):
        create_user(boto3.client("cognito-idp"), "pool", email)


def outputs_of(printed: str) -> "list[Sequence[str]]":
    """What was asked of pulumi, which answers with `printed`."""
    asked: list[Sequence[str]] = []

    def run(arguments: Sequence[str]) -> str:
        asked.append(arguments)
        return printed

    assert read_outputs("dev", run) == json.loads(printed)
    return asked


def test_outputs_are_those_of_the_named_stack() -> None:
    assert outputs_of('{"table": "t"}') == [["stack", "output", "--json", "--stack", "dev"]]


def test_a_stack_that_is_not_there_is_told_apart_from_one_that_is_empty() -> None:
    with pytest.raises(OperationError, match=r"STACK=nowhere is none of .*dev"):
        read_outputs("nowhere", lambda _: "{}")
    with pytest.raises(OperationError, match="make up STACK=dev"):
        read_outputs("dev", lambda _: "{}")


def test_without_pulumi_the_mend_is_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OperationError, match="get it from"):
        read_outputs("dev")


class Logs:
    """boto3's logs client, as far as a tail needs it: each look finds the next batch."""

    def __init__(self, *looks: list[tuple[int, str]]) -> None:
        self._looks = iter(looks)
        self.since: list[int] = []

    def get_paginator(self, name: str) -> "Logs":
        assert name == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> object:  # noqa: N803 - boto3's
        assert logGroupName == "/aws/lambda/holdings"
        self.since.append(startTime)
        events = [
            {"eventId": text, "timestamp": moment, "message": f"{text}\n"}
            for moment, text in next(self._looks)
        ]
        return [{"events": events}]


def test_a_tail_shows_each_line_once_though_the_last_moment_is_looked_at_again() -> None:
    client = Logs(
        [(700_001, "a"), (700_002, "b")],
        [(700_002, "b"), (700_002, "c")],
        [],
        [(700_002, "b"), (700_002, "c"), (700_009, "d")],
    )
    lines = tail(client, "/aws/lambda/holdings", now=lambda: 1300, sleep=lambda _: None)
    assert [next(lines) for _ in range(4)] == ["a", "b", "c", "d"]
    assert client.since == [700_000, 700_002, 700_002, 700_002]


def test_each_command_is_known_and_needs_a_stack(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--stack", "dev", "rollback"]).version == ""
    assert parse(["--stack", "dev", "canary", "--version", "3", "--percent", "5"]).percent == "5"
    assert [parse(["--stack", "dev", "deploy-web", *more]).prune for more in ([], ["--prune"])] == [
        False,
        True,
    ]
    with pytest.raises(SystemExit):
        parse(["up"])
    assert "--stack" in capsys.readouterr().err


def test_an_unknown_stack_is_named_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--stack", "nowhere", "up"]) == 1
    assert "STACK=nowhere is none of" in capsys.readouterr().err
