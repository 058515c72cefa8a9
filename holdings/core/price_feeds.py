"""What is read of the market, and how each of it is kept in the cache for all viewers."""

import json
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from holdings.core.clock import Deadline
from holdings.core.errors import HoldingsError
from holdings.core.money import parse_amount
from holdings.core.ports import Market
from holdings.core.prices import Prices, Quote

if TYPE_CHECKING:
    from holdings.core.market import DayStats, Listing, Trade

logger = logging.getLogger(__name__)


class MarketFeed:
    """What all of them have in common: whoever reads them, no viewer is to blame."""

    def __init__(self, market: Callable[[], Market]) -> None:
        """`market` is made when it is first needed."""
        self._market = market

    def report(self, error: HoldingsError) -> None:
        logger.warning(
            "prices could not be read: %s",
            error.detail,
            extra={"event": "price_failure", "code": error.code},
        )

    def blame(self, error: HoldingsError) -> None:
        """Nobody: a price that fails costs its status, and no request."""


class ListingFeed(MarketFeed):
    """Implements `holdings.core.source.Feed`: which books are open, and what assets are called.

    {"open": ["BTC-USD", ...], "delisted": {"XYZ": ["XYZ-USD"]}, "names": {"BTC": "Bitcoin"},
    "coins": ["BTC", ...]}
    """

    def fetch(self, deadline: Deadline) -> str:
        return _write(_listing(self._market().listing(deadline)))

    def parse(self, payload: str) -> Mapping[str, Any]:
        return _object(payload, open=list, delisted=dict, names=dict, coins=list)


class PricesFeed(MarketFeed):
    """Implements `holdings.core.source.Feed`: every open book's last 24 hours, with the listing.

    {"quotes": {"BTC-USD": ["64900.01", "64000", 1], ...}, "delisted", "names", "coins"}: the last
    price and the one 24 hours before, "" where not known, and whether there was any trade.
    """

    def __init__(
        self, market: Callable[[], Market], listing: Callable[[Deadline], Mapping[str, Any]]
    ) -> None:
        super().__init__(market)
        self._listing = listing

    def fetch(self, deadline: Deadline) -> str:
        listing = self._listing(deadline)
        stats = self._market().stats(deadline)
        quotes = {book: _quote(stats.get(book)) for book in listing["open"]}
        others = {name: listing[name] for name in ("delisted", "names", "coins")}
        return _write({"quotes": quotes, **others})

    def parse(self, payload: str) -> Prices:
        document = _object(payload, quotes=dict, delisted=dict, names=dict, coins=list)
        return Prices(
            quotes=_Quotes(document["quotes"]),
            names=document["names"],
            coins=frozenset(document["coins"]),
            delisted=document["delisted"],
        )


class TradeFeed(MarketFeed):
    """Implements `holdings.core.source.Feed`: a book's last trade. {"price", "at"}, or {}."""

    def __init__(self, market: Callable[[], Market], book: str) -> None:
        super().__init__(market)
        self._book = book

    def fetch(self, deadline: Deadline) -> str:
        trade = self._market().last_trade(self._book, deadline)
        return _write({"price": format(trade.price, "f"), "at": trade.at} if trade else {})

    def parse(self, payload: str) -> "Trade | None":
        from holdings.core.market import Trade  # which most prices do without

        document = _object(payload)
        if not document:
            return None
        if not isinstance(document.get("at"), int):
            raise ValueError("not a trade")  # noqa: TRY004 - input
        return Trade(parse_amount(document.get("price")), document["at"])


class RatesFeed(MarketFeed):
    """Implements `holdings.core.source.Feed`: what one USD is in each currency. {"EUR": "0.91"}."""

    def fetch(self, deadline: Deadline) -> str:
        rates = self._market().rates(deadline).rates
        return _write({code: format(rate, "f") for code, rate in rates.items()})

    def parse(self, payload: str) -> Mapping[str, Decimal]:
        return {code: parse_amount(rate) for code, rate in _object(payload).items()}


class _Quotes(Mapping[str, Quote]):
    """The quotes of a document, each read when it is first asked for: most never are."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written
        self._read: dict[str, Quote] = {}

    def __getitem__(self, book: str) -> Quote:
        if book not in self._read:
            last, opened, traded = self._written[book]
            self._read[book] = Quote(_known(last), _known(opened), bool(traded))
        return self._read[book]

    def __contains__(self, book: object) -> bool:
        return book in self._written

    def __iter__(self) -> Any:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


def _listing(listing: "Listing") -> dict[str, Any]:
    delisted: dict[str, list[str]] = {}
    for book in listing.books:
        if book.state == "delisted":
            delisted.setdefault(book.base, []).append(book.id)
    return {
        "open": sorted(book.id for book in listing.books if book.state == "open"),
        "delisted": delisted,
        "names": {asset.code: asset.name for asset in listing.assets},
        "coins": [asset.code for asset in listing.assets if not asset.fiat],
    }


def _quote(stats: "DayStats | None") -> list[str | int]:
    if not stats:
        return ["", "", 0]
    written = [format(price, "f") if price else "" for price in (stats.last, stats.open)]
    return [*written, int(stats.traded)]


def _known(price: str) -> Decimal | None:
    return Decimal(price) if price else None


def _object(payload: str, **fields: type) -> dict[str, Any]:
    document: Any = json.loads(payload)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - input
    if not all(isinstance(document.get(name), kind) for name, kind in fields.items()):
        raise ValueError("not what this program writes")
    return cast("dict[str, Any]", document)


def _write(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
