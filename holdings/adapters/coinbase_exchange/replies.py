"""What a reply of Coinbase Exchange means: its accounts, its time, or which error."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from holdings.adapters.coinbase_exchange.bodies import (
    NotAnArrayError,
    Number,
    parse_array,
    parse_document,
)
from holdings.adapters.coinbase_exchange.bounds import MAX_ACCOUNTS
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeError,
    ExchangeInvalidResponse,
    ExchangePermissionDenied,
    ExchangeRateLimited,
    ExchangeTimestampExpired,
    ExchangeUnavailable,
)
from holdings.core.money import parse_amount
from holdings.core.portfolio import Account

OK = 200
SERVER_ERROR = 500
_LONGEST_RETRY_AFTER = 3600
_LATEST_TIME = 10**11
# An id has 36 characters and a currency a few; a name may be odd, it need not be a book.
_LONGEST_NAME = 5_000
_LONGEST_CURSOR = 1_000

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
    """An answer whose head has come; `body` gives the bytes of the rest as they come, once."""

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]

    def document(self) -> object:
        """Parse the body without computing a number. Raises ExchangeInvalidResponse."""
        try:
            return parse_document(self.body)
        except ValueError:
            raise self._no_json() from None

    def array(self) -> Iterator[object]:
        """Parse a body that is an array, a member at a time. Raises ExchangeInvalidResponse."""
        try:
            yield from parse_array(self.body)
        except NotAnArrayError:
            raise ExchangeInvalidResponse(
                "Coinbase's accounts are not a list: check CB_BASE_URL"
            ) from None
        except ValueError:
            raise self._no_json() from None

    def _no_json(self) -> ExchangeInvalidResponse:
        # A 5xx page of the content network in front of Coinbase passes by itself.
        return ExchangeInvalidResponse(
            f"Coinbase answered {self.status} with something that is not JSON; try again, "
            "and check CB_BASE_URL if it stays so",
            transient=self.status >= SERVER_ERROR,
        )


def raise_for_error(reply: Reply) -> None:
    """Raise the ExchangeError that a reply other than 200 stands for."""
    if reply.status == OK:
        return
    try:
        raise _error(reply)
    except ExchangeError as error:  # also where its body is no JSON
        error.retry_after = _retry_after(reply)
        raise


def _error(reply: Reply) -> ExchangeError:
    document = None if 300 <= reply.status < 400 else reply.document()
    message = cast("dict[str, Any]", document).get("message") if _is_object(document) else None
    kind = _kind(message if isinstance(message, str) else "", reply.status)
    if kind == "timestamp":
        return ExchangeTimestampExpired("Coinbase's clock and this machine's differ: set the clock")
    if kind == "rejected":
        return ExchangeCredentialsRejected(
            "Coinbase rejects the API key: store a valid Coinbase Exchange key, its secret and "
            "its passphrase for this environment"
        )
    if kind == "ip":
        return ExchangePermissionDenied(
            "Coinbase does not take the API key from this IP address: correct the key's allow-list"
        )
    if kind == "denied":
        return ExchangePermissionDenied("the API key lacks the View permission: grant it")
    if kind == "rate_limited":
        return ExchangeRateLimited("Coinbase's rate limit is exhausted: try again later")
    if kind == "unavailable":
        return ExchangeUnavailable(
            f"Coinbase is not available (it answered {reply.status}): try again later",
            transient=True,
        )
    return ExchangeInvalidResponse(
        f"Coinbase answered {reply.status}, which its API does not document here: check CB_BASE_URL"
    )


def _kind(message: str, status: int) -> str:
    for pattern, kind in _BY_MESSAGE:
        if pattern.search(message):
            return kind
    return "unavailable" if status >= SERVER_ERROR else _BY_STATUS.get(status, "undocumented")


def _retry_after(reply: Reply) -> int | None:
    """Return the whole seconds that Coinbase asks to wait; it has not been seen to name any."""
    value = reply.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(int(value), _LONGEST_RETRY_AFTER) or None
    return None


def parse_accounts(items: Iterable[object]) -> list[Account]:
    """Read one page of GET /accounts: objects with id, currency and three amounts.

    Extra fields are allowed. One malformed account makes the page invalid: dropping it would
    show a person less than they own.
    """
    accounts: list[Account] = []
    for item in items:
        if len(accounts) == MAX_ACCOUNTS:
            raise too_many_accounts()
        accounts.append(_account(len(accounts) + 1, item))
    return accounts


def next_cursor(reply: Reply) -> str:
    """Return what `after` is to be for the page after this one, "" on the last."""
    cursor = reply.headers.get("CB-AFTER", "")
    if len(cursor) > _LONGEST_CURSOR:
        raise ExchangeInvalidResponse("Coinbase's cursor is too long: try again later")
    return cursor


def too_many_accounts() -> ExchangeInvalidResponse:
    return ExchangeInvalidResponse(
        f"Coinbase's accounts are more than {MAX_ACCOUNTS}: check CB_BASE_URL"
    )


def _account(number: int, item: object) -> Account:
    if not _is_object(item):
        raise ExchangeInvalidResponse(f"account {number} of Coinbase's answer is not an object")
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
        raise ExchangeInvalidResponse(
            f"account {number} of Coinbase's answer has no usable {error}: try again later"
        ) from None


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise ValueError(name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} (half a character)") from None
    return value


def _amount(fields: dict[str, Any], name: str) -> Decimal:
    try:
        return parse_amount(fields.get(name))
    except ValueError as error:
        raise ValueError(f"{name} ({error})") from None


def parse_time(document: object) -> float:
    """Read GET /time, `{"iso": ..., "epoch": 1420674445.201}`, as epoch seconds."""
    epoch = cast("dict[str, Any]", document).get("epoch") if _is_object(document) else None
    seconds = float(epoch.text) if isinstance(epoch, Number) else 0.0
    if not 0 < seconds < _LATEST_TIME:
        raise ExchangeInvalidResponse("Coinbase's /time has no usable epoch")
    return seconds


def _is_object(document: object) -> bool:
    return isinstance(document, dict)
