"""Who gets in: the Coinbase key that the app reads with, and the people who may sign in."""

import getpass
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from holdings.adapters.coinbase_exchange import parse_credentials
from holdings.adapters.coinbase_exchange.credentials import FIELDS
from holdings.core.errors import SecretInvalid
from operations.errors import OperationError
from operations.terminal import has_terminal

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

# What Secrets Manager takes; a key has some 300.
_SECRET_BYTES = 65_536
# Cognito's limit of a user name.
_EMAIL_LETTERS = 128
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def put_secret(client: "SecretsManagerClient", name: str, value: str) -> None:
    """Store `value`; OperationError names the field that the app would refuse, and shows none."""
    try:
        parse_credentials(value)
    except SecretInvalid as error:
        raise OperationError(f"not stored: {error.detail}") from None
    try:
        client.put_secret_value(SecretId=name, SecretString=value)
    except client.exceptions.ResourceNotFoundException:
        raise OperationError(
            f"there is no secret {name} in this account and region: `aws sts get-caller-identity` "
            "shows the account; if it is the right one, `make up` makes the secret"
        ) from None
    except client.exceptions.InvalidRequestException as error:
        if "delet" not in str(error):
            raise
        raise OperationError(
            f"{name} is to be deleted: `aws secretsmanager restore-secret --secret-id {name}` "
            "keeps it"
        ) from None


def read_value(
    file: Path | None, ask: Callable[[str], str] = getpass.getpass, *, terminal: bool | None = None
) -> str:
    """Read the key from a JSON file or at a prompt, never from the command line.

    A command line is in the shell's history and in every user's list of processes.
    """
    if file is not None:
        return _decode(file, _read(file))
    if not (has_terminal() if terminal is None else terminal):
        raise OperationError("there is no terminal to ask at: give the key as FILE=key.json")
    try:
        return json.dumps({name: ask(f"{name}: ") for name in FIELDS})
    except EOFError:
        raise OperationError("not stored: the input ended before all fields were given") from None


def _read(file: Path) -> bytes:
    try:
        with file.expanduser().open("rb") as opened:
            content = opened.read(_SECRET_BYTES + 1)
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}") from None
    except (RuntimeError, ValueError) as error:  # a home of nobody, a name that no file has
        raise OperationError(f"{file} cannot be read: {error}") from None
    if len(content) > _SECRET_BYTES:
        raise OperationError(f"{file} is larger than 64 KiB: that is no key")
    return content


def _decode(file: Path, content: bytes) -> str:
    """Read JSON as editors and PowerShell save it: in UTF-8, 16 or 32, with or without a mark."""
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        raise OperationError(f"{file} is not text: save the key as JSON, in UTF-8") from None
    if not text.strip():
        raise OperationError(f"{file} is empty")
    return text


def create_user(client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> str:
    """Invite a person, or anew who never came, and return what happened.

    Cognito mails them a temporary password that lasts three days.
    """
    if not (_EMAIL.fullmatch(email) and email.isprintable() and len(email) <= _EMAIL_LETTERS):
        raise OperationError(f"EMAIL={email} is no e-mail address")
    try:
        client.admin_create_user(
            UserPoolId=user_pool_id,
            Username=email,
            DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    except client.exceptions.UsernameExistsException:
        return _invite_again(client, user_pool_id, email)
    return f"{email} gets a temporary password by e-mail"


def _invite_again(client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> str:
    user = client.admin_get_user(UserPoolId=user_pool_id, Username=email)
    if not user.get("Enabled", True):
        raise OperationError(f"{email} is disabled: `make enable-viewer` lets them in again")
    if user.get("UserStatus") != "FORCE_CHANGE_PASSWORD":
        raise OperationError(
            f"{email} may sign in already; a forgotten password is reset on the sign-in page"
        )
    client.admin_create_user(
        UserPoolId=user_pool_id,
        Username=email,
        DesiredDeliveryMediums=["EMAIL"],
        MessageAction="RESEND",
    )
    return f"{email} was invited before and never signed in: a new temporary password is sent"
