"""The balance at the end of every day, and how it is known: worked out of a connection's months.

Nothing is called known that could be otherwise. Where two entries do not meet, where the ledger
does not begin at nothing, or where it does not end at what the exchange says there is, the days in
between are unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from holdings.core.history.entries import DAY, DEPOSIT, WITHDRAWAL
from holdings.core.history.months import Flow, Summary, account_key
from holdings.core.history.progress import Balances, Progress
from holdings.core.money import EXACT

Known = Literal["ledger", "reading", "carried", "unknown"]
KNOWN: tuple[Known, ...] = ("ledger", "reading", "carried", "unknown")
Reason = Literal["balance", "gap", "beginning"]
REASONS: tuple[Reason, ...] = ("balance", "gap", "beginning")


class Stretch(NamedTuple):
    """Days (since the epoch, both included) at whose end the balance is the same.

    None where nobody knows it.
    """

    first: int
    last: int
    balance: Decimal | None
    known: Known


class Difference(NamedTuple):
    """Where the ledger does not add up, since a moment in microseconds if that is known.

    `balance`: it ends at `ledger`, the exchange says `reading`. `gap`: an entry ends at `ledger`,
    the next one begins at `reading`. `beginning`: it begins at `reading`, and not at nothing.
    """

    currency: str
    reason: Reason
    ledger: Decimal
    reading: Decimal
    since: int | None


@dataclass(slots=True)
class Track:
    """One account through all of its months."""

    currency: str
    summaries: list[Summary] = field(default_factory=list[Summary])

    @property
    def first(self) -> int:
        return self.summaries[0].first

    @property
    def last(self) -> int:
        return self.summaries[-1].last

    @property
    def opening(self) -> Decimal:
        return self.summaries[0].opening

    @property
    def closing(self) -> Decimal:
        return self.summaries[-1].closing

    def gaps(self) -> list[tuple[int, int, Decimal, Decimal]]:
        """Return where entries are missing: between which moments, and which balances."""
        found: list[tuple[int, int, Decimal, Decimal]] = []
        before: Summary | None = None
        for summary in self.summaries:
            if before and before.closing != summary.opening:
                found.append((before.last, summary.first, before.closing, summary.opening))
            found += [(gap.older, gap.newer, gap.ended, gap.began) for gap in summary.breaks]
            before = summary
        return found


class Days:
    """Every day of one connection that is known of, with how."""

    def __init__(
        self, progress: Progress, months: Iterable[Sequence[Summary]], *, today: int
    ) -> None:
        """`months` are oldest first; `today` is a day since the epoch, not over yet."""
        self._progress = progress
        self._today = today
        self.tracks: dict[str, Track] = {}
        for month in months:
            for summary in month:
                track = self.tracks.setdefault(summary.key, Track(summary.currency))
                track.summaries.append(summary)
        self._reading = _by_key(progress)

    @property
    def since(self) -> int | None:
        """The first day of which anything is known."""
        covered = self._progress.covered
        starts = [track.first // DAY for track in self.tracks.values()]
        if not starts or covered is None:
            return None
        return max(min(starts), covered[0] // DAY)

    @property
    def unknown_through(self) -> int:
        """The last day of which nothing is known though there may have been something; else -1."""
        if self._progress.ledger and self._progress.read_until is not None:
            return -1
        return self._today - 1 if self.since is None else self.since - 1

    def stretches(self) -> dict[str, list[Stretch]]:
        """Return each account's days until yesterday, oldest first and without gaps, by its key."""
        since = self.since
        if since is None:
            return {}
        return {
            key: found
            for key in sorted({*self.tracks, *self._reading})
            if (found := self._stretches(key, since))
        }

    def currency(self, key: str) -> str:
        track = self.tracks.get(key)
        return track.currency if track else self._reading[key][0]

    def moved(self) -> list[tuple[str, Flow]]:
        """Return what came in and went out, by currency."""
        return [
            (track.currency, flow)
            for track in self.tracks.values()
            for summary in track.summaries
            for flow in summary.flows
            if flow.kind in (DEPOSIT, WITHDRAWAL)
        ]

    def differences(self) -> list[Difference] | None:
        """Return where the ledger does not add up; None while there is nothing to compare.

        Compared are the balances that the exchange said when the walk had come to its end.
        """
        progress = self._progress
        if not progress.ledger or progress.balances is None or progress.read_until is None:
            return None
        found: list[Difference] = []
        nothing = Decimal()
        for key in sorted({*self.tracks, *self._reading}):
            track = self.tracks.get(key)
            reading = self._reading.get(key, ("", nothing))[1]
            closing = track.closing if track else nothing
            if track and track.opening:
                found.append(
                    Difference(track.currency, "beginning", nothing, track.opening, track.first)
                )
            if track:
                found += [
                    Difference(track.currency, "gap", ended, began, older)
                    for older, _, ended, began in track.gaps()
                ]
            if closing != reading:
                since = track.last if track else None
                found.append(Difference(self.currency(key), "balance", closing, reading, since))
        return found

    def _stretches(self, key: str, since: int) -> list[Stretch]:
        track, balances = self.tracks.get(key), self._progress.balances
        last = self._today - 1
        balance = self._reading.get(key, ("", Decimal()))[1]
        if track is None:
            # The ledger says nothing of what the exchange says is there.
            return (
                _read_later([Stretch(since, last, None, "unknown")], balances, balance)
                if balance
                else []
            )
        if not self._progress.ledger:
            return _by_readings(track, since, last)
        stretches = [*self._before(track, since), *_changes(track, since, last)]
        if covered := self._progress.covered:
            # A day is known by the ledger if it was over when that was read.
            stretches = _cut(stretches, covered[1] // DAY, last, "carried")
        for older, newer, _, _ in track.gaps():
            stretches = _cut(stretches, older // DAY, newer // DAY - 1, "unknown")
        if balances and track.closing != balance:
            stretches = _cut(stretches, track.last // DAY, last, "unknown")
            stretches = _read_later(stretches, balances, balance)
        return stretches

    def _before(self, track: Track, since: int) -> list[Stretch]:
        """Return the days before the first entry that is known."""
        first, covered = track.first // DAY, self._progress.covered
        if first <= since or covered is None:
            return []
        if self._progress.read_until is None and covered[0] <= track.first:
            # What is older has not been read yet, and this is what it has come to.
            return [Stretch(since, first - 1, track.opening, "ledger")]
        return [Stretch(since, first - 1, None, "unknown")] if track.opening else []


def _changes(track: Track, since: int, last: int) -> list[Stretch]:
    """Return the days from each change of the balance until the next one."""
    changes = [change for summary in track.summaries for change in summary.balances]
    ends = [day - 1 for day, _ in changes[1:]] + [last]
    return [
        Stretch(max(day, since), min(end, last), balance, "ledger")
        for (day, balance), end in zip(changes, ends, strict=True)
        if end >= since and day <= last
    ]


def _by_readings(track: Track, since: int, last: int) -> list[Stretch]:
    """A day is known by the last reading in it, and those until the next one are carried."""
    found: list[Stretch] = []
    for stretch in _changes(track, since, last):
        found.append(stretch._replace(last=stretch.first, known="reading"))
        if stretch.last > stretch.first:
            found.append(stretch._replace(first=stretch.first + 1, known="carried"))
    return found


def _read_later(
    stretches: list[Stretch], balances: Balances | None, balance: Decimal
) -> list[Stretch]:
    """Where the ledger is wrong, the exchange's own balance counts from when it was read."""
    if not (balances and stretches):
        return stretches
    first, last = balances.at // DAY, stretches[-1].last
    if first > last:
        return stretches
    kept = [
        stretch._replace(last=min(stretch.last, first - 1))
        for stretch in stretches
        if stretch.first < first
    ]
    return [*kept, Stretch(max(first, stretches[0].first), last, balance, "carried")]


def _cut(stretches: Sequence[Stretch], first: int, last: int, known: Known) -> list[Stretch]:
    """Return the stretches with days `first` to `last` known only so."""
    found: list[Stretch] = []
    for stretch in stretches:
        start, end = max(first, stretch.first), min(last, stretch.last)
        if start > end:
            found.append(stretch)
            continue
        if stretch.first < start:
            found.append(stretch._replace(last=start - 1))
        worse = known if stretch.known != "unknown" else "unknown"
        balance = None if worse == "unknown" else stretch.balance
        found.append(Stretch(start, end, balance, worse))
        if end < stretch.last:
            found.append(stretch._replace(first=end + 1))
    return found


def _by_key(progress: Progress) -> Mapping[str, tuple[str, Decimal]]:
    found: dict[str, tuple[str, Decimal]] = {}
    if not progress.balances:
        return found
    for account, (currency, balance) in progress.balances.of.items():
        key = account_key(account)
        known = found.get(key, (currency, Decimal()))[1]
        found[key] = currency, EXACT.add(known, balance)
    return found
