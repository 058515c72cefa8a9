"""Documents of the API about the past, for the pages that show it."""

from datetime import date, timedelta
from typing import Any

from tests.e2e.page.samples import Document

# The last day that has ended when the figures of samples.py are read.
YESTERDAY = date(2026, 11, 20)
FIRST = YESTERDAY - timedelta(days=89)
UNKNOWN = (30, 31, 32)
CARRIED = (60, 61, 62, 63)
INCOMPLETE = 70


def asset(currency: str, value: str | None, **changes: Any) -> Document:
    return {
        "currency": currency,
        "balance": "1.5",
        "value": value,
        "known": "ledger",
        "close": value,
        "close_date": str(YESTERDAY),
        "reason": None,
    } | changes


def point(index: int, *, by_asset: bool, **changes: Any) -> Document:
    """Return the day so many days after the first."""
    bitcoin, ether = 60_000 + (index * 37) % 1_900 * 7, 9_000 + (index * 53) % 700 * 5
    known = index not in UNKNOWN
    whole: Document = {
        "date": str(FIRST + timedelta(days=index)),
        "value": f"{bitcoin + ether}.25" if known else None,
        "complete": index != INCOMPLETE,
        "carried": index in CARRIED,
        "deposits": "2500" if index == 20 else "0",
        "withdrawals": "125.5" if index == 50 else "0",
    }
    if by_asset:
        whole["assets"] = _assets(index, bitcoin, ether) if known else []
    return whole | changes


def _assets(index: int, bitcoin: int, ether: int) -> list[Document]:
    day = str(FIRST + timedelta(days=index))
    held = [
        asset("BTC", f"{bitcoin}", close_date=day),
        asset("ETH", f"{ether}.25", close_date=day),
    ]
    if index == INCOMPLETE:
        held.append(asset("SHIB", None, close=None, close_date=None, reason="no_market"))
    return held


def read_past(**changes: Any) -> Document:
    return {
        "connection_id": "shared",
        "label": "Coinbase",
        "exchange": "coinbase_exchange",
        "ledger": True,
        "state": "done",
        "since": str(FIRST),
        "reached_back_to": str(FIRST),
        "entries": 1234,
        "accounts": 204,
        "accounts_done": 204,
        "read_at": "2026-11-21T09:30:00Z",
        "last_error": None,
        "reconciled": True,
        "reconciled_at": "2026-11-21T09:30:00Z",
        "differences": list[Document](),
    } | changes


def being_read(**changes: Any) -> Document:
    """Seventeen of the accounts are read, and the comparison is still to come."""
    return read_past(
        state="running", accounts_done=17, reconciled=None, reconciled_at=None, **changes
    )


def differing() -> Document:
    difference = {
        "currency": "BTC",
        "reason": "balance",
        "ledger": "1",
        "reading": "1.5",
        "difference": "0.5",
        "since": "2026-11-03T00:00:00Z",
    }
    return read_past(reconciled=False, differences=[difference])


def history(
    *, days: int = 90, by_asset: bool = False, currency: str = "USD", **changes: Any
) -> Document:
    """Return the last `days` of the ninety that are known."""
    points = [point(index, by_asset=by_asset) for index in range(90 - days, 90)]
    return {
        "currency": currency,
        "interval": "day",
        "from": points[0]["date"],
        "to": str(YESTERDAY),
        "warnings": [],
        "points": points,
        "connections": [read_past()],
    } | changes


def nothing_known(**changes: Any) -> Document:
    return history() | {"from": None, "points": list[Document]()} | changes


def entry(number: int, **changes: Any) -> Document:
    """Return one of many: the higher its number, the older it is."""
    kinds = ("trade", "deposit", "withdrawal", "fee", "rebate", "conversion", "airdrop")
    return {
        "id": f"{10_000 - number}",
        "connection_id": "shared",
        "at": f"2026-11-{20 - number // 40:02}T{23 - number % 24:02}:11:12.123456Z",
        "currency": ("BTC", "ETH", "USD")[number % 3],
        "kind": kinds[number % len(kinds)],
        "amount": f"{'-' if number % 2 else ''}0.{number + 1:04}",
        "balance": f"{number}.5",
        "details": {"order_id": f"order-{number}", "product_id": "BTC-USD"},
    } | changes


def statement(date: str = str(YESTERDAY), currency: str = "USD", **changes: Any) -> Document:
    def held(code: str, balance: str | None, value: str | None, **close: Any) -> Document:
        return {
            "connection_id": "shared",
            "currency": code,
            "balance": balance,
            "known": "unknown" if balance is None else "ledger",
            "value": value,
            "close": {
                "amount": "60000",
                "date": date,
                "status": "close",
                "route": [f"{code}-USD"],
                "reason": None,
            }
            | close,
        }

    unpriced: Document = {"amount": None, "date": None, "status": "unpriced", "route": []}
    return {
        "date": date,
        "currency": currency,
        "value": "90000.5",
        "complete": False,
        "excluded": [{"currency": "SHIB", "reason": "no_market", "amount": "48211930"}],
        "warnings": [],
        "holdings": [
            held("BTC", "1.234567890123", "74074.07"),
            held("ADA", "3120.5", "1350.2", amount="0.4327", route=["ADA-BTC", "BTC-USD"]),
            held("USD", "10432.19", "10432.19", amount="1", status="par", route=[]),
            held("SHIB", "48211930", None, reason="no_market", **unpriced),
        ],
        "connections": [read_past()],
    } | changes
