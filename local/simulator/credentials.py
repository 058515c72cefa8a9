"""What a client proves itself with, and the file that keeps it between runs."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from local.settings import LocalError
from local.state import read_object, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

API_SECRET_BYTES = 64


@dataclass(frozen=True, slots=True)
class Credentials:
    """One API key of Coinbase Exchange. Printing one shows none of it.

    `api_secret` is base64. Raises ValueError for one that is not, and for a field that could not
    travel in a header (empty, or not printable ASCII without surrounding spaces).
    """

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    passphrase: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if not text or not text.isascii() or not text.isprintable() or text != text.strip():
                raise ValueError(f"{name} must be printable ASCII, and not empty")
        try:
            base64.b64decode(self.api_secret, validate=True)
        except binascii.Error as error:
            raise ValueError("api_secret must be base64") from error

    @property
    def signing_key(self) -> bytes:
        return base64.b64decode(self.api_secret, validate=True)

    @classmethod
    def random(cls, token_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Credentials:
        """Fresh credentials of the lengths that Coinbase hands out."""
        return cls(
            api_key=token_bytes(16).hex(),
            api_secret=base64.b64encode(token_bytes(API_SECRET_BYTES)).decode(),
            passphrase=token_bytes(6).hex(),
        )


def keep(credentials: Credentials, file: Path) -> None:
    """Write them so that only this user can read them, whole or not at all. Raises LocalError."""
    write_private(file, json.dumps(asdict(credentials), indent=2) + "\n")


def kept(file: Path) -> Credentials:
    """The credentials of an earlier run, or new ones that are kept from now on.

    Raises LocalError when the file is there and holds something else: it may be someone's.
    """
    if not os.path.lexists(file):
        credentials = Credentials.random()
        keep(credentials, file)
        return credentials
    remedy = "it holds no simulator credentials: delete it"
    found = read_object(file, missing="", broken=remedy)
    try:
        return Credentials(**found)
    except (TypeError, AttributeError, ValueError):
        raise LocalError(f"{file} is broken or of another version: {remedy}") from None
