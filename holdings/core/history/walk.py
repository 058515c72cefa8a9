"""Back through the ledgers of all accounts together, page by page, from now to the first day."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import ExchangeInvalidResponse
from holdings.core.history.entries import Entry
from holdings.core.history.months import Account
from holdings.core.history.progress import AccountWalk, Walk
from holdings.core.ports import LedgerExchange

# The private limit is 15 a second: a third of it stays for the viewer's own reads.
PACE_SECONDS = 0.1
_PAGE_SECONDS = 15.0
_MOST_STALLED = 5


@dataclass(slots=True)
class _Place:
    """Where the walk stands in one account."""

    account: Account
    cursor: str
    oldest: int | None
    done: bool
    stalled: int = 0


class LedgerWalk:
    """Reads the account next whose known entries reach back the least: all go back in step."""

    def __init__(self, exchange: LedgerExchange, walk: Walk, clock: Clock) -> None:
        self._exchange = exchange
        self._walk = walk
        self._clock = clock
        self._places = [
            _Place((account_id, at.currency), at.cursor, at.oldest, at.done)
            for account_id, at in walk.accounts.items()
        ]
        self._next = [
            (self._order(place), number)
            for number, place in enumerate(self._places)
            if not place.done
        ]
        heapq.heapify(self._next)
        self._paced_until = clock.monotonic()

    @property
    def done(self) -> bool:
        return not self._next

    def page(self) -> tuple[Account, Sequence[Entry]]:
        """Read one page of one account. Raises UpstreamError; then it may be asked for again."""
        _, number = self._next[0]
        place = self._places[number]
        self._pace()
        page = self._exchange.ledger(
            place.account[0],
            self._walk.since,
            self._walk.until,
            place.cursor,
            Deadline.after(_PAGE_SECONDS, self._clock),
        )
        oldest = min((entry.at for entry in page.entries), default=None)
        further = oldest is not None and (place.oldest is None or oldest < place.oldest)
        # Pages may overlap or come out of order, but they have to lead on.
        place.stalled = 0 if further else place.stalled + 1
        place.done = not page.older
        if not place.done and (page.older == place.cursor or place.stalled > _MOST_STALLED):
            raise ExchangeInvalidResponse(
                f"the ledger of {place.account[1]} has pages that repeat themselves: its history "
                "is known as far as it was read"
            )
        place.cursor = page.older
        if further:
            place.oldest = oldest
        if place.done:
            heapq.heappop(self._next)
        else:
            heapq.heapreplace(self._next, (self._order(place), number))
        return place.account, page.entries

    def state(self) -> Walk:
        accounts = {
            place.account[0]: AccountWalk(place.account[1], place.cursor, place.oldest, place.done)
            for place in self._places
        }
        return self._walk._replace(accounts=accounts)

    def _order(self, place: _Place) -> int:
        return -(self._walk.until + 1 if place.oldest is None else place.oldest)

    def _pace(self) -> None:
        wait = self._paced_until - self._clock.monotonic()
        if wait > 0:
            self._clock.sleep(wait)
        self._paced_until = self._clock.monotonic() + PACE_SECONDS


def walk_of(accounts: Iterable[Account], since: int, until: int) -> Walk:
    places = {one: AccountWalk(currency) for one, currency in accounts}
    return Walk(since, until, places, len(places))
