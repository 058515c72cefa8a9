"""Coinbase's public market data: what there is to trade and what was last paid, for everybody.

Books from Coinbase Exchange, which needs no key for them and counts requests by address; rates of
fiat currencies from api.coinbase.com. A row that makes no sense is left out: what it would have
priced is unpriced, and says so.
"""

import random
import re
import ssl
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeGuard, cast

from holdings.adapters.coinbase_exchange.replies import parse_time, raise_for_error
from holdings.adapters.exchange_http.bodies import Number
from holdings.adapters.exchange_http.bounds import Bounds, Server
from holdings.adapters.exchange_http.client import ExchangeHttp
from holdings.adapters.exchange_http.replies import OK, Reply, is_object
from holdings.core.clock import Clock, Deadline, iso
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangePermissionDenied,
    ExchangeTimestampExpired,
)
from holdings.core.fiat import FIAT
from holdings.core.market import (
    HIGHEST_PRICE,
    LOWEST_PRICE,
    Asset,
    Book,
    BookState,
    DayStats,
    FiatRates,
    Listing,
    Trade,
)
from holdings.core.money import parse_amount

# Ten times what there is.
MAX_ROWS = 5_000
_LONGEST_NAME = 60
_CLOCK_SKEW_SECONDS = 60
_DAY_SECONDS = 86_400
_CANDLE_FIELDS = 5
_EPOCH = re.compile(r"[0-9]{1,11}")
_NOT_FOUND = 404
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")


class CoinbaseMarket:
    """Implements `holdings.core.ports.Market`."""

    def __init__(
        self,
        market_url: str,
        rates_url: str,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` gives numbers from 0 to 1 that spread retries of many clients."""
        self._clock = clock

        def reach(name: str, setting: str, base_url: str) -> ExchangeHttp:
            return ExchangeHttp(
                Server(name, setting, base_url, key_remedy="prices need none: try again later"),
                clock=clock,
                user_agent=user_agent,
                trusted=trusted,
                time=("/time", parse_time),
                raise_for_error=_raise_for_error,
                jitter=jitter,
            )

        self._books = reach("Coinbase Exchange", "CB_MARKET_URL", market_url)
        self._fiat = reach("Coinbase", "CB_ADVANCED_URL", rates_url)

    def listing(self, deadline: Deadline) -> Listing:
        def read(bounds: Bounds) -> Listing:
            books = self._books.get("/products", {}, None, bounds, parse_books)
            return Listing(books, self._books.get("/currencies", {}, None, bounds, parse_assets))

        return self._books.ask(deadline, read)

    def stats(self, deadline: Deadline) -> Mapping[str, DayStats]:
        return self._books.ask(
            deadline,
            lambda bounds: self._books.get("/products/stats", {}, None, bounds, parse_stats),
        )

    def last_trade(self, book: str, deadline: Deadline) -> Trade | None:
        def trade(reply: Reply) -> Trade | None:
            return None if reply.status == _NOT_FOUND else parse_trade(reply, self._clock.now())

        path = f"/products/{book}/ticker"
        return self._books.ask(
            deadline, lambda bounds: self._books.get(path, {}, None, bounds, trade)
        )

    def closes(self, book: str, first: int, last: int, deadline: Deadline) -> Mapping[int, Decimal]:
        def closes(reply: Reply) -> Mapping[int, Decimal]:
            return {} if reply.status == _NOT_FOUND else parse_closes(reply, first, last)

        path = f"/products/{book}/candles"
        asked = {
            "granularity": str(_DAY_SECONDS),
            "start": iso(first * _DAY_SECONDS),
            "end": iso((last + 1) * _DAY_SECONDS - 1),
        }
        return self._books.ask(
            deadline, lambda bounds: self._books.get(path, asked, None, bounds, closes)
        )

    def rates(self, deadline: Deadline) -> FiatRates:
        path, asked = "/v2/exchange-rates", {"currency": "USD"}
        return self._fiat.ask(
            deadline, lambda bounds: self._fiat.get(path, asked, None, bounds, parse_rates)
        )


def _raise_for_error(reply: Reply, now: float) -> None:
    """Raise what a reply stands for; a refusal of a key makes no sense where none was sent."""
    if reply.status == _NOT_FOUND:
        return
    try:
        raise_for_error(reply, now)
    except (ExchangeCredentialsRejected, ExchangePermissionDenied, ExchangeTimestampExpired):
        raise reply.error("undocumented") from None


def _rows(reply: Reply, what: str) -> Iterator[dict[str, Any]]:
    _found(reply)
    for number, row in enumerate(reply.array(what)):
        if number == MAX_ROWS:
            raise reply.server.invalid(f"has more than {MAX_ROWS} {what}")
        if is_object(row):
            yield row


def _found(reply: Reply) -> None:
    if reply.status != OK:
        raise reply.server.invalid(f"is {reply.status}: check {reply.server.setting}")


def parse_books(reply: Reply) -> tuple[Book, ...]:
    """Read GET /products: {"id", "base_currency", "quote_currency", "status", "auction_mode"}."""
    books: dict[str, Book] = {}
    for row in _rows(reply, "products"):
        code, base, quote = (row.get(name) for name in ("id", "base_currency", "quote_currency"))
        if _is_code(base) and _is_code(quote) and isinstance(code, str):
            # Of one that is there twice nobody knows which is true.
            state = "closed" if code in books else _state(row, f"{base}-{quote}")
            books[code] = Book(code, base, quote, state)
    return tuple(books.values())


def _state(row: Mapping[str, Any], proper: str) -> BookState:
    """Tell what is traded at a price of its own from auctions and aliases, which have another."""
    if row["id"] != proper or row.get("auction_mode") is True:
        return "closed"
    if row.get("alias") or row.get("alias_to"):
        return "closed"
    if row.get("status") == "delisted":
        return "delisted"
    return "open" if row.get("status") == "online" else "closed"


def parse_assets(reply: Reply) -> tuple[Asset, ...]:
    """Read GET /currencies: {"id", "name", "details": {"type": "fiat" or "crypto"}}."""
    assets: dict[str, Asset] = {}
    for row in _rows(reply, "currencies"):
        code, details = row.get("id"), row.get("details")
        if _is_code(code) and code not in assets:
            kind = details.get("type") if is_object(details) else None
            fiat = kind == "fiat" or (kind is None and code in FIAT)
            assets[code] = Asset(code, _name(row.get("name"), code), fiat)
    return tuple(assets.values())


def _name(name: object, code: str) -> str:
    """Return a name without what could turn the text around it, cut where nobody reads on."""
    if not isinstance(name, str):
        return code
    # Letters, marks, digits, punctuation, symbols and spaces: no control, no direction.
    shown = "".join(one for one in name[:1_000] if unicodedata.category(one)[0] not in "C")
    return " ".join(shown.split())[:_LONGEST_NAME] or code


def parse_stats(reply: Reply) -> dict[str, DayStats]:
    """Read GET /products/stats: {id: {"stats_24hour": {"open", "last", "volume"}}}."""
    _found(reply)
    stats: dict[str, DayStats] = {}
    seen: set[str] = set()
    for number, (book, row) in enumerate(reply.members("products")):
        if number == MAX_ROWS:
            raise reply.server.invalid(f"has more than {MAX_ROWS} products")
        day = row.get("stats_24hour") if is_object(row) else None
        if book in seen:  # and which of two is true, nobody knows
            stats.pop(book, None)
            continue
        seen.add(book)
        if is_object(day) and len(book) <= 2 * _LONGEST_NAME:
            volume = _decimal(day.get("volume"))
            stats[book] = DayStats(
                _price(day.get("last")),
                _price(day.get("open")),
                traded=volume is not None and volume > 0,
            )
    return stats


def parse_trade(reply: Reply, now: float) -> Trade | None:
    """Read GET /products/{id}/ticker: {"price", "time"}."""
    document = reply.document()
    if not is_object(document):
        raise reply.server.invalid("shows no trade: try again later")
    price = _price(document.get("price"))
    if price is None:
        return None
    at = _moment(document.get("time"))
    if at is None or at > now + _CLOCK_SKEW_SECONDS:
        raise reply.server.invalid("has a trade without its time: try again later")
    return Trade(price, min(at, int(now)))


def parse_closes(reply: Reply, first: int, last: int) -> dict[int, Decimal]:
    """Read GET /products/{id}/candles by the day: [[time, low, high, open, close, volume], ...].

    Rows of other days occur, and are left out; of a day that stands twice the first row counts.
    """
    closes: dict[int, Decimal] = {}
    for number, row in enumerate(reply.array("candles")):
        if number == MAX_ROWS:
            raise reply.server.invalid(f"has more than {MAX_ROWS} candles")
        time, close = _candle(row)
        if time is not None and close is not None and first <= time // _DAY_SECONDS <= last:
            closes.setdefault(time // _DAY_SECONDS, close)
    return closes


def _candle(row: object) -> tuple[int | None, Decimal | None]:
    if not isinstance(row, list):
        return None, None
    fields = cast("list[object]", row)
    if len(fields) < _CANDLE_FIELDS or not isinstance(fields[0], Number):
        return None, None
    written = fields[0].text
    return int(written) if _EPOCH.fullmatch(written) else None, _price(fields[4])


def parse_rates(reply: Reply) -> FiatRates:
    """Read {"data": {"currency": "USD", "rates": {"EUR": "0.91"}}}; of coins there are none."""
    _found(reply)
    document = reply.document()
    data = document.get("data") if is_object(document) else None
    rates = data.get("rates") if is_object(data) else None
    if not is_object(data) or not is_object(rates) or data.get("currency") != "USD":
        raise reply.server.invalid(f"has no rates of USD: check {reply.server.setting}")
    read = {code: _price(rates[code]) for code in sorted(FIAT & rates.keys())}
    return FiatRates("USD", {code: rate for code, rate in read.items() if rate is not None})


def _is_code(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _price(value: object) -> Decimal | None:
    """Return a price that may be true, which 0 and 1e30 are not."""
    price = _decimal(value)
    return price if price is not None and LOWEST_PRICE <= price <= HIGHEST_PRICE else None


def _decimal(value: object) -> Decimal | None:
    try:
        return parse_amount(value.text if isinstance(value, Number) else value)
    except ValueError:
        return None


def _moment(value: object) -> int | None:
    """Return the epoch seconds of "2026-11-21T09:30:00.123456Z"."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
