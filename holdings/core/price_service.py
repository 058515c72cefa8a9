"""Prices for whoever needs them, read once for all: never an error, at worst a status.

The market is read through the cache, like everything else that many want: `prices` every minute,
`listing` once a day, `rates` of fiat currencies once an hour, `trade#<book>` where a held asset's
book was quiet for a day.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import InvalidRequest, Misconfigured, UpstreamError
from holdings.core.freshness import CLOCK_SKEW_SECONDS, FreshnessRules
from holdings.core.kept import Attempt
from holdings.core.once import LeastRecent
from holdings.core.ports import Market, SnapshotCache
from holdings.core.price_feeds import ListingFeed, PricesFeed, RatesFeed, TradeFeed
from holdings.core.prices import RATES, Prices, Rates
from holdings.core.service import DEADLINE_SECONDS
from holdings.core.side_by_side import side_by_side
from holdings.core.snapshot import Notice
from holdings.core.source import Feed, Reading, Source

if TYPE_CHECKING:
    from holdings.core.market import Trade

T = TypeVar("T")

PRICES_FRESH_SECONDS = 60
_LISTING_FRESH_SECONDS = 86_400
_RATES_FRESH_SECONDS = 3_600
_TRADE_FRESH_SECONDS = 3_600
_DAY_SECONDS = 86_400

# Of the deadline of a request: prices that take longer are answered as stale or unpriced.
_PRICES_SECONDS = 5.0
_ASKS_SECONDS = 3.0
# Last trades that one request reads: the public limit is 10 a second with bursts of 15, for all.
MOST_TRADES = 10
_REMEMBERED_BOOKS = 500


class PriceService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        market: Callable[[], Market],
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
        cooldown: int,
    ) -> None:
        """`market` is made when it is first needed; `cooldown` is FreshnessRules'."""
        self._market = market
        self._cache = cache
        self._clock = clock
        self._cooldown = cooldown
        self._listing = self._source(
            "listing", ListingFeed(market), _LISTING_FRESH_SECONDS, 30 * _DAY_SECONDS
        )
        self._prices = self._source(
            "prices", PricesFeed(market, self.listing), PRICES_FRESH_SECONDS, _DAY_SECONDS
        )
        self._rates = self._source("rates", RatesFeed(market), _RATES_FRESH_SECONDS, _DAY_SECONDS)
        self._books = LeastRecent[str, Source["Trade | None"]](_REMEMBERED_BOOKS)
        # What this process has at hand, and need not look up.
        self._last: Reading[Prices] | None = None
        self._shared: tuple[Reading[Prices], Prices] | None = None
        self._last_trades: dict[str, Reading[Trade | None]] = {}
        self._last_rates: Reading[Mapping[str, Decimal]] | None = None

    def read(self, deadline: Deadline, *, not_before: int | None = None) -> Prices:
        """Return every book's price, no older than a minute or saying so. Never raises.

        With `not_before` (epoch seconds) those that were read since then will do.
        """
        now = int(self._clock.now())
        if (last := self._last) and (_is_fresh(last, now) or _since(last, not_before)):
            return self._at_hand(last, now)
        attempt = self._attempt(deadline, _PRICES_SECONDS)
        if not_before is not None:
            kept = self._prices.kept(attempt)
            if kept and _since(kept, not_before):
                return _at(kept, now)
        try:
            reading = self._prices.read(attempt)
        except (UpstreamError, Misconfigured) as error:
            return Prices(quotes={}, now=now, failure=Notice(error.code, error.detail))
        if reading.outcome != "STALE":
            self._last = reading
        return _at(reading, now)

    def _at_hand(self, last: Reading[Prices], now: int) -> Prices:
        """Give all that ask in one second the same: what one has worked out serves the others."""
        reading, prices = self._shared or (None, None)
        if reading is not last or prices is None or prices.now != now:
            prices = _at(last, now)
            self._shared = last, prices
        return prices

    def of(self, codes: Iterable[str], currency: str) -> Prices:
        """Return prices that have been asked what those of `codes` ask for.

        Raises InvalidRequest where no price leads to `currency`.
        """
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        prices = self.checked(self.read(deadline), currency, deadline)
        return self.complete(prices, codes, currency, deadline)

    def complete(
        self, prices: Prices, codes: Iterable[str], currency: str, deadline: Deadline
    ) -> Prices:
        """Return prices with what those of `codes` ask for: last trades, rates. Never raises.

        Twice at most: with the rates a route may be found that has a quiet book in it.
        """
        codes = list(dict.fromkeys(codes))
        for _ in range(2):
            asks = dict.fromkeys(ask for code in codes for ask in prices.price(code, currency).asks)
            # A market that fails is not asked for more: of a quiet book the date is missing then.
            hopeless = {*prices.missed, *(prices.quotes if prices.stale else ())}
            wanted = [ask for ask in asks if ask not in hopeless]
            if not wanted or not deadline.remaining():
                break
            prices = self._ask(prices, wanted, deadline)
        return prices

    def checked(self, prices: Prices, currency: str, deadline: Deadline) -> Prices:
        """Return the prices with what it took to know that they lead to `currency`.

        Raises InvalidRequest naming those that they lead to; while prices or rates fail, nobody
        knows.
        """
        if currency in prices.known():
            return prices
        prices = self._ask(prices, [RATES], deadline)
        known = prices.known()
        if currency in known or prices.failure or RATES in prices.missed:
            return prices
        raise InvalidRequest(
            f"no price leads to {currency}: see errors for the currencies that one leads to",
            {"currency": [f"Not one of {', '.join(known)}."]},
        )

    def _ask(self, prices: Prices, wanted: list[str], deadline: Deadline) -> Prices:
        attempt = self._attempt(deadline, _ASKS_SECONDS)
        now = attempt.now
        books = [ask for ask in wanted if ask != RATES]
        trades = {
            book: last.content
            for book in books
            if (last := self._last_trades.get(book)) and _is_fresh(last, now)
        }
        unread = [book for book in books if book not in trades][:MOST_TRADES]
        missed: dict[str, Notice] = {}
        rates: list[Rates] = []

        def read_trade(book: str) -> None:
            source = self._books.get(book, lambda: self._trade_source(book))
            try:
                reading = source.read(attempt)
            except (UpstreamError, Misconfigured) as error:
                missed[book] = Notice(error.code, error.detail)
                return
            trades[book] = reading.content
            self._remember(book, reading)

        def read_rates() -> None:
            try:
                rates.append(self._read_rates(attempt))
            except (UpstreamError, Misconfigured) as error:
                missed[RATES] = Notice(error.code, error.detail)

        calls: list[Callable[[], None]] = [lambda book=book: read_trade(book) for book in unread]
        if RATES in wanted:
            calls.append(read_rates)
        if calls:
            side_by_side(calls)
        return prices.with_answers(trades, rates[0] if rates else None, missed)

    def _read_rates(self, attempt: Attempt) -> Rates:
        last = self._last_rates
        if not (last and _is_fresh(last, attempt.now)):
            last = self._rates.read(attempt)
            self._last_rates = last
        return Rates(last.content, last.as_of, stale=last.outcome == "STALE")

    def _remember(self, book: str, reading: Reading["Trade | None"]) -> None:
        if len(self._last_trades) >= _REMEMBERED_BOOKS:
            self._last_trades.clear()
        self._last_trades[book] = reading

    def listing(self, deadline: Deadline) -> Mapping[str, Any]:
        """Return which books there are, as ListingFeed has it. Raises UpstreamError."""
        return self._listing.read(self._attempt(deadline, _PRICES_SECONDS)).content

    def _attempt(self, deadline: Deadline, seconds: float) -> Attempt:
        until = self._clock.monotonic() + seconds
        return Attempt(
            deadline=Deadline(self._clock, min(deadline.at, until)),
            refresh=False,
            now=int(self._clock.now()),
            began=self._clock.monotonic(),
        )

    def _trade_source(self, book: str) -> Source["Trade | None"]:
        return self._source(
            f"trade#{book}", TradeFeed(self._market, book), _TRADE_FRESH_SECONDS, _DAY_SECONDS
        )

    def _source(self, place: str, feed: Feed[T], fresh_for: int, last_good_for: int) -> Source[T]:
        return Source(
            feed,
            cache=self._cache(place),
            clock=self._clock,
            rules=FreshnessRules(fresh_for, last_good_for, self._cooldown),
        )


def _at(reading: Reading[Prices], now: int) -> Prices:
    """Return a reading's prices for one request: what they go by is kept between requests."""
    return replace(
        reading.content,
        as_of=reading.as_of,
        expires_at=reading.expires_at,
        stale=reading.warning,
        now=now,
        _hops={},
        _prices={},
    )


def _is_fresh(reading: Reading[Any], now: int) -> bool:
    return reading.as_of - CLOCK_SKEW_SECONDS <= now < reading.expires_at


def _since(reading: Reading[Any], moment: int | None) -> bool:
    return moment is not None and reading.as_of >= moment
