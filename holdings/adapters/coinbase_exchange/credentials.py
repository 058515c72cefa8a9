"""What may call itself a Coinbase Exchange key."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

from holdings.core.errors import SecretInvalid

FIELDS = ("api_key", "api_secret", "passphrase")
SECRET_BYTES = 64

# What an HTTP header can carry. requests prints the value of a header that it refuses.
_HEADER_SAFE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

_CDP_REMEDY = (
    "this is a Coinbase Developer Platform (CDP) key, which Coinbase Exchange does not take: "
    "create an API key in the Exchange's own settings and store its key, secret and passphrase"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An Exchange API key. `api_secret` is the decoded HMAC key of 64 bytes."""

    api_key: str = field(repr=False)
    api_secret: bytes = field(repr=False)
    passphrase: str = field(repr=False)

    def texts(self) -> tuple[str, ...]:
        """Return every text that must never be logged."""
        return self.api_key, base64.b64encode(self.api_secret).decode(), self.passphrase


def parse_credentials(secret_string: str | None) -> Credentials:
    """Read `{"api_key", "api_secret", "passphrase"}`; SecretInvalid names the field and the remedy.

    No message shows a value, and no exception that does is chained to one that is raised here.
    """
    document = _parse_object(secret_string)
    if {"privateKey", "private_key"} & document.keys():
        raise SecretInvalid(f"the secret cannot be used: {_CDP_REMEDY}")
    missing = [name for name in FIELDS if not document.get(name)]
    if missing:
        raise SecretInvalid(f"the secret lacks {', '.join(missing)}: store all of {_all_fields()}")
    texts = {name: _text(name, document[name]) for name in FIELDS}
    if texts["api_key"].startswith("organizations/"):
        raise SecretInvalid(f"api_key cannot be used: {_CDP_REMEDY}")
    if texts["api_secret"].startswith("-----BEGIN"):
        raise SecretInvalid(f"api_secret cannot be used: {_CDP_REMEDY}")
    for name in ("api_key", "passphrase"):
        if not _HEADER_SAFE.fullmatch(texts[name]):
            raise SecretInvalid(
                f"{name} has a line break or another character that no HTTP header can carry: "
                "copy it again from Coinbase, without line breaks"
            )
    return Credentials(texts["api_key"], _decode(texts["api_secret"]), texts["passphrase"])


def _parse_object(secret_string: str | None) -> dict[str, Any]:
    try:
        document: object = json.loads(secret_string or "")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SecretInvalid(f"the secret is not a JSON object: store one with {_all_fields()}")
    return cast("dict[str, Any]", document)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SecretInvalid(f"{name} is not a text: store it as a JSON string")
    return value.strip()


def _decode(api_secret: str) -> bytes:
    try:
        decoded = base64.b64decode(api_secret, validate=True)
    except (binascii.Error, ValueError):
        decoded = None
    if decoded is None:
        raise SecretInvalid(
            "api_secret is not base64: copy the whole secret from Coinbase, in one line and "
            "with nothing after its padding"
        )
    if len(decoded) != SECRET_BYTES:
        raise SecretInvalid(
            f"api_secret decodes to {len(decoded)} bytes instead of {SECRET_BYTES}: copy the "
            "whole secret from Coinbase"
        )
    return decoded


def _all_fields() -> str:
    return f"{', '.join(FIELDS[:-1])} and {FIELDS[-1]}"
