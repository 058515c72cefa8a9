"""What a reply of Coinbase Exchange means: its accounts, its time, or which error."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from holdings.core.errors import (
    CoinbaseCredentialsRejected,
    CoinbaseError,
    CoinbaseInvalidResponse,
    CoinbasePermissionDenied,
    CoinbaseRateLimited,
    CoinbaseTimestampExpired,
    CoinbaseUnavailable,
)
from holdings.core.money import parse_amount
from holdings.core.portfolio import Account

OK = 200
SERVER_ERROR = 500
RETRY_AFTER_SECONDS = 1
_LONGEST_RETRY_AFTER = 3600

# Statuses moved over the years (400 or 401 for the same fault), so the message speaks first.
_BY_MESSAGE = (
    (re.compile(r"timestamp expired|invalid timestamp", re.I), "timestamp"),
    (re.compile(r"ip (address )?does not match|whitelist|allow-?list", re.I), "ip"),
    (re.compile(r"invalid (api key|signature|passphrase)", re.I), "rejected"),
    (re.compile(r"rate limit exceeded|too many requests", re.I), "rate_limited"),
    (re.compile(r"maintenance|internal server error|unavailable", re.I), "unavailable"),
    (re.compile(r"forbidden|permission", re.I), "denied"),
)
_BY_STATUS = {401: "rejected", 403: "denied", 429: "rate_limited"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Parse the body without making a float. Raises CoinbaseInvalidResponse."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            # A 5xx page of the content network in front of Coinbase passes by itself.
            raise CoinbaseInvalidResponse(
                f"Coinbase answered {self.status} with something that is not JSON; try again, "
                "and check CB_BASE_URL if it stays so",
                transient=self.status >= SERVER_ERROR,
            ) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def raise_for_error(reply: Reply) -> None:
    """Raise the CoinbaseError that a reply other than 200 stands for."""
    if reply.status != OK:
        raise _error(reply)


def _error(reply: Reply) -> CoinbaseError:
    document = None if 300 <= reply.status < 400 else reply.json()
    message = cast("dict[str, Any]", document).get("message") if _is_object(document) else None
    kind = _kind(message if isinstance(message, str) else "", reply.status)
    if kind == "timestamp":
        return CoinbaseTimestampExpired("Coinbase's clock and this machine's differ: set the clock")
    if kind == "rejected":
        return CoinbaseCredentialsRejected(
            "Coinbase rejects the API key: store a valid Coinbase Exchange key, its secret and "
            "its passphrase for this environment"
        )
    if kind == "ip":
        return CoinbasePermissionDenied(
            "Coinbase does not take the API key from this IP address: mend the key's allow-list"
        )
    if kind == "denied":
        return CoinbasePermissionDenied("the API key lacks the View permission: grant it")
    if kind == "rate_limited":
        return CoinbaseRateLimited(
            "Coinbase's rate limit is exhausted: try again later", retry_after=_retry_after(reply)
        )
    if kind == "unavailable":
        return CoinbaseUnavailable(
            f"Coinbase is not available (it answered {reply.status}): try again later",
            transient=True,
        )
    return CoinbaseInvalidResponse(
        f"Coinbase answered {reply.status}, which its API does not document here: check CB_BASE_URL"
    )


def _kind(message: str, status: int) -> str:
    for pattern, kind in _BY_MESSAGE:
        if pattern.search(message):
            return kind
    return "unavailable" if status >= SERVER_ERROR else _BY_STATUS.get(status, "undocumented")


def _retry_after(reply: Reply) -> int:
    value = reply.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(max(int(value), 1), _LONGEST_RETRY_AFTER)
    return RETRY_AFTER_SECONDS  # none has been seen; the bucket refills many times a second


def parse_accounts(document: object) -> list[Account]:
    """Read one page of GET /accounts, a list of objects with id, currency and three amounts.

    Extra fields are allowed. One malformed account makes the page invalid: dropping it would
    show a person less than they own.
    """
    if not isinstance(document, list):
        raise CoinbaseInvalidResponse("Coinbase's accounts are not a list: check CB_BASE_URL")
    return [_account(n, item) for n, item in enumerate(cast("list[object]", document), start=1)]


def _account(number: int, item: object) -> Account:
    if not _is_object(item):
        raise CoinbaseInvalidResponse(f"account {number} of Coinbase's answer is not an object")
    fields = cast("dict[str, Any]", item)
    try:
        return Account(
            id=_text(fields, "id"),
            currency=_text(fields, "currency"),
            balance=_amount(fields, "balance"),
            available=_amount(fields, "available"),
            hold=_amount(fields, "hold"),
        )
    except ValueError as error:
        raise CoinbaseInvalidResponse(
            f"account {number} of Coinbase's answer has no usable {error}: try again later"
        ) from None


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


def _amount(fields: dict[str, Any], name: str) -> Decimal:
    try:
        return parse_amount(fields.get(name))
    except ValueError as error:
        raise ValueError(f"{name} ({error})") from None


def parse_time(document: object) -> float:
    """Read GET /time, `{"iso": ..., "epoch": 1420674445.201}`, as epoch seconds."""
    epoch = cast("dict[str, Any]", document).get("epoch") if _is_object(document) else None
    if isinstance(epoch, bool) or not isinstance(epoch, int | Decimal) or not 0 < epoch < 10**11:
        raise CoinbaseInvalidResponse("Coinbase's /time has no usable epoch")
    return float(epoch)


def _is_object(document: object) -> bool:
    return isinstance(document, dict)
