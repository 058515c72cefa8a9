"""What GET /accounts/{id}/ledger says: every change of an account's balance, newest first.

Source: docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getaccountledger.
"""

from datetime import UTC, datetime
from typing import Any, cast

from holdings.adapters.exchange_http.bodies import Number
from holdings.adapters.exchange_http.replies import Reply, amount, cursor, is_object, text
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
_LONGEST_KIND = 64
_MOST_DETAILS = 20
_LONGEST_DETAIL = 200
_LONGEST_ID = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_ledger(reply: Reply) -> LedgerPage:
    """Read one page, an array, and the header CB-AFTER, which leads to older entries.

    One malformed entry makes the page invalid: without it no balance after it would be proven.
    Raises ExchangeInvalidResponse.
    """
    entries: list[Entry] = []
    for number, row in enumerate(reply.array("entries"), 1):
        if number > LIMIT:
            raise reply.server.invalid(f"has more than {LIMIT} entries in a page: try again later")
        if not is_object(row):
            raise reply.server.invalid(f"has an entry {number} that is not an object")
        try:
            entries.append(_entry(row))
        except ValueError as error:
            raise reply.server.invalid(
                f"has an entry {number} without a usable {error}: try again later"
            ) from None
    return LedgerPage(entries, cursor(reply.server, reply.headers.get("CB-AFTER", "")))


def _entry(row: dict[str, Any]) -> Entry:
    amount(row, "amount")
    amount(row, "balance")
    identity = row.get("id")
    # Older answers have numbers.
    identity = identity.text if isinstance(identity, Number) else text(row, "id")
    if len(identity) > _LONGEST_ID:
        raise ValueError("id")
    kind = text(row, "type")[:_LONGEST_KIND]
    if kind == "transfer":
        known = WITHDRAWAL if row["amount"].startswith("-") else DEPOSIT
    else:
        known = _KINDS.get(kind, kind)
    return Entry(
        identity,
        _moment(row.get("created_at")),
        known,
        row["amount"],
        row["balance"],
        _details(row.get("details")),
    )


def _details(given: object) -> dict[str, str]:
    """Return what is a text or a number of the details, as text: ids of orders, of transfers."""
    details: dict[str, str] = {}
    if not isinstance(given, dict):
        return details
    for name, value in cast("dict[str, object]", given).items():
        written = value.text if isinstance(value, Number) else value
        if isinstance(written, str) and len(written) <= _LONGEST_DETAIL >= len(name):
            details[name] = written
        if len(details) == _MOST_DETAILS:
            break
    return details


def _moment(written: object) -> int:
    """Return the microseconds since the epoch of "2026-11-21T09:30:00.123456Z"."""
    try:
        moment = datetime.fromisoformat(cast("str", written))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        passed = moment - _EPOCH
    except (TypeError, ValueError, OverflowError):
        raise ValueError("created_at") from None
    at = (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds
    if at < 0:
        raise ValueError("created_at")
    return at
