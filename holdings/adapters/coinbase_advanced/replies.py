"""What a reply of Coinbase Advanced Trade means: accounts, what a key may do, or which error."""

import re
from collections.abc import Iterator
from decimal import Decimal, localcontext
from email.utils import parsedate_to_datetime
from typing import Any, cast

from holdings.adapters.exchange_http.accounts import Page, read_accounts
from holdings.adapters.exchange_http.bodies import Number, parse_document
from holdings.adapters.exchange_http.replies import (
    OK,
    SERVER_ERROR,
    Kind,
    Reply,
    amount,
    cursor,
    epoch,
    is_object,
    text,
)
from holdings.core.connections import Probe
from holdings.core.errors import ExchangeError
from holdings.core.portfolio import Account

_BY_STATUS: dict[int, Kind] = {401: "rejected", 403: "denied", 429: "rate_limited"}
_BY_MESSAGE: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"\bip\b|allow-?list|whitelist", re.I), "ip"),
    (re.compile(r"rate.?limit|too many requests|resource_exhausted", re.I), "rate_limited"),
)
_RIGHTS = ("view", "trade", "transfer")
# A token counts for 120 s from its `nbf`: with clocks that differ by less it was refused for
# something else.
_CLOCKS_DIFFER_SECONDS = 60
# Of an error that is no JSON; more is a page.
_LONGEST_WORDS = 200
# A sum of two amounts of 128 digits each is exact within this.
_DIGITS = 260


def raise_for_error(reply: Reply, now: float) -> None:
    """Raise the ExchangeError that a reply other than 200 stands for.

    No message says that a token is too old or too new; the reply's own `Date` does, against `now`.
    """
    if reply.status == OK:
        return
    try:
        raise _error(reply, now)
    except ExchangeError as error:  # also where its body cannot be read
        error.retry_after = reply.retry_after()
        raise


def _error(reply: Reply, now: float) -> ExchangeError:
    if 300 <= reply.status < 400:
        return reply.error("undocumented")
    said = _said(reply.start())
    if said is None:
        return reply.no_json()
    kind = _BY_STATUS.get(reply.status, "undocumented")
    if reply.status >= SERVER_ERROR:
        kind = "unavailable"
    for pattern, told in _BY_MESSAGE:
        if reply.status < SERVER_ERROR and pattern.search(said):
            kind = told
    if kind == "rejected" and _clocks_differ(reply, now):
        kind = "timestamp"
    return reply.error(kind)


def _said(body: bytes) -> str | None:
    """Return all that an error says, None where it is a page of the content network.

    It is `{"error", "error_details", "message"}`, `{"errors": [...]}` or the text Unauthorized.
    """
    try:
        document = parse_document([body])
    except ValueError:
        words = body.decode(errors="replace").strip()
        return None if "<" in words or len(words) > _LONGEST_WORDS else words
    return " ".join(_texts(document))


def _texts(document: object) -> Iterator[str]:
    """Yield the texts of a parsed body; what its nesting may be, its parser has bounded."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending += cast("dict[str, object]", value).values()
        elif isinstance(value, list):
            pending += cast("list[object]", value)


def _clocks_differ(reply: Reply, now: float) -> bool:
    try:
        told = parsedate_to_datetime(reply.headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
    return abs(told - now) > _CLOCKS_DIFFER_SECONDS


def parse_page(reply: Reply) -> Page:
    """Read one page of GET /accounts: `{"accounts": [...], "has_next", "cursor", "size"}`.

    Raises ExchangeInvalidResponse.
    """
    rest: dict[str, object] = {}

    def listed() -> Iterator[object]:
        for name, value in reply.fields("accounts"):
            if name == "accounts":
                yield value
            else:
                rest[name] = value

    accounts = read_accounts(reply.server, listed(), _account)
    has_next, after = rest.get("has_next"), rest.get("cursor")
    if not isinstance(has_next, bool):
        raise reply.server.invalid("does not say whether it has more accounts: try again later")
    if not has_next:
        return accounts, ""
    if not isinstance(after, str) or not after:
        raise reply.server.invalid("has more accounts and no cursor to them: try again later")
    return accounts, cursor(reply.server, after)


def _account(fields: dict[str, Any]) -> Account:
    """Read an account, whose balance is what is available and what is on hold together."""
    currency = text(fields, "currency")
    available = _money(fields, "available_balance", currency)
    hold = _money(fields, "hold", currency)
    with localcontext() as context:
        context.prec = _DIGITS
        balance = available + hold
    return Account(text(fields, "uuid"), currency, balance, available, hold)


def _money(fields: dict[str, Any], name: str, currency: str) -> Decimal:
    """Read `{"value", "currency"}`. ValueError names the field; a sum of two currencies is none."""
    money = fields.get(name)
    if not is_object(money):
        raise ValueError(name)
    if money.get("currency") != currency:
        raise ValueError(f"{name} (in another currency)")
    try:
        return amount(money, "value")
    except ValueError as error:
        raise ValueError(f"{name}.{error}") from None


def parse_permissions(reply: Reply) -> Probe:
    """Read GET /key_permissions: the portfolio that the key is for, and what it may do there.

    Raises ExchangeInvalidResponse, and ExchangePermissionDenied where it may not view.
    """
    document = reply.document()
    if not is_object(document):
        raise reply.server.invalid("says nothing of the key's permissions: try again later")
    try:
        may = {right: _flag(document, f"can_{right}") for right in _RIGHTS}
        portfolio = text(document, "portfolio_uuid")
    except ValueError as error:
        raise reply.server.invalid(f"has no usable {error}: try again later") from None
    if not may["view"]:
        raise reply.error("denied")
    return Probe(portfolio, tuple(right for right in _RIGHTS if may[right]))


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise ValueError(name)  # noqa: TRY004 - input, as elsewhere here
    return value


def parse_time(reply: Reply) -> float:
    """Read GET /time, `{"iso", "epochSeconds": "1420674445", "epochMillis"}`, as epoch seconds."""
    document = reply.document()
    written = document.get("epochSeconds") if is_object(document) else None
    if isinstance(written, Number):
        written = written.text
    return epoch(reply.server, written if isinstance(written, str) else "")
