"""What may call itself a key of Coinbase Advanced Trade: the key file of the Developer Platform.

`{"name": "organizations/{org}/apiKeys/{id}" or a UUID, "privateKey": ...}`. A private key is a PEM,
in SEC1 (ECDSA, which signs as ES256) or PKCS #8, or base64 of an Ed25519 seed of 32 bytes, which
its public key of 32 more may follow.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from holdings.core.connections import Credential
from holdings.core.errors import InvalidRequest

_SEED_BYTES = 32
_LONGEST_NAME = 300
# An EC key's PEM has some 230 characters; encrypted, all of a credential is at most 4,096 bytes.
_LONGEST_KEY = 2_000

_NAME = re.compile(
    r"organizations/[!-.0-~]+/apiKeys/[!-.0-~]+"
    r"|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
)
_EXCHANGE_NAME = re.compile(r"[0-9a-fA-F]{32}")
_EXCHANGE_FIELDS = ("api_key", "api_secret", "passphrase")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*)-----END \1-----", re.DOTALL)
_PEM_LINE = 64

_COPY = "copy it again from the key file, whole"
_EXCHANGE_REMEDY = (
    "belongs to a Coinbase Exchange API key, which does not open Coinbase Advanced Trade: connect "
    "it as coinbase_exchange, or create a Secret API key at portal.cdp.coinbase.com and give the "
    "name and privateKey of its file"
)
_NOT_A_KEY = (
    "is neither a PEM nor base64: give privateKey as it stands in the key file, from -----BEGIN "
    "to the end of its last line, or the one line of an Ed25519 key"
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key of one API key, ready to sign by `algorithm`, a name of RFC 7518 or 8037."""

    name: str
    algorithm: Literal["ES256", "EdDSA"]
    private_key: EllipticCurvePrivateKey | Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, credential: Credential) -> "SigningKey":
        """Return the key of a credential that `parse_credential` has returned."""
        key = _loaded(credential["privateKey"])
        algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "ES256"
        return cls(credential["name"], algorithm, key)


def parse_credential(credential: Mapping[str, object]) -> Credential:
    """Return `name` and `privateKey`, the latter as the key file has it.

    A file that calls the name `id` is taken too. Raises InvalidRequest, naming each field that is
    wrong with its remedy; no message shows a value, and no exception that does is chained to it.
    """
    fields = dict(credential)
    if "name" not in fields and "id" in fields:
        fields["name"] = fields["id"]
    wrong: dict[str, str] = {}
    parsed: dict[str, str] = {}
    for wanted, parse in (("name", _name), ("privateKey", _private_key)):
        try:
            parsed[wanted] = parse(_text(fields.get(wanted)))
        except _Fault as fault:
            wrong[wanted] = str(fault)
    if wrong:
        wrong |= {name: _EXCHANGE_REMEDY for name in _EXCHANGE_FIELDS if name in fields}
        raise InvalidRequest(
            "the credential is not a key file of the Coinbase Developer Platform: see errors",
            {name: [f"{name} {fault}"] for name, fault in wrong.items()},
        )
    return parsed


def secret_texts(credential: Credential) -> tuple[str, ...]:
    """Return every text of it that no log may show: the key whole, in one line and by lines."""
    key = credential["privateKey"]
    lines = [line for line in key.splitlines() if not line.startswith("-----")]
    return credential["name"], key, "".join(lines), *lines


class _Fault(Exception):
    """What is wrong with a field, after its name."""


def _text(value: object) -> str:
    if value is None or value == "":
        raise _Fault("is missing: give name and privateKey, as they stand in the key file")
    if not isinstance(value, str) or not value.strip():
        raise _Fault("is not a text: give it as a JSON string")
    return value.strip()


def _name(text: str) -> str:
    if _EXCHANGE_NAME.fullmatch(text):
        raise _Fault(_EXCHANGE_REMEDY)
    if len(text) > _LONGEST_NAME or not _NAME.fullmatch(text):
        raise _Fault(
            "is not the name of a key: give organizations/.../apiKeys/... or the UUID that stands "
            "in the key file, in one line"
        )
    return text


def _private_key(text: str) -> str:
    """Return the key in the one form that is kept: a PEM in its lines, or base64 in one line."""
    if len(text) > _LONGEST_KEY:
        raise _Fault(f"is over {_LONGEST_KEY} characters: {_COPY} and nothing else")
    kept = _pem(text) if "-----" in text else _base64(text)
    _loaded(kept)
    return kept


def _pem(text: str) -> str:
    # Pasted from the file's JSON, line breaks are still backslash and n; pasted into one line of a
    # form, they are spaces or gone.
    found = _PEM.search(text.replace("\\r", "").replace("\\n", "\n"))
    if not found:
        raise _Fault(f"is a PEM without its beginning or end: {_COPY}")
    label, body = found[1], "".join(found[2].split())
    if "PUBLIC" in label or "CERTIFICATE" in label:
        raise _Fault("is public: give the private key of the key file")
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise _Fault("is protected by a password: give it as Coinbase's key file has it")
    lines = [body[at : at + _PEM_LINE] for at in range(0, len(body), _PEM_LINE)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def _base64(text: str) -> str:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _Fault(_NOT_A_KEY) from None
    if len(decoded) not in (_SEED_BYTES, 2 * _SEED_BYTES):
        raise _Fault(f"decodes to {len(decoded)} bytes, where an Ed25519 key has 32 or 64: {_COPY}")
    return text


def _loaded(kept: str) -> EllipticCurvePrivateKey | Ed25519PrivateKey:
    if not kept.startswith("-----"):
        seed = base64.b64decode(kept, validate=True)[:_SEED_BYTES]
        return Ed25519PrivateKey.from_private_bytes(seed)
    try:
        key = load_pem_private_key(kept.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _Fault(f"is a PEM that holds no private key: {_COPY}") from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise _Fault(
        "is a key of another algorithm: create one with ECDSA (P-256) or Ed25519 at "
        "portal.cdp.coinbase.com"
    )
