"""Documents of the API for what a simulated exchange hardly shows, and for pictures that stay."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from holdings.core.market import Trade
from holdings.core.prices import Prices, Quote
from holdings.core.snapshot import Notice
from holdings.core.valuation import Valuation, notice

Document = dict[str, Any]
PREFIX = "/api/v1"


def asked(url: str) -> list[str]:
    """Return the parts of the path below the API's prefix."""
    return urlsplit(url).path.removeprefix(PREFIX).strip("/").split("/")


FIGURES_AT = 1_795_253_400  # 2026-11-21T09:30:00Z

# The moment of every picture: 40 seconds after the figures were read, or 78 minutes.
NOW = "2026-11-21T09:30:40Z"
AGE_SECONDS, FRESH_SECONDS = 40, 180
STALE_AGE_SECONDS = 78 * 60 + 40

_HELD = (
    # currency, balance, available, hold
    ("ADA", "3120.5", "3120.5", "0"),
    ("BTC", "1.234567890123", "1.2", "0.034567890123"),
    ("ETH", "12.5", "12.5", "0"),
    ("EUR", "2620.75", "2500.75", "120"),
    ("LINK", "88.40120001", "88.40120001", "0"),
    ("SHIB", "48211930.000000000012", "48211930.000000000012", "0"),
    ("SOL", "3.5", "0", "3.5"),
    ("USD", "10432.19", "10432.19", "0"),
    ("USDC", "815.25", "640", "175.25"),
    ("XRP", "0.000000417", "0.000000417", "0"),
)


def holding(
    currency: str,
    balance: str,
    available: str = "0",
    hold: str = "0",
    connection_id: str = "shared",
) -> Document:
    return {
        "connection_id": connection_id,
        "account_id": f"account-of-{currency}",
        "currency": currency,
        "balance": balance,
        "available": available,
        "hold": hold,
    }


def source(**changes: Any) -> Document:
    return {
        "connection_id": "shared",
        "exchange": "coinbase_exchange",
        "label": "Coinbase",
        "status": "active",
        "as_of": "2026-11-21T09:30:00Z",
        "expires_at": "2026-11-21T09:33:00Z",
        "stale": False,
        "warning": None,
        "scope": "",
        "account_count": 201,
        "hidden": {"zero": 190, "dust": 1},
    } | changes


def snapshot(**changes: Any) -> Document:
    """Figures of one source, in order, which are as old as the whole."""
    whole: Document = {
        "as_of": "2026-11-21T09:30:00Z",
        "expires_at": "2026-11-21T09:33:00Z",
        "stale": False,
        "warnings": [],
        "account_count": 201,
        "hidden": {"zero": 190, "dust": 1},
        "holdings": [holding(*held) for held in _HELD],
    } | changes
    of_source = ("as_of", "expires_at", "stale", "account_count", "hidden")
    return {"sources": [source(**{name: whole[name] for name in of_source})]} | whole


_BOOKS = {
    "BTC-USD": ("64900.01", "63980.5"),
    "BTC-EUR": ("59708.01", "58862.06"),
    "ETH-USD": ("3120.4", "3187.22"),
    "SOL-USD": ("148.35", "141.9"),
    "ADA-BTC": ("0.00000691", "0.00000702"),
    "LINK-USD": ("14.2", "14.2"),
}


def prices(*, stale: bool = False, failing: bool = False) -> Prices:
    """What the market says of _HELD: live, routed, quiet, par, delisted and unpriced ones."""
    why = Notice("exchange_unavailable", "Coinbase Exchange is not available.")
    return Prices(
        quotes={}
        if failing
        else {
            book: Quote(Decimal(last), Decimal(opened), traded=book != "LINK-USD")
            for book, (last, opened) in _BOOKS.items()
        },
        names={"BTC": "Bitcoin", "ETH": "Ether", "SHIB": "Shiba Inu", "LINK": "Chainlink"},
        delisted={"XRP": ["XRP-USD"]},
        as_of=None if failing else FIGURES_AT + (-3_600 if stale else 5),
        stale=why if stale else None,
        failure=why if failing else None,
        trades={
            "LINK-USD": Trade(Decimal("14.2"), FIGURES_AT - 12 * 86_400),
            "XRP-USD": Trade(Decimal("0.52"), FIGURES_AT - 400 * 86_400),
        },
        now=FIGURES_AT + 5,
    )


def valued(
    document: Document | None = None, *, currency: str = "USD", at: Prices | None = None
) -> Document:
    """Figures with what they are worth, as the API's own rules have it."""
    at = at or prices()
    document = document or snapshot()
    warning = notice(at)
    told = [] if warning is None else [{"code": warning.code, "detail": warning.detail}]
    hidden = {"zero": ["00", "1INCH", "AAVE"], "dust": ["XLM"]}
    return {
        **document,
        **Valuation(at, currency).document(document["holdings"]),
        "warnings": document["warnings"] + told,
        "sources": [{**source, "hidden_currencies": hidden} for source in document["sources"]],
    }


def failing(code: str = "exchange_unavailable", **changes: Any) -> Document:
    """A source with its last good figures, from 78 minutes before."""
    warning = {"code": code, "detail": "Coinbase answers with status 503."}
    return source(stale=True, warning=warning, as_of="2026-11-21T08:12:00Z") | changes


def stale(code: str = "exchange_unavailable", **changes: Any) -> Document:
    failed = failing(code)
    old: Document = {
        "stale": True,
        "as_of": failed["as_of"],
        "warnings": [failed["warning"]],
        "sources": [failed],
    }
    return snapshot(**(old | changes))


def several(*, main: Document | None = None) -> Document:
    """Figures of three sources: the shared one, and two of the viewer's own."""
    home = {"exchange": "coinbase_advanced", "scope": "Vault and staked funds are not in it."}
    sources = [
        source(label="House", as_of="2026-11-21T09:30:30Z"),
        main or source(connection_id="main", label="Main"),
        source(connection_id="home", label="Home", **home),
    ]
    held = [
        holding("BTC", "1.5", "1.5"),
        holding("BTC", "0.25", "0.25", connection_id="main"),
        holding("USD", "40.5", "40.5", connection_id="main"),
        holding("ETH", "7", "7", connection_id="home"),
    ]
    stale = any(each["stale"] for each in sources)
    as_of = min(each["as_of"] for each in sources if each["as_of"])
    whole = {"stale": stale, "as_of": as_of, "account_count": 603}
    warnings = [each["warning"] for each in sources if each["warning"]]
    return snapshot(sources=sources, holdings=held, warnings=warnings, **whole)


def connection(**changes: Any) -> Document:
    return {
        "id": "home",
        "exchange": "coinbase_advanced",
        "label": "Home",
        "status": "active",
        "shared": False,
        "rights": ["view"],
        "key_hint": "4baa",
        "created_at": "2026-11-20T18:00:00Z",
        "last_read_at": "2026-11-21T09:30:00Z",
        "last_error": None,
        "version": 1,
        "history": {"state": "done", "reached_back_to": "2023-11-26", "entries": 162},
    } | changes


def demo() -> Document:
    notice = {"code": "demo_mode", "detail": "These are sample figures."}
    return snapshot(warnings=[notice])


def problem(
    code: str,
    status: int,
    detail: str = "This is what the API says of it.",
    **errors: list[str],
) -> Document:
    return {
        "type": "about:blank",
        "title": "A problem",
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "7f3c2a90-5b1e-4d57-9c5e-2f6a8d0b4e11",
    } | ({"errors": errors} if errors else {})


def many(count: int) -> Document:
    held = [
        holding(f"C{number:03}", f"{number}.{number:012}", "1.5", "0.25") for number in range(count)
    ]
    return snapshot(holdings=held, account_count=count, hidden={"zero": 0, "dust": 0})
