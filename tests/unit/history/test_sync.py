"""The job that reads a ledger: whatever happens to it on the way, the same is kept in the end."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.core.clock import Deadline
from holdings.core.connections import Connection
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeInvalidResponse,
    ExchangeUnavailable,
    HoldingsError,
)
from holdings.core.history.days import Days
from holdings.core.history.entries import DAY, LedgerPage
from holdings.core.history.months import Month, account_key, unpack_summary
from holdings.core.history.progress import Progress
from holdings.core.history.sync import HistorySync
from tests.builders import (
    NOW,
    FakeClock,
    FakeKind,
    FakeLedger,
    FakeQueue,
    FakeRecords,
    Killed,
)
from tests.unit.history.books import TODAY, TrueBook, grow, make_book

VIEWER, CONNECTION = "viewer-1", "0" * 32


@dataclass
class Desk:
    """One viewer's one connection, with everything around the job."""

    book: TrueBook
    size: int = 3
    records: FakeRecords = field(default_factory=FakeRecords)
    queue: FakeQueue = field(default_factory=FakeQueue)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        kind = FakeKind(has_ledger=True)
        self.ledger = FakeLedger(kind, self.book.currencies, self.book.entries, self.size)
        kind.ledger = self.ledger
        connection = Connection(CONNECTION, "coinbase_exchange", "Main", "a", "", 0)
        self.records.kept[VIEWER] = {CONNECTION: (connection, {"name": "k", "secret": "s"})}
        self.job = HistorySync(
            records=self.records,
            kinds={"coinbase_exchange": kind},
            queue=self.queue,
            read_closes=lambda _viewer, _connection, _deadline: None,
            clock=self.clock.clock,
            hide=lambda _: None,
        )

    def run(self, seconds: float = 1_000) -> None:
        self.job.run(VIEWER, CONNECTION, seconds=seconds)

    def work_off(self, seconds: float = 1_000) -> None:
        """Run as long as there is something on the queue."""
        for _ in range(500):
            if not self.queue.sent:
                return
            _, _, delay = self.queue.sent.pop(0)
            self.clock.advance(delay)
            self.run(seconds)
        raise AssertionError("the queue does not become empty")

    @property
    def progress(self) -> Progress:
        return self.records.history.places[VIEWER, CONNECTION]

    @property
    def days(self) -> Days:
        deadline = Deadline.after(10, self.clock.clock)
        kept = self.records.history.summaries(VIEWER, CONNECTION, deadline)
        months = [unpack_summary(one.month, one.summary) for one in kept]
        return Days(self.progress, months, today=TODAY)

    def kept_ids(self) -> list[str]:
        kept = [Month.unpack(one.entries) for one in self.records.history.kept.values()]
        return sorted(
            entry.id for month in kept for entries in month.accounts.values() for entry in entries
        )

    def contents(self) -> dict[str, tuple[bytes, bytes, bool]]:
        return {
            month: (kept.entries, kept.summary, kept.partial)
            for (_, _, month), kept in self.records.history.kept.items()
        }

    def check(self) -> None:
        """Every balance of every day is the book's, and known exactly."""
        assert self.kept_ids() == self.book.ids
        assert self.days.differences() == []
        stretches = self.days.stretches()
        since = self.days.since
        if since is None:
            assert not self.book.ids
            return
        for account in self.book.entries:
            found = stretches.get(account_key(account), [])
            for day in range(since, TODAY):
                at = [one for one in found if one.first <= day <= one.last]
                expected = self.book.balance(account, day)
                if expected is None:
                    assert not at
                else:
                    (one,) = at
                    assert (one.balance, one.known) == (expected, "ledger")


@given(st.integers(0, 10**9), st.integers(1, 9))
def test_every_balance_of_every_day_is_the_ledgers(seed: int, size: int) -> None:
    desk = Desk(make_book(seed), size)
    desk.run()
    desk.check()
    assert desk.progress.state == "done"
    assert desk.progress.entries == len(desk.book.ids)


@given(
    seed=st.integers(0, 10**9),
    size=st.integers(1, 7),
    seconds=st.sampled_from((0.25, 1.0, 5.0)),
    deaths=st.lists(st.integers(1, 12), max_size=6),
    arrivals=st.lists(st.integers(0, 3), max_size=4),
)
@settings(max_examples=60)
def test_restarts_deaths_repeats_and_new_entries_end_in_the_same_records(
    seed: int, size: int, seconds: float, deaths: list[int], arrivals: list[int]
) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    desk = Desk(make_book(seed), size)
    for dies_after in deaths:
        desk.records.history.dies_at = desk.records.history.writes + dies_after
        try:
            desk.run(seconds)
        except Killed:
            desk.clock.advance(rng.choice((1, 200)))
    desk.records.history.dies_at = None
    for count in arrivals:
        for account in list(desk.book.currencies)[:count]:
            grow(desk.book, account, rng, int(desk.clock.time * 1_000_000))
        desk.clock.advance(rng.choice((0, 30, 90_000)))
        desk.run(seconds)
    desk.clock.advance(200)
    desk.run(seconds)
    desk.work_off(seconds)
    desk.clock.advance(7_200)
    desk.run()
    assert desk.kept_ids() == desk.book.ids

    straight = Desk(desk.book, 1_000, clock=FakeClock(desk.clock.time))
    straight.run()
    assert desk.contents() == straight.contents()
    kept = {"entries": desk.progress.entries, "oldest": desk.progress.oldest}
    assert kept == {"entries": straight.progress.entries, "oldest": straight.progress.oldest}


def test_while_it_is_read_what_was_reached_is_exact_and_what_was_not_is_unknown() -> None:
    desk = Desk(make_book(7, entries=60), 2)
    desk.run(1.5)
    assert desk.progress.state == "running"
    covered = desk.progress.covered
    assert covered
    days, since = desk.days, desk.days.since
    assert since == max(covered[0] // DAY, min(e[0].at for e in desk.book.entries.values()) // DAY)
    for key, found in days.stretches().items():
        (account,) = [one for one in desk.book.entries if account_key(one) == key]
        for stretch in found:
            for day in range(stretch.first, stretch.last + 1):
                if stretch.known == "ledger":
                    expected = desk.book.balance(account, day) or Decimal()
                    assert stretch.balance == expected
    assert desk.queue.sent == [(VIEWER, CONNECTION, 0)]
    assert any(kept.partial for kept in desk.records.history.kept.values())
    desk.work_off()
    desk.check()


@pytest.mark.parametrize("place", [0, 5, 20, -1])
def test_an_entry_that_is_withheld_is_reported_and_no_day_around_it_called_known(
    place: int,
) -> None:
    desk = Desk(make_book(3, accounts=1, entries=60))
    (account,) = desk.book.entries
    entries = desk.book.entries[account]
    whole = list(entries)
    held_back = entries.pop(place)
    desk.ledger.balances[account] = whole[-1].balance
    desk.run()
    (difference, *_) = desk.days.differences() or []
    assert difference.reason == {0: "beginning", -1: "balance"}.get(place, "gap")
    for stretch in desk.days.stretches()[account_key(account)]:
        for day in range(stretch.first, stretch.last + 1):
            true = [one for one in whole if one.at < (day + 1) * DAY]
            if stretch.known == "ledger":
                assert stretch.balance == Decimal(true[-1].balance)
    assert held_back.id not in desk.kept_ids()


def test_pages_doubled_and_reordered_are_the_same_entries_once() -> None:
    desk = Desk(make_book(11), 4)
    read = desk.ledger.ledger

    def shuffled(
        account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> LedgerPage:
        page = read(account_id, since, until, cursor, deadline)
        return page._replace(entries=[*reversed(page.entries), *page.entries])

    desk.ledger.ledger = shuffled
    desk.run()
    desk.check()


def test_a_ledger_that_breaks_off_is_not_known_from_nothing() -> None:
    desk = Desk(make_book(5, accounts=1, entries=60))
    (account,) = desk.book.entries
    whole = list(desk.book.entries[account])
    del desk.book.entries[account][:10]
    desk.run()
    (difference,) = desk.days.differences() or []
    assert (difference.reason, difference.reading) == ("beginning", Decimal(whole[9].balance))


def test_pages_that_lead_nowhere_end_as_a_failure_that_keeps_what_was_read() -> None:
    desk = Desk(make_book(2, accounts=1, entries=60), 2)
    read = desk.ledger.ledger

    def circling(
        account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> LedgerPage:
        del cursor
        page = read(account_id, since, until, "", deadline)
        return page._replace(older=f"more-{len(desk.ledger.calls)}")

    desk.ledger.ledger = circling
    desk.run()
    assert desk.progress.state == "failed"
    assert desk.progress.last_error
    assert desk.progress.last_error.code == "exchange_invalid_response"
    assert len(desk.kept_ids()) == 2


@pytest.mark.parametrize(
    ("error", "state", "again"),
    [
        (ExchangeUnavailable("down", transient=True), "running", True),
        (ExchangeCredentialsRejected("no"), "failed", False),
        (ExchangeInvalidResponse("odd"), "failed", False),
    ],
)
def test_a_failure_in_the_middle_leaves_what_is_known_and_goes_on_from_there(
    error: HoldingsError, state: str, *, again: bool
) -> None:
    desk = Desk(make_book(9, entries=60), 2)
    desk.ledger.fails = [None] * 6 + [error]
    desk.run()
    assert desk.progress.state == state
    assert desk.progress.last_error
    assert desk.progress.last_error.code == error.code
    assert bool(desk.queue.sent) == again
    assert 0 < len(desk.kept_ids()) < len(desk.book.ids)
    connection, credential = desk.records.kept[VIEWER][CONNECTION]
    rejected = isinstance(error, ExchangeCredentialsRejected)
    assert (connection.status == "rejected") == rejected
    if rejected:
        # Replaced by its owner.

        active = connection._replace(status="active", last_error=None)
        desk.records.kept[VIEWER][CONNECTION] = active, credential
    read_before = len(desk.ledger.calls)
    desk.queue.sent.clear()
    desk.clock.advance(1_000)
    desk.run()
    desk.check()
    # It did not begin anew: the pages read before were not all read again.
    begun = [call for call in desk.ledger.calls[read_before:] if call[3] == ""]
    assert len(begun) < len(desk.book.currencies) + 1


def test_a_paused_connection_is_not_read_and_says_so() -> None:

    desk = Desk(make_book(1))
    connection, credential = desk.records.kept[VIEWER][CONNECTION]
    desk.records.kept[VIEWER][CONNECTION] = connection._replace(status="paused"), credential
    desk.run()
    assert desk.ledger.calls == []
    assert desk.progress.last_error
    assert desk.progress.last_error.code == "connection_paused"


def test_a_connection_that_was_removed_leaves_nothing_behind() -> None:
    desk = Desk(make_book(1, entries=60), 2)
    read = desk.ledger.ledger

    def removing(
        account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> LedgerPage:
        if len(desk.ledger.calls) == 5:
            desk.records.remove(VIEWER, CONNECTION, None, deadline)
        return read(account_id, since, until, cursor, deadline)

    desk.ledger.ledger = removing
    desk.run()
    assert not desk.records.history.kept
    assert not desk.records.history.places


def test_two_workers_at_once_do_not_both_read() -> None:
    desk = Desk(make_book(4))
    read = desk.ledger.ledger
    nested: list[int] = []

    def beside(
        account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> LedgerPage:
        if not nested:
            nested.append(1)
            desk.run()
        return read(account_id, since, until, cursor, deadline)

    desk.ledger.ledger = beside
    desk.run()
    assert len(desk.queue.sent) == 1
    calls = [(account, cursor) for account, _, _, cursor in desk.ledger.calls]
    assert len(calls) == len(set(calls))
    desk.check()


def test_later_only_what_is_new_is_read() -> None:
    desk = Desk(make_book(6, entries=60), 5)
    desk.run()
    desk.ledger.calls.clear()
    desk.clock.advance(86_400)
    rng = random.Random(1)  # noqa: S311 - not for secrets
    account = next(iter(desk.book.currencies))
    grow(desk.book, account, rng, int((NOW + 50_000) * 1_000_000))
    desk.run()
    assert desk.kept_ids() == desk.book.ids
    assert {since for _, since, _, _ in desk.ledger.calls} == {int((NOW - 3_600) * 1_000_000)}
    assert len(desk.ledger.calls) == len(desk.book.currencies)
