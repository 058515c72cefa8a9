"""Reading what the control endpoint is sent. Every refusal says what would be right."""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, cast

from local.simulator.credentials import Credentials
from local.simulator.faults import Fault, Injection
from local.simulator.messages import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection

_INJECTION_FIELDS = ("fault", "times", "path", "after", "seconds", "status", "headers", "body")
_CREDENTIAL_FIELDS = ("api_key", "api_secret", "passphrase")
_A_CENTURY = 3.2e9


def parsed(body: bytes) -> object:
    try:
        value: object = json.loads(body)
        # What could just be read must be writable too, from deeper in the stack than here.
        deeper = value
        for _ in range(100):
            deeper = [deeper]
        json.dumps(deeper)
    except (ValueError, RecursionError):
        raise RefusedError(400, "the body must be JSON") from None
    return value


def injection(body: bytes) -> Injection:
    fields = _fields(body, _INJECTION_FIELDS)
    return Injection(
        fault=_fault(fields.get("fault")),
        times=_whole(fields, "times", 1, 1_000_000),
        path=_path(fields.get("path", "/accounts")),
        after=_whole(fields, "after", 0, 1_000_000) or 0,
        seconds=_number(fields, "seconds", 0, 3600),
        status=_whole(fields, "status", 200, 999),
        headers=_headers(fields.get("headers")),
        body=_bytes(fields.get("body")),
    )


def credentials(body: bytes) -> Credentials:
    """The credentials of the body; whatever it leaves out is made up."""
    fields = _fields(body or b"{}", _CREDENTIAL_FIELDS)
    fresh = Credentials.random()
    for name, text in fields.items():
        if not isinstance(text, str):
            raise RefusedError(400, f"{name} must be a string")
    try:
        return Credentials(
            *(str(fields.get(name, getattr(fresh, name))) for name in _CREDENTIAL_FIELDS)
        )
    except ValueError as error:
        raise RefusedError(400, str(error)) from None


def offset_seconds(body: bytes) -> float:
    fields = _fields(body, ("offset_seconds",))
    offset = _number(fields, "offset_seconds", -_A_CENTURY / 2, _A_CENTURY)
    if offset is None:
        raise RefusedError(400, "offset_seconds must be a number")
    return offset


def page_size(body: bytes) -> int | None:
    fields = _fields(body, ("page_size",))
    if "page_size" not in fields:
        raise RefusedError(400, "page_size must be a number, or null for Coinbase's own")
    return _whole(fields, "page_size", 1, 1000)


def view(body: bytes) -> bool:
    granted = _fields(body, ("view",)).get("view")
    if not isinstance(granted, bool):
        raise RefusedError(400, "view must be true or false")
    return granted


def _fields(body: bytes, known: Collection[str]) -> dict[str, object]:
    fields = parsed(body)
    if not isinstance(fields, dict):
        raise RefusedError(400, f"the body must be an object of {', '.join(known)}")
    named = cast("dict[str, object]", fields)
    unknown = [name for name in named if name not in known]
    if unknown:
        raise RefusedError(400, f"unknown field {unknown[0]!r}: there are {', '.join(known)}")
    return named


def _fault(name: object) -> Fault:
    if not isinstance(name, str) or name not in list(Fault):
        raise RefusedError(400, f"unknown fault {name!r}: there are {', '.join(Fault)}")
    return Fault(name)


def _path(path: object) -> str:
    if not isinstance(path, str) or not (path == "*" or path.startswith("/")):
        raise RefusedError(400, 'path must start with "/", or be "*" for any')
    return path


def _number(fields: dict[str, object], name: str, least: float, most: float) -> float | None:
    number = fields.get(name)
    if number is None:
        return None
    # bool is an int to Python, but not to a person who writes JSON.
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise RefusedError(400, f"{name} must be a number")
    if not least <= number <= most or math.isnan(number):
        raise RefusedError(400, f"{name} must be from {least:g} to {most:g}")
    return float(number)


def _whole(fields: dict[str, object], name: str, least: int, most: int) -> int | None:
    number = _number(fields, name, least, most)
    if number is not None and not number.is_integer():
        raise RefusedError(400, f"{name} must be a whole number")
    return None if number is None else int(number)


def _headers(headers: object) -> dict[str, str] | None:
    if headers is None:
        return None
    pairs = cast("dict[object, object]", headers) if isinstance(headers, dict) else {None: None}
    texts = {str(name): text for name, text in pairs.items() if isinstance(text, str)}
    # A line break would end the header, and the fault would no longer be the one asked for.
    if len(texts) < len(pairs) or any(
        "\n" in text or "\r" in text for pair in texts.items() for text in pair
    ):
        raise RefusedError(400, "headers must be an object of strings without line breaks")
    return texts


def _bytes(text: object) -> bytes | None:
    if text is None:
        return None
    try:
        # What is no string decodes as little as a bad one.
        return base64.b64decode(text if isinstance(text, str) else "!", validate=True)
    except ValueError:
        raise RefusedError(400, "body must be base64") from None
