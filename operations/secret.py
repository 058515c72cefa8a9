"""`make put-secret`: store the Coinbase key, after the app itself has taken it for one."""

import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from holdings.adapters.coinbase import parse_credentials
from holdings.adapters.coinbase.credentials import FIELDS
from holdings.core.errors import SecretInvalid
from operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def put_secret(client: "SecretsManagerClient", name: str, value: str) -> None:
    """Store `value`; OperationError names the field that the app would refuse, and shows none."""
    try:
        parse_credentials(value)
    except SecretInvalid as error:
        raise OperationError(f"not stored: {error.detail}") from None
    try:
        client.put_secret_value(SecretId=name, SecretString=value)
    except client.exceptions.ResourceNotFoundException:
        raise OperationError(f"there is no secret {name}: `make up` makes it") from None


def read_value(
    file: Path | None, ask: Callable[[str], str] = getpass.getpass, *, terminal: bool | None = None
) -> str:
    """Read the key from a JSON file or at a prompt, never from the command line.

    A command line is in the shell's history and in every user's list of processes.
    """
    if file is not None:
        try:
            return file.read_text()
        except OSError as error:
            raise OperationError(f"{file} cannot be read: {error.strerror}") from None
    if not (sys.stdin.isatty() if terminal is None else terminal):
        raise OperationError("there is no terminal to ask at: give the key as FILE=key.json")
    return json.dumps({name: ask(f"{name}: ") for name in FIELDS})
