"""What a reply of Coinbase Exchange means: its accounts, its time, or which error."""

import re

from holdings.adapters.exchange_http.accounts import Page, read_accounts
from holdings.adapters.exchange_http.bodies import Number
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
from holdings.core.errors import ExchangeError
from holdings.core.portfolio import Account

# Statuses moved over the years (400 or 401 for the same fault), so the message speaks first.
_BY_MESSAGE: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"timestamp expired|invalid timestamp", re.I), "timestamp"),
    (re.compile(r"ip (address )?does not match|whitelist|allow-?list", re.I), "ip"),
    (re.compile(r"invalid (api key|signature|passphrase)", re.I), "rejected"),
    (re.compile(r"rate limit exceeded|too many requests", re.I), "rate_limited"),
    (re.compile(r"maintenance|internal server error|unavailable", re.I), "unavailable"),
    (re.compile(r"forbidden|permission", re.I), "denied"),
)
_BY_STATUS: dict[int, Kind] = {401: "rejected", 403: "denied", 429: "rate_limited"}


def raise_for_error(reply: Reply, _now: float) -> None:
    """Raise the ExchangeError that a reply other than 200 stands for."""
    if reply.status == OK:
        return
    try:
        raise _error(reply)
    except ExchangeError as error:  # also where its body is no JSON
        error.retry_after = reply.retry_after()
        raise


def _error(reply: Reply) -> ExchangeError:
    document = None if 300 <= reply.status < 400 else reply.document()
    message = document.get("message") if is_object(document) else None
    return reply.error(_kind(message if isinstance(message, str) else "", reply.status))


def _kind(message: str, status: int) -> Kind:
    for pattern, kind in _BY_MESSAGE:
        if pattern.search(message):
            return kind
    return "unavailable" if status >= SERVER_ERROR else _BY_STATUS.get(status, "undocumented")


def parse_page(reply: Reply) -> Page:
    """Read one page of GET /accounts, an array, and the header CB-AFTER, which leads to the next.

    Raises ExchangeInvalidResponse.
    """
    accounts = read_accounts(reply.server, reply.array(), _account)
    return accounts, cursor(reply.server, reply.headers.get("CB-AFTER", ""))


def parse_profile(reply: Reply) -> str:
    """Read which profile's accounts a page of GET /accounts shows: a key sees those of one.

    Raises ExchangeInvalidResponse, also where there are none.
    """
    profiles: set[str] = set()

    def account(fields: dict[str, object]) -> Account:
        profiles.add(text(fields, "profile_id"))
        return _account(fields)

    read_accounts(reply.server, reply.array(), account)
    if len(profiles) != 1:
        raise reply.server.invalid(
            f"shows accounts of {len(profiles)} profiles where a key has one: try again later"
        )
    return profiles.pop()


def _account(fields: dict[str, object]) -> Account:
    return Account(
        id=text(fields, "id"),
        currency=text(fields, "currency"),
        balance=amount(fields, "balance"),
        available=amount(fields, "available"),
        hold=amount(fields, "hold"),
    )


def parse_time(reply: Reply) -> float:
    """Read GET /time, `{"iso": ..., "epoch": 1420674445.201}`, as epoch seconds."""
    document = reply.document()
    written = document.get("epoch") if is_object(document) else None
    return epoch(reply.server, written.text if isinstance(written, Number) else "")
