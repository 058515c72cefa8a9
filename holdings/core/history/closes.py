"""What one unit cost at the end of each day, by book: daily candles, kept for all viewers.

A year of a book is read once. A day without a trade carries the close before it, and before the
first one there is none: an early day is never valued at a later price.
"""

import json
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from threading import Lock
from typing import Any, NamedTuple, cast

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import CacheUnavailable, ExchangeError
from holdings.core.freshness import CachedSnapshot, Lease
from holdings.core.history.months import day_number
from holdings.core.money import DECIMAL_PLACES, EXACT, format_amount, parse_amount
from holdings.core.once import LeastRecent
from holdings.core.ports import Market, SnapshotCache

logger = logging.getLogger(__name__)

SCALE = 10**DECIMAL_PLACES
"""Amounts and prices are whole numbers of this fraction where many are multiplied."""

_DAY_SECONDS = 86_400
_CANDLES = 300  # in an answer of the exchange
_KEEP_SECONDS = 400 * _DAY_SECONDS
_LEASE_SECONDS = 10
# An empty answer is sometimes no answer: asked again after an hour, then a day, then a month.
_ASK_AGAIN_SECONDS = (3_600, _DAY_SECONDS, 30 * _DAY_SECONDS)
# Just after midnight the last day's candle may not be final.
_SETTLED_SECONDS = 120
_REMEMBERED = 80
_EARLIEST_YEAR = 2012


class Year(NamedTuple):
    """When a year was read last, in epoch seconds, and how often it was found empty."""

    read_at: int
    empty: int


@dataclass(slots=True)
class Book:
    """A book's closes: `closes[n]` is of day `first + n` since the epoch, None without a trade."""

    first: int = 0
    closes: list[Decimal | None] = field(default_factory=list[Decimal | None])
    years: dict[int, Year] = field(default_factory=dict[int, Year])
    # Worked out of them when it is first asked for.
    _carried: tuple[list[int | None], list[int | None], list[int]] | None = None

    def lacks(self, first: int, last: int, now: int) -> list[int]:
        """Return the years of these days that are to be read, or read again, the latest first."""
        years = range(max(_year(first), _EARLIEST_YEAR), _year(last) + 1)
        return [year for year in reversed(years) if self._lacks(year, now)]

    def _lacks(self, year: int, now: int) -> bool:
        known = self.years.get(year)
        if not known:
            return True
        over = (day_number(date(year + 1, 1, 1))) * _DAY_SECONDS + _SETTLED_SECONDS
        if known.read_at < over:
            # Not over when it was read: another day is over since, or the whole of it.
            settled = (now - _SETTLED_SECONDS) // _DAY_SECONDS
            if settled > (known.read_at - _SETTLED_SECONDS) // _DAY_SECONDS:
                return True
        if not known.empty:
            return False
        wait = _ASK_AGAIN_SECONDS[min(known.empty, len(_ASK_AGAIN_SECONDS)) - 1]
        return now - known.read_at >= wait

    def put(self, year: int, closes: Mapping[int, Decimal], now: int) -> None:
        start, end = day_number(date(year, 1, 1)), day_number(date(year + 1, 1, 1))
        self._carried = None
        if not self.closes:
            self.first = start
        if start < self.first:
            self.closes = [*[None] * (self.first - start), *self.closes]
            self.first = start
        self.closes += [None] * (end - self.first - len(self.closes))
        for day, close in closes.items():
            if start <= day < end:
                self.closes[day - self.first] = close
        known = self.years.get(year)
        empty = 0 if closes else (known.empty if known else 0) + 1
        self.years[year] = Year(now, empty)

    def series(self, first: int, last: int) -> "Series":
        """Return the closes of days `first` to `last`, both included, each carried where it is."""
        if self._carried is None:
            self._carried = self._carry()
        values, dates, carried = self._carried
        start, end = first - self.first, last - self.first + 1
        before, after = max(0, -start), max(0, end - max(len(values), start))
        within = slice(max(0, start), max(0, end))
        # Behind the last one that is known it stays.
        close = values[-1] if values and last >= self.first else None
        at = dates[-1] if values and last >= self.first else None
        late = range(max(first, self.first + len(values)), last + 1) if close is not None else ()
        return Series(
            first,
            [None] * min(before, last - first + 1) + values[within] + [close] * after,
            [None] * min(before, last - first + 1) + dates[within] + [at] * after,
            [*carried[bisect_left(carried, first) : bisect_right(carried, last)], *late],
        )

    def _carry(self) -> tuple[list[int | None], list[int | None], list[int]]:
        values: list[int | None] = []
        dates: list[int | None] = []
        carried: list[int] = []
        close: int | None = None
        at: int | None = None
        for day, found in enumerate(self.closes, self.first):
            if found is not None:
                close, at = scaled(found), day
            elif close is not None:
                carried.append(day)
            values.append(close)
            dates.append(at)
        return values, dates, carried

    def write(self) -> str:
        written = ["" if close is None else format_amount(close) for close in self.closes]
        years = {str(year): list(known) for year, known in self.years.items()}
        document = {"first": self.first, "closes": ",".join(written), "years": years}
        return json.dumps(document, separators=(",", ":"))

    @classmethod
    def read(cls, payload: str) -> "Book":
        """Raises ValueError."""
        document: object = json.loads(payload)
        if not isinstance(document, dict):
            raise ValueError("not closes")  # noqa: TRY004 - input
        fields = cast("dict[str, Any]", document)
        try:
            texts = cast("str", fields["closes"]).split(",") if fields["closes"] else []
            closes = [parse_amount(text) if text else None for text in texts]
            years = {int(year): Year(*map(int, known)) for year, known in fields["years"].items()}
            return cls(int(fields["first"]), closes, years)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not closes: {error!r}") from None


class Series(NamedTuple):
    """Closes from day `first` on, in 1/SCALE; `dates` are of which day each is. None before.

    `carried` are the days that have one of an earlier day, in order.
    """

    first: int
    values: Sequence[int | None]
    dates: Sequence[int | None]
    carried: Sequence[int] = ()


def scaled(amount: Decimal) -> int:
    """Return an amount above zero in 1/SCALE, cut to less."""
    return int(EXACT.scaleb(amount, DECIMAL_PLACES))


class Closes:
    """Closes by book, from the cache or the market. Safe to share between threads."""

    def __init__(
        self,
        *,
        market: Callable[[], Market],
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
    ) -> None:
        """`market` is made when it is first needed, `cache` gives the place of a name."""
        self._market = market
        self._cache = cache
        self._clock = clock
        self._places = LeastRecent[str, _Place](_REMEMBERED)

    def book(self, book: str, first: int, last: int, deadline: Deadline, budget: "Budget") -> Book:
        """Return what is known of a book's closes, reading years of these days as `budget` allows.

        Never raises: what could not be read is missing, and `budget.missed` says so.
        """
        place = self._places.get(book, _Place)
        with place.lock:
            now = int(self._clock.now())
            known = place.book
            if known is None or known.lacks(first, last, now):
                known = self._look_up(book, place, deadline)
            if lacking := known.lacks(first, last, now):
                self._read(book, place, lacking, deadline, budget)
            return place.book or Book()

    def _look_up(self, book: str, place: "_Place", deadline: Deadline) -> Book:
        try:
            entry = self._cache(_place_of(book)).get(deadline)
            if entry and entry.payload:
                place.book = Book.read(entry.payload)
        except (CacheUnavailable, ValueError) as error:
            logger.warning("kept closes could not be read: %s", type(error).__name__)
        place.book = place.book or Book()
        return place.book

    def _read(
        self,
        book: str,
        place: "_Place",
        years: Sequence[int],
        deadline: Deadline,
        budget: "Budget",
    ) -> None:
        known = place.book or Book()
        if not budget.take():
            budget.missed.add(book)
            return
        cache, now = self._cache(_place_of(book)), int(self._clock.now())
        try:
            if cache.lease("read", Lease(now, now + _LEASE_SECONDS), -1, deadline):
                budget.missed.add(book)  # another is reading it
                return
        except CacheUnavailable:
            cache = None
        try:
            for number, year in enumerate(years):
                if number and not (budget.take() and deadline.remaining()):
                    budget.missed.add(book)
                    break
                known.put(year, self._year(book, year, deadline, budget), now)
        except ExchangeError as error:
            budget.missed.add(book)
            logger.warning(
                "closes of %s could not be read: %s",
                book,
                error.detail,
                extra={"event": "price_failure", "code": error.code},
            )
        place.book = known
        if cache:
            self._keep(cache, known, now, deadline)

    def _year(
        self, book: str, year: int, deadline: Deadline, budget: "Budget"
    ) -> Mapping[int, Decimal]:
        found: dict[int, Decimal] = {}
        yesterday = int(self._clock.now() - _SETTLED_SECONDS) // _DAY_SECONDS - 1
        end = min(day_number(date(year, 12, 31)), yesterday)
        for first in range(day_number(date(year, 1, 1)), end + 1, _CANDLES):
            budget.pause()
            last = min(first + _CANDLES - 1, end)
            found |= self._market().closes(book, first, last, deadline)
        return found

    def _keep(self, cache: SnapshotCache, known: Book, now: int, deadline: Deadline) -> None:
        entry = CachedSnapshot.seal(
            known.write(),
            as_of=now,
            expires_at=now + _KEEP_SECONDS,
            sequence=int(self._clock.now() * 1_000),
        )
        try:
            cache.put(entry, now + _KEEP_SECONDS, deadline)
            cache.release(now, None, deadline)
        except CacheUnavailable as error:
            logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})


@dataclass(slots=True)
class Budget:
    """How many years of books may be read and `until` when, and which were not read whole.

    `pause` is called before each call.
    """

    years: int
    pause: Callable[[], None] = lambda: None
    until: Deadline | None = None
    missed: set[str] = field(default_factory=set[str])

    def take(self) -> bool:
        self.years -= 1
        return self.years >= 0 and not (self.until and not self.until.remaining())


@dataclass(slots=True)
class _Place:
    lock: Any = field(default_factory=Lock)
    book: Book | None = None


def _place_of(book: str) -> str:
    return f"closes#{book}"


def _year(day: int) -> int:
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).year
