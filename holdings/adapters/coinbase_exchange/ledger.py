"""What GET /accounts/{id}/ledger says: every change of an account's balance, newest first.

Source: docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getaccountledger.
"""

import re
from datetime import UTC, datetime
from itertools import islice
from typing import cast

from holdings.adapters.exchange_http.replies import Reply, cursor, is_object
from holdings.core.history.entries import (
    CONVERSION,
    DEPOSIT,
    FEE,
    REBATE,
    SECOND,
    TRADE,
    WITHDRAWAL,
    Entry,
    LedgerPage,
)

LIMIT = 1_000
_KINDS = {"match": TRADE, "fee": FEE, "rebate": REBATE, "conversion": CONVERSION}
# A thousand entries are some 300 kB.
_MOST_BYTES = 4 * 1024 * 1024
_MOST_DETAILS = 20
_LONGEST_DETAIL = 200
_LONGEST = 65  # as an amount of ours may have digits on each side of the point
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_KIND = re.compile(r"[!-~]{1,64}")
# Plain, as all are: an exponent would be another way to write a balance.
_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_ledger(reply: Reply) -> LedgerPage:
    """Read one page, an array, and the header CB-AFTER, which leads to older entries.

    One malformed entry makes the page invalid: without it no balance after it would be proven.
    Raises ExchangeInvalidResponse.
    """
    rows = reply.rows("entries", _MOST_BYTES)
    if len(rows) > LIMIT:
        raise reply.server.invalid(f"has more than {LIMIT} entries in a page: try again later")
    entries: list[Entry] = []
    for number, row in enumerate(rows, 1):
        try:
            entries.append(_entry(row))
        except ValueError as error:
            raise reply.server.invalid(
                f"has an entry {number} without a usable {error}: try again later"
            ) from None
    return LedgerPage(entries, cursor(reply.server, reply.headers.get("CB-AFTER", "")))


def _entry(row: object) -> Entry:
    if not is_object(row):
        raise ValueError("form")
    identity, kind = row.get("id"), row.get("type")
    amount, balance = row.get("amount"), row.get("balance")
    # Older answers have numbers as ids; here each is its text.
    if not (isinstance(identity, str) and _ID.fullmatch(identity)):
        raise ValueError("id")
    if not (isinstance(kind, str) and _KIND.fullmatch(kind)):
        raise ValueError("type")
    if not (isinstance(amount, str) and len(amount) < _LONGEST and _AMOUNT.fullmatch(amount)):
        raise ValueError("amount")
    if not (isinstance(balance, str) and len(balance) < _LONGEST and _AMOUNT.fullmatch(balance)):
        raise ValueError("balance")
    if kind == "transfer":
        known = WITHDRAWAL if amount.startswith("-") else DEPOSIT
    else:
        known = _KINDS.get(kind, kind)
    at = _moment(row.get("created_at"))
    return Entry(identity, at, known, amount, balance, _details(row.get("details")))


def _details(given: object) -> dict[str, str]:
    """Return what is a text or a number of the details, as text: ids of orders, of transfers."""
    details: dict[str, str] = {}
    if isinstance(given, dict):
        for name, value in islice(cast("dict[str, object]", given).items(), _MOST_DETAILS):
            if isinstance(value, str) and len(value) <= _LONGEST_DETAIL >= len(name):
                details[name] = value
    return details


def _moment(written: object) -> int:
    """Return the microseconds since the epoch of "2026-11-21T09:30:00.123456Z"."""
    try:
        moment = datetime.fromisoformat(cast("str", written))
        passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (TypeError, ValueError, OverflowError):
        raise ValueError("created_at") from None
    if passed.days < 0:
        raise ValueError("created_at")
    return (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds
