"""The Coinbase key from a file or a terminal into the secret, and the people who may sign in."""

import base64
import codecs
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from operations.access import create_user, put_secret, read_value
from operations.errors import OperationError
from operations.stack import ROOT
from tests.integration.operations.conftest import answer_with

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEY = {
    "api_key": "canary-xyzzy",
    "api_secret": base64.b64encode(bytes(64)).decode(),
    "passphrase": "canary-xyzzy",
}
TEXT = json.dumps(KEY)
NAME = "holdings-dev-coinbase"


@pytest.fixture
def secrets(aws: Session) -> "SecretsManagerClient":
    client = aws.client("secretsmanager")
    client.create_secret(Name=NAME, SecretString="before")
    return client


def stored(client: "SecretsManagerClient") -> str:
    return client.get_secret_value(SecretId=NAME)["SecretString"]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),  # what `>` writes in PowerShell
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        json.dumps(KEY, indent=2).replace("\n", "\r\n").encode(),
    ],
)
def test_a_key_is_stored_in_whatever_encoding_its_file_was_saved(
    secrets: "SecretsManagerClient", tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "key.json"
    file.write_bytes(content)
    put_secret(secrets, NAME, read_value(file))
    assert json.loads(stored(secrets)) == KEY


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\r\n \n", "is empty"),
        (codecs.BOM_UTF16_LE, "is empty"),
        (b"\xff\xfe{", "is not text"),
        (b"{\xe9}", "is not text"),
        (bytes(range(256)), "is not text"),
        (b"\0\0\0\0", "cannot be used|not a JSON object"),
        (b"{" * 60_000, "not a JSON object"),
        (b" " * 70_000, "larger than 64 KiB"),
        (TEXT.encode() + TEXT.encode(), "not a JSON object"),
        (b'{"api_key": ' + b"9" * 5000 + b"}", "not a JSON object"),
        (b'["api_key"]', "not a JSON object"),
        (json.dumps(KEY | {"api_secret": "short"}).encode(), "api_secret"),
        (json.dumps(KEY | {"passphrase": "a\nb"}).encode(), "passphrase"),
        (json.dumps(KEY | {"api_key": "\ud800"}).encode(), "api_key"),
        (json.dumps({"api_key": "canary-xyzzy"}).encode(), "api_secret, passphrase"),
        (json.dumps({"name": "organizations/xyzzy", "privateKey": "xyzzy"}).encode(), "CDP"),
    ],
)
def test_what_the_app_would_refuse_is_not_stored_and_not_shown(
    secrets: "SecretsManagerClient", tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "key.json"
    file.write_bytes(content)
    with pytest.raises(OperationError, match=complaint) as raised:
        put_secret(secrets, NAME, read_value(file))
    assert "xyzzy" not in str(raised.value)
    assert stored(secrets) == "before"


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    with pytest.raises(OperationError, match="larger than 64 KiB"):
        read_value(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["none.json", "", "a\0b", "~nobody-of-that-name/key.json"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    file = Path(name) if name.startswith("~") else tmp_path / name
    with pytest.raises(OperationError, match="cannot be read: "):
        read_value(file)


def test_a_home_is_found_where_the_shell_left_it_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key.json").write_text(TEXT)
    assert read_value(Path("~/key.json")) == TEXT


def test_a_key_is_asked_for_field_by_field() -> None:
    answers = iter(KEY.items())

    def ask(prompt: str) -> str:
        name, value = next(answers)
        assert prompt == f"{name}: "
        return value

    assert json.loads(read_value(None, ask, terminal=True)) == KEY


def test_an_input_that_ends_early_stores_nothing() -> None:
    def ask(_: str) -> str:
        raise EOFError

    with pytest.raises(OperationError, match="not stored"):
        read_value(None, ask, terminal=True)


def close_stdin() -> None:
    os.close(0)


@pytest.mark.parametrize(
    ("stdin", "before"), [(subprocess.DEVNULL, None), (subprocess.PIPE, None), (None, close_stdin)]
)
def test_without_a_terminal_the_remedy_is_a_file(
    stdin: int | None, before: Callable[[], None] | None
) -> None:
    asked = "from operations.access import read_value; read_value(None)"
    ended = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        stdin=stdin,
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no terminal to ask at: give the key as FILE=key.json" in ended.stderr
    assert "OperationError" in ended.stderr


def test_a_stdin_that_was_closed_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as closed:
        monkeypatch.setattr(sys, "stdin", closed)
    with pytest.raises(OperationError, match="no terminal"):
        read_value(None)


def test_without_the_secret_the_remedy_is_to_make_it(secrets: "SecretsManagerClient") -> None:
    with pytest.raises(OperationError, match=r"no secret none.*make up"):
        put_secret(secrets, "none", TEXT)


def test_a_secret_that_is_to_be_deleted_is_brought_back_first(
    secrets: "SecretsManagerClient",
) -> None:
    said = "You can't perform this operation: the secret was marked for deletion."
    body = {"__type": "InvalidRequestException", "Message": said}
    answer_with(secrets, "secrets-manager.PutSecretValue", json.dumps(body).encode(), status=400)
    with pytest.raises(OperationError, match=f"restore-secret --secret-id {NAME}"):
        put_secret(secrets, NAME, TEXT)


def test_another_refusal_of_the_secret_is_left_in_aws_s_words(
    secrets: "SecretsManagerClient",
) -> None:
    body = b'{"__type": "InvalidRequestException", "Message": "something else"}'
    answer_with(secrets, "secrets-manager.PutSecretValue", body, status=400)
    with pytest.raises(ClientError, match="something else"):
        put_secret(secrets, NAME, TEXT)


@pytest.fixture
def users(aws: Session) -> "CognitoIdentityProviderClient":
    return aws.client("cognito-idp")


@pytest.fixture
def pool(users: "CognitoIdentityProviderClient") -> str:
    return users.create_user_pool(PoolName="p")["UserPool"].get("Id", "")


def test_a_person_is_invited_and_again_until_they_came(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    assert "temporary password" in create_user(users, pool, "a@example.com")
    assert "never signed in" in create_user(users, pool, "a@example.com")
    [user] = users.list_users(UserPoolId=pool)["Users"]
    assert user.get("Username") == "a@example.com"
    users.admin_set_user_password(
        UserPoolId=pool, Username="a@example.com", Password="Abcdef1!", Permanent=True
    )
    with pytest.raises(OperationError, match="may sign in already"):
        create_user(users, pool, "a@example.com")


def test_who_is_disabled_is_not_invited_again(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    create_user(users, pool, "a@example.com")
    users.admin_disable_user(UserPoolId=pool, Username="a@example.com")
    with pytest.raises(OperationError, match="make enable-viewer"):
        create_user(users, pool, "a@example.com")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "a b@example.com",
        "@example.com",
        "a@b@example.com",
        "a@example.com\n",
        "a\x1b[2J@example.com",
        "a\u202e@example.com",
        "a\udcff@example.com",
        f"{'a' * 130}@example.com",
    ],
)
def test_what_is_no_email_address_is_refused(
    users: "CognitoIdentityProviderClient", pool: str, email: str
) -> None:
    with pytest.raises(OperationError, match="EMAIL="):
        create_user(users, pool, email)
    assert users.list_users(UserPoolId=pool)["Users"] == []
