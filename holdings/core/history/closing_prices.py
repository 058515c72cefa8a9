"""What one unit of each currency was worth at the end of each day, in another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import InvalidRequest, Misconfigured, UpstreamError
from holdings.core.fiat import FIAT
from holdings.core.history.close_routes import Hop, along, route
from holdings.core.history.closes import Budget, Closes, Series
from holdings.core.snapshot import Notice

# Years of books that one request reads from the exchange; more come with the next one.
_MOST_YEARS = 8
_CLOSES_SECONDS = 6.0
# In the background, at half of the public limit of 10 requests a second.
_YEARS_AHEAD = 5_000
_PACE_SECONDS = 0.2

PENDING, CLOSES_FAILED = "closes_pending", "closes_unavailable"


class Listings(Protocol):
    def listing(self, deadline: Deadline) -> Mapping[str, Any]:
        """Return `open` and `delisted` books and `coins`. Raises UpstreamError."""
        ...


class Priced(NamedTuple):
    """The closes of each currency over some days, None of those without a market.

    `routes` are the books that each is made of.
    """

    closes: Mapping[str, Series | None]
    routes: Mapping[str, tuple[str, ...]]
    warnings: Sequence[Notice]


class ClosingPrices:
    """Safe to share between threads."""

    def __init__(
        self, listings: Listings, closes: Closes, clock: Clock, notices: tuple[Notice, ...] = ()
    ) -> None:
        """`notices` stand under the warnings of every answer."""
        self._listings = listings
        self._closes = closes
        self._clock = clock
        self._notices = notices

    def over(
        self,
        codes: Iterable[str],
        currency: str,
        first: int,
        last: int,
        deadline: Deadline,
        *,
        ahead: bool = False,
    ) -> Priced:
        """Return the closes of days `first` to `last`, since the epoch, both included.

        What is not kept yet is read as far as one request may, or `ahead` of all, in the
        background. Raises InvalidRequest where no close leads to `currency`.
        """
        codes = dict.fromkeys(codes)
        try:
            listing = self._listings.listing(deadline)
        except (UpstreamError, Misconfigured) as error:
            failed = Notice(CLOSES_FAILED, f"no past value can be shown: {error.detail}")
            return Priced({}, {}, [*self._notices, *([failed] if codes else [])])
        delisted = (book for books in listing["delisted"].values() for book in books)
        books = frozenset([*listing["open"], *delisted])
        coins = frozenset(listing["coins"])
        _check_currency(currency, books, coins)
        routes = {
            code: hops
            for code in codes
            if (hops := route(code, currency, books, lambda one: one in FIAT and one not in coins))
            is not None
        }
        series, warnings = self._series(
            routes.values(), first, last, self._budget(ahead=ahead), deadline
        )
        closes: dict[str, Series | None] = {
            code: along(hops, series, first, last) for code, hops in routes.items()
        }
        named = {
            code: tuple(hop.book or "USDC-USD" for hop in hops) for code, hops in routes.items()
        }
        return Priced(closes, named, [*self._notices, *warnings])

    def _budget(self, *, ahead: bool) -> Budget:
        """What one request may read: what it has not read by then comes with the next one."""
        if ahead:
            return Budget(_YEARS_AHEAD, pause=lambda: self._clock.sleep(_PACE_SECONDS))
        until = Deadline.after(_CLOSES_SECONDS, self._clock)
        return Budget(_MOST_YEARS, until=until)

    def _series(
        self,
        routes: Iterable[Sequence[Hop]],
        first: int,
        last: int,
        budget: Budget,
        deadline: Deadline,
    ) -> tuple[dict[str, Series], list[Notice]]:
        books = dict.fromkeys(hop.book for hops in routes for hop in hops if hop.book)
        series = {
            book: self._closes.book(book, first, last, deadline, budget).series(first, last)
            for book in books
        }
        if not budget.missed:
            return series, []
        some = ", ".join(sorted(budget.missed)[:5])
        pending = Notice(PENDING, f"some past prices are still being read ({some}): ask again")
        return series, [pending]


def _check_currency(currency: str, books: frozenset[str], coins: frozenset[str]) -> None:
    """Raises InvalidRequest for one that no close leads to."""
    if route("USD", currency, books, lambda one: one in FIAT and one not in coins) is None:
        known = sorted({code for book in books for code in book.rsplit("-", 1)} | {"USD"})
        raise InvalidRequest(
            f"no past price leads to {currency}: see errors for the currencies that one leads to",
            {"currency": [f"Not one of {', '.join(known)}."]},
        )
