"""The entries of all of a viewer's ledgers, newest first, a page at a time."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, cast

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.errors import InvalidRequest
from holdings.core.history.entries import DAY, SECOND, Entry
from holdings.core.history.months import BrokenMonth, Month, end_of, first_day, month_of
from holdings.core.record_ports import HistoryRecords
from holdings.core.service import DEADLINE_SECONDS
from holdings.core.side_by_side import side_by_side

# What one request unpacks at most; a search through more goes on with the next page.
_MOST_MONTHS = 24
_MOST_ENTRIES = 60_000
_LONGEST_CURSOR = 400


class Place(NamedTuple):
    """Where an entry stands among all; the next page has those before it."""

    at: int
    length: int
    id: str
    connection_id: str

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(list(self)).encode()).decode()

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Raises InvalidRequest for what no answer has given."""
        try:
            if len(cursor) > _LONGEST_CURSOR:
                raise ValueError("too long")  # noqa: TRY301 - one way out for all of it
            read: object = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            at, length, identity, connection_id = cast("list[object]", read)
            if not (type(at) is int and type(length) is int and 0 <= at < 10**17):
                raise ValueError("not a place")  # noqa: TRY301 - one way out for all of it
            return cls(at, length, cast("str", identity) + "", cast("str", connection_id) + "")
        except (ValueError, TypeError, RecursionError, binascii.Error):
            remedy = "Not a cursor of this list: leave it out to begin with the newest."
            raise InvalidRequest("see errors for the cursor", {"cursor": [remedy]}) from None


class Line(NamedTuple):
    """An entry, and which account it is of."""

    place: Place
    connection_id: str
    currency: str
    entry: Entry


class Wanted(NamedTuple):
    """`first` and `last` are days since the epoch, both included; texts are as they were typed."""

    limit: int
    cursor: str | None = None
    currency: str | None = None
    kind: str | None = None
    first: int | None = None
    last: int | None = None
    search: str | None = None
    connection_id: str | None = None

    def takes(self, line: Line) -> bool:
        entry, day = line.entry, line.entry.at // DAY
        if self.first is not None and day < self.first:
            return False
        if self.last is not None and day > self.last:
            return False
        if self.currency is not None and line.currency != self.currency:
            return False
        if self.kind is not None and entry.kind != self.kind:
            return False
        return self.search is None or _has(line, self.search.casefold())


def _has(line: Line, sought: str) -> bool:
    texts = (line.entry.kind, line.entry.id, line.currency, *line.entry.details.values())
    return any(sought in text.casefold() for text in texts)


class Page(NamedTuple):
    """`next` is the cursor to what is older, None where nothing is."""

    lines: Sequence[Line]
    next: str | None


class ActivityService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        connections: Callable[[str, str | None, Deadline], Sequence[Connection]],
        history: HistoryRecords | None,
        clock: Clock,
    ) -> None:
        """`connections` returns a viewer's own, or the one of an id; raises NotFound."""
        self._connections = connections
        self._history = history
        self._clock = clock

    def page(self, viewer: str, wanted: Wanted) -> Page:
        """Return one page; it may be short, and empty, where a search goes on after it.

        Raises InvalidRequest, NotFound, RecordsUnavailable or Misconfigured.
        """
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        before = Place.of(wanted.cursor) if wanted.cursor else None
        own = self._connections(viewer, wanted.connection_id, deadline)
        if not self._history:
            return Page((), None)
        lines: list[Line] = []
        read, months = 0, 0
        ids = [connection.id for connection in own]
        for month in self._months(viewer, ids, self._until(wanted, before), deadline):
            if wanted.first is not None and end_of(month) <= wanted.first * DAY:
                break
            if months == _MOST_MONTHS or read > _MOST_ENTRIES:
                # All of the months until here have been looked through.
                return Page(lines, Place(end_of(month), 0, "", "").cursor())
            found = self._lines(viewer, ids, month, deadline)
            months, read = months + 1, read + len(found)
            for line in sorted(found, key=lambda line: line.place, reverse=True):
                if (before is None or line.place < before) and wanted.takes(line):
                    if len(lines) == wanted.limit:
                        return Page(lines, lines[-1].place.cursor())
                    lines.append(line)
        return Page(lines, None)

    def _until(self, wanted: Wanted, before: Place | None) -> str:
        ends = [int(self._clock.now()) * SECOND + DAY]
        if before:
            ends.append(before.at)
        if wanted.last is not None:
            ends.append((wanted.last + 1) * DAY - 1)
        return month_of(max(0, min(ends)))

    def _months(
        self, viewer: str, ids: Sequence[str], until: str, deadline: Deadline
    ) -> Iterator[str]:
        """Yield the months that any of them has, the newest first."""
        history = cast("HistoryRecords", self._history)
        while True:
            asked = until
            found: list[str] = [
                month
                for month in side_by_side(
                    [
                        lambda one=one, asked=asked: history.month_until(
                            viewer, one, asked, deadline
                        )
                        for one in ids
                    ]
                )
                if month
            ]
            if not found:
                return
            month = max(found)
            yield month
            until = month_of(first_day(month) * DAY - 1)

    def _lines(self, viewer: str, ids: Sequence[str], month: str, deadline: Deadline) -> list[Line]:
        history = cast("HistoryRecords", self._history)

        def read(one: str) -> list[Line]:
            kept = history.month(viewer, one, month, deadline)
            try:
                known = Month.unpack(kept.entries) if kept else Month({})
            except BrokenMonth:
                return []
            return [
                Line(Place(entry.at, len(entry.id), entry.id, one), one, currency, entry)
                for (_, currency), entries in known.accounts.items()
                for entry in entries
            ]

        found = side_by_side([lambda one=one: read(one) for one in ids])
        return [line for lines in found for line in lines]
