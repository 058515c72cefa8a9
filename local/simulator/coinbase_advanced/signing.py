"""Is this token by the holder of the key, for this very request? Checked the way Coinbase does.

Source: docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication; what
ccxt and the official SDK send.
"""

import base64
import secrets
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from marshmallow import Schema, fields, post_load, validate

from local.simulator.app import Request
from local.simulator.exchange import Holder
from local.simulator.server import Refused

LONGEST_LIFE = 120
LEEWAY = 5.0
"""Seconds: how long a token may count from its `nbf`, and how far ahead its clock may be."""

_ISSUERS = ("cdp", "coinbase-cloud")
_REQUIRED = ["exp", "iss", "nbf", "sub"]


class Unauthorized(Refused):
    """Every token that is not taken gets the same answer; `reason` is for whoever debugs."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, "Unauthorized")
        self.reason = reason


@dataclass(frozen=True)
class CdpKey:
    """A key of the Developer Platform. Raises ValueError for a private key that is none."""

    name: str
    private_key: str = field(repr=False)

    def __post_init__(self) -> None:
        _ = self.algorithm

    def credential(self) -> dict[str, str]:
        """As its key file has it."""
        return {"name": self.name, "privateKey": self.private_key}

    @cached_property
    def loaded(self) -> ec.EllipticCurvePrivateKey | Ed25519PrivateKey:
        if self.private_key.startswith("-----"):
            key = load_pem_private_key(self.private_key.encode(), password=None)
        else:
            seed = base64.b64decode(self.private_key, validate=True)[:32]
            key = Ed25519PrivateKey.from_private_bytes(seed)
        if not isinstance(key, ec.EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise ValueError("privateKey is of another algorithm")  # noqa: TRY004 - input
        return key

    @property
    def algorithm(self) -> str:
        return "EdDSA" if isinstance(self.loaded, Ed25519PrivateKey) else "ES256"

    @classmethod
    def random(cls, algorithm: str = "ES256", name: str | None = None) -> "CdpKey":
        """A fresh key as the portal hands it out: a SEC1 PEM, or seed and public key in base64."""
        name = name or f"organizations/{uuid.uuid4()}/apiKeys/{uuid.uuid4()}"
        if algorithm == "EdDSA":
            seed = secrets.token_bytes(32)
            public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
            return cls(name, base64.b64encode(seed + public).decode())
        made = ec.generate_private_key(ec.SECP256R1())
        form = PrivateFormat.TraditionalOpenSSL
        return cls(name, made.private_bytes(Encoding.PEM, form, NoEncryption()).decode())


class CdpKeySchema(Schema):
    """Whatever is left out is made up."""

    name = fields.String(validate=validate.Regexp(r"[!-~]{1,200}\Z"))
    algorithm = fields.String(validate=validate.OneOf(["ES256", "EdDSA"]))

    @post_load
    def made(self, given: dict[str, Any], **_: object) -> CdpKey:
        return CdpKey.random(**given)


class Nonces:
    """Those of the tokens that still count: each is taken once. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[tuple[str, str], float] = {}

    def take(self, name: str, nonce: str, until: float, now: float) -> bool:
        """Whether it is new for the key of this name; it may come again after `until`."""
        with self._lock:
            self._taken = {one: end for one, end in self._taken.items() if end > now}
            new = (name, nonce) not in self._taken
            self._taken.setdefault((name, nonce), until)
        return new


def claimed(request: Request) -> str | None:
    """Whose key a request says that it is signed by."""
    try:
        name = jwt.get_unverified_header(_bearer(request)).get("kid")
    except (jwt.PyJWTError, Refused, RecursionError):
        return None
    return name if isinstance(name, str) else None


def authenticate(
    request: Request, holders: Iterable[Holder[CdpKey]], nonces: Nonces, now: float
) -> Holder[CdpKey]:
    """Return whose request it is. Raises Unauthorized unless its token proves it.

    `now` is the exchange's clock in epoch seconds.
    """
    token = _bearer(request)
    name = claimed(request)
    holder = next((one for one in holders if one.key.name == name), None)
    if holder is None:
        raise Unauthorized("kid is no key's name")
    key = holder.key
    claims = _verified(token, key)
    if claims["sub"] != key.name or claims["iss"] not in _ISSUERS:
        raise Unauthorized("sub is not the key's name, or iss is not cdp")
    begins, ends = claims["nbf"], claims["exp"]
    if not all(type(moment) in (int, float) for moment in (begins, ends)):
        raise Unauthorized("nbf and exp must be numbers")
    if not begins - LEEWAY <= now < ends or ends - begins > LONGEST_LIFE:
        raise Unauthorized(f"not within nbf and exp, or these are over {LONGEST_LIFE} s apart")
    expected = f"{request.method} {request.headers.get('host', '')}{_path(request)}"
    # ccxt sends a list with Ed25519 keys, as the platform's newer APIs have it.
    if claims.get("uri") != expected and claims.get("uris") != [expected]:
        raise Unauthorized(f"uri is not {expected}")
    nonce = jwt.get_unverified_header(token).get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise Unauthorized("the header has no nonce")
    if not nonces.take(key.name, nonce, ends, now):
        raise Unauthorized("the nonce was used before")
    return holder


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Unauthorized("no bearer token")
    return token


def _path(request: Request) -> str:
    return request.target.partition("?")[0]


def _verified(token: str, key: CdpKey) -> dict[str, Any]:
    checks = {"require": _REQUIRED, "verify_exp": False, "verify_nbf": False, "verify_aud": False}
    try:
        return jwt.decode(
            token,
            key.loaded.public_key(),
            algorithms=[key.algorithm],
            options={**checks, "verify_iat": False},  # pyright: ignore[reportArgumentType] - a TypedDict's part
        )
    except (jwt.PyJWTError, RecursionError, ValueError, TypeError) as error:
        raise Unauthorized(f"{type(error).__name__}: {error}") from None
