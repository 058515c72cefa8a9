"""What may call itself a Coinbase Exchange key: one check for the shared one and for viewers'."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from holdings.core.connections import Credential
from holdings.core.errors import InvalidRequest, SecretInvalid

FIELDS = ("api_key", "api_secret", "passphrase")
SECRET_BYTES = 64
_ALL_FIELDS = f"{', '.join(FIELDS[:-1])} and {FIELDS[-1]}"
# Coinbase's have some 40; encrypted, all of a credential is to be at most 4,096 bytes.
_LONGEST = 512

# What an HTTP header can carry. requests prints the value of a header that it refuses.
_HEADER_SAFE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

_CDP_FIELDS = ("privateKey", "private_key")
_CDP_REMEDY = (
    "cannot be used: this is a Coinbase Developer Platform (CDP) key, which opens Coinbase "
    "Advanced Trade and not Coinbase Exchange. Connect it as coinbase_advanced, or create an API "
    "key in the Exchange's own settings and give its key, secret and passphrase"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An Exchange API key. `api_secret` is the decoded HMAC key of 64 bytes."""

    api_key: str = field(repr=False)
    api_secret: bytes = field(repr=False)
    passphrase: str = field(repr=False)

    @classmethod
    def of(cls, credential: Credential) -> "Credentials":
        """Return the key that a credential holds, which `parse_credential` has returned."""
        secret = base64.b64decode(credential["api_secret"], validate=True)
        return cls(credential["api_key"], secret, credential["passphrase"])

    def texts(self) -> tuple[str, ...]:
        """Return every text that must never be logged."""
        return self.api_key, base64.b64encode(self.api_secret).decode(), self.passphrase


def parse_credentials(secret_string: str | None) -> Credentials:
    """Read `{"api_key", "api_secret", "passphrase"}`; SecretInvalid names the field and the remedy.

    No message shows a value, and no exception that does is chained to one that is raised here.
    """
    try:
        document: object = json.loads(secret_string or "")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SecretInvalid(f"the secret is not a JSON object: store one with {_ALL_FIELDS}")
    fields = cast("dict[str, object]", document)
    missing = [name for name in FIELDS if not fields.get(name)]
    wrong = _faults(fields)
    if missing and not wrong.keys() & set(_CDP_FIELDS):
        raise SecretInvalid(f"the secret lacks {', '.join(missing)}: store all of {_ALL_FIELDS}")
    for name, fault in wrong.items():
        raise SecretInvalid(f"{name} {fault}")
    return Credentials.of(_stripped(fields))


def parse_credential(credential: Mapping[str, object]) -> Credential:
    """Return its three fields stripped. Raises InvalidRequest, naming each that is wrong."""
    wrong = _faults(credential)
    if wrong:
        raise InvalidRequest(
            "the credential is not a Coinbase Exchange API key: see errors",
            {name: [f"{name} {fault}"] for name, fault in wrong.items()},
        )
    return _stripped(credential)


def _stripped(fields: Mapping[str, object]) -> Credential:
    return {name: str(fields[name]).strip() for name in FIELDS}


def _faults(fields: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong with each field that is, with its remedy."""
    cdp = [name for name in _CDP_FIELDS if name in fields]
    if cdp:
        return dict.fromkeys(cdp, _CDP_REMEDY)
    found = {name: _fault(name, fields.get(name)) for name in FIELDS}
    return {name: fault for name, fault in found.items() if fault}


def _fault(name: str, value: object) -> str | None:
    if value is None or value == "":
        return f"is missing: give all of {_ALL_FIELDS}"
    if not isinstance(value, str) or not value.strip():
        return "is not a text: give it as a JSON string"
    text = value.strip()
    if text.startswith(("organizations/", "-----BEGIN")):
        return _CDP_REMEDY
    if len(text) > _LONGEST:
        return f"is over {_LONGEST} characters: copy it again from Coinbase, and nothing else"
    if name == "api_secret":
        return _secret_fault(text)
    if not _HEADER_SAFE.fullmatch(text):
        return (
            "has a line break or another character that no HTTP header can carry: copy it again "
            "from Coinbase, without line breaks"
        )
    return None


def _secret_fault(api_secret: str) -> str | None:
    try:
        decoded = base64.b64decode(api_secret, validate=True)
    except (binascii.Error, ValueError):
        return (
            "is not base64: copy the whole secret from Coinbase, in one line and with nothing "
            "after its padding"
        )
    if len(decoded) != SECRET_BYTES:
        return (
            f"decodes to {len(decoded)} bytes instead of {SECRET_BYTES}: copy the whole secret "
            "from Coinbase"
        )
    return None
