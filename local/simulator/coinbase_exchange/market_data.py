"""What Coinbase Exchange shows of its market to everybody: listings, stats, trades and candles."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from flask import request
from werkzeug import Response

from local.simulator.exchange import Exchange
from local.simulator.listing import currencies, products
from local.simulator.market import DAY, GRANULARITIES, MOST_CANDLES, STATES_AT_FIRST
from local.simulator.server import Refused, json_response

_NO_STATS = ("missing", "delisted", "offline")


def market_routes(exchange: Exchange[Any]) -> dict[str, Callable[..., Response]]:
    listed, market = currencies(), exchange.market

    def stats() -> Response:
        now = exchange.time()
        told = (book for book in STATES_AT_FIRST if market.state(book) not in _NO_STATS)
        return json_response({book: market.stats(book, now) for book in told})

    def ticker(wanted: str) -> Response:
        trade = market.last(_book(wanted), exchange.time())
        when = datetime.fromtimestamp(trade.at / 1_000, UTC).isoformat(timespec="milliseconds")
        volume = sum(
            one.size for one in market.trades(wanted, exchange.time() - DAY, exchange.time())
        )
        return json_response(
            {
                "ask": f"{trade.price:f}",
                "bid": f"{trade.price:f}",
                "volume": f"{volume:f}",
                "trade_id": trade.number,
                "price": f"{trade.price:f}",
                "size": f"{trade.size:f}",
                "time": when.replace("+00:00", "Z"),
            }
        )

    def candles(wanted: str) -> Response:
        granularity, start, end = _interval(request.args, exchange.time())
        # An empty answer says nothing of what there was.
        if market.state(_book(wanted)) in ("delisted", "empty"):
            return json_response([])
        rows = market.candles(wanted, granularity, start, end, exchange.time())
        return json_response(rows[:MOST_CANDLES])

    def rates() -> Response:
        currency = request.args.get("currency", "USD")
        if currency != "USD":
            raise Refused(400, "Invalid currency")
        return json_response({"data": {"currency": "USD", "rates": market.rates(exchange.time())}})

    return {
        "/currencies": lambda: json_response(listed),
        "/currencies/<wanted>": one_of(lambda: listed),
        "/products": lambda: json_response(products(market)),
        "/products/stats": stats,
        "/products/<wanted>": one_of(lambda: products(market)),
        "/products/<wanted>/ticker": ticker,
        "/products/<wanted>/candles": candles,
        "/v2/exchange-rates": rates,
    }


def one_of(of: Callable[[], Iterable[object]]) -> Callable[[str], Response]:
    """A route to one of some rows by its id."""

    def view(wanted: str) -> Response:
        for row in of():
            if isinstance(row, dict) and cast("dict[str, object]", row).get("id") == wanted:
                return json_response(cast("object", row))
        raise Refused(404, "NotFound")

    return view


def _book(wanted: str) -> str:
    if wanted not in STATES_AT_FIRST:
        raise Refused(404, "NotFound")
    return wanted


def _interval(asked: Mapping[str, str], now: float) -> tuple[int, float, float]:
    """Read granularity, start and end; the last two count only together."""
    try:
        granularity = int(asked.get("granularity", "60"))
        given = [asked.get(name) for name in ("start", "end")]
        start, end = (moment(text) if text else None for text in given)
    except (ValueError, OverflowError):
        raise Refused(400, "Invalid start or end") from None
    if granularity not in GRANULARITIES:
        raise Refused(400, "Unsupported granularity")
    if start is None or end is None:
        return granularity, now - (MOST_CANDLES - 1) * granularity, now
    if start > end:
        raise Refused(400, "start must be before end")
    if (end - start) / granularity > MOST_CANDLES:
        raise Refused(
            400,
            "granularity too small for the requested time range. Count of aggregations requested "
            f"exceeds {MOST_CANDLES}",
        )
    return granularity, start, min(end + 1, now)


def moment(text: str) -> float:
    """Read epoch seconds, or ISO 8601, which is UTC without more."""
    if text.isdecimal():
        return float(text)
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
