"""Answer with all that a viewer's connections hold, each with its own age and its own failures.

The finished answer is kept for the viewer, so that the next request is one look into the cache.
Without it the connections are read side by side, each as fresh as it is by itself.
"""

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    HoldingsError,
    Misconfigured,
    NotFound,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, FreshnessRules
from holdings.core.kept import Attempt, Kept
from holdings.core.once import LeastRecent
from holdings.core.ports import SnapshotCache
from holdings.core.snapshot import Notice, Part, SourceView, compose, mark_stale, narrow

if TYPE_CHECKING:
    from holdings.core.connections import Connection
    from holdings.core.source import Outcome, Reading, Source

T = TypeVar("T")

# Every wait of one request for the exchanges ends by then: retries, pages, /time, keys, records,
# and other requests.
DEADLINE_SECONDS = 10.0

# Of viewers and of connections each: whom this process forgets, it finds in the cache.
_REMEMBERED = 64
_REMEMBERED_CHARACTERS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What to serve, and how it came about."""

    entry: CachedSnapshot
    outcome: "Outcome"


class Sources(Protocol):
    """Whose connections are which, and how each is read."""

    def of(self, viewer: str, deadline: Deadline) -> "Sequence[Connection]":
        """Return what the viewer sees: the shared connection, if there is one, and their own.

        Raises RecordsUnavailable or Misconfigured.
        """
        ...

    def open(self, viewer: str, connection: "Connection") -> "Source[Part]": ...

    def scope(self, connection: "Connection") -> str:
        """Return what the connection's figures cover, in a sentence or ""."""
        ...

    def note(
        self, viewer: str, connection: "Connection", failure: Notice, deadline: Deadline
    ) -> None:
        """Take note of why a connection could not be read: a refused key is not tried again."""
        ...


class HoldingsService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: Callable[[], Sources],
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
        rules: FreshnessRules,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        """`sources` are made when first needed, `cache` gives the place of a name.

        `notices` stand under the warnings of every answer.
        """
        self._sources = sources
        self._cache = cache
        self._clock = clock
        self._rules = rules
        self._notices = notices
        self._answers = LeastRecent[str, Kept](_REMEMBERED)
        self._opened = LeastRecent[tuple[str, str, int], "Source[Part]"](_REMEMBERED)

    def read(
        self, viewer: str, *, refresh: bool = False, connection_id: str | None = None
    ) -> Answer:
        """Serve the kept answer while it is fresh, else read what is not.

        `connection_id` narrows it to one source. Raises NotFound where the viewer has no such one,
        and what the first source raises where none has anything to show.
        """
        attempt = Attempt(
            deadline=Deadline.after(DEADLINE_SECONDS, self._clock),
            refresh=refresh,
            now=int(self._clock.now()),
            began=self._clock.monotonic(),
        )
        kept = self._answers.get(viewer, lambda: self._keep(viewer))
        kept.look_up(attempt)
        entry = attempt.entry
        if entry and not refresh and self._rules.is_fresh(entry, attempt.now):
            answer = Answer(entry, "HIT")
        else:
            answer = self._read_sources(viewer, attempt, kept)
        return answer if connection_id is None else _narrowed(answer, connection_id)

    def _keep(self, viewer: str) -> Kept:
        return Kept(self._cache(answer_place(viewer)), self._clock, self._rules)

    def _read_sources(self, viewer: str, attempt: Attempt, kept: Kept) -> Answer:
        listed_at = int(self._clock.now() * 1_000)
        # Honoured for a viewer, whoever else has just had the shared connection read: the sources
        # have cool-downs of their own, and say so too where they fail.
        refreshed = attempt.refresh and kept.take_refresh(attempt)
        try:
            sources = self._sources()
            connections = sources.of(viewer, attempt.deadline)
        except (UpstreamError, Misconfigured) as error:
            return self._last_good(attempt, kept, error)
        looks = _side_by_side(
            [self._look(sources, viewer, connection, attempt) for connection in connections]
        )
        readings = [look.reading for look in looks if look.reading]
        errors = [look.error for look in looks if look.error]
        if errors and not readings:
            raise errors[0]

        as_of = min((reading.as_of for reading in readings), default=attempt.now)
        expires_at = min(
            (reading.expires_at for reading in readings), default=self._rules.expires_at(as_of)
        )
        views = [look.view(sources.scope(look.connection)) for look in looks]
        caches = [notice for notice in (attempt.notice, *(one.cache for one in readings)) if notice]
        payload = compose(views, [*self._notices, *caches[:1]], as_of=as_of, expires_at=expires_at)
        entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=expires_at, sequence=listed_at)
        kept.answered = entry if len(entry.payload) <= _REMEMBERED_CHARACTERS else None
        for look in looks:
            if look.failure:
                sources.note(viewer, look.connection, look.failure, attempt.deadline)
        if any(look.failure for look in looks):
            return Answer(entry, "STALE")
        if not caches:
            kept.store(attempt, entry)
        if refreshed:
            return Answer(entry, "REFRESH")
        return Answer(entry, "HIT" if all(one.outcome == "HIT" for one in readings) else "MISS")

    def _look(
        self, sources: Sources, viewer: str, connection: "Connection", attempt: Attempt
    ) -> "Callable[[], _Look]":
        def look() -> _Look:
            if connection.status == "paused":
                return _Look(connection)
            owner = "" if connection.shared else viewer
            source = self._opened.get(
                (owner, connection.id, connection.credential_version),
                lambda: sources.open(viewer, connection),
            )
            try:
                if connection.status == "rejected":
                    return _Look(connection, source.without_asking(attempt, _rejected(connection)))
                return _Look(connection, source.read(attempt))
            except (UpstreamError, Misconfigured) as error:
                return _Look(connection, error=error)

        return look

    def _last_good(self, attempt: Attempt, kept: Kept, error: HoldingsError) -> Answer:
        """Answer as last time, since nobody knows which connections there are, or raise it.

        The cache's word counts where it has one: what was removed is not in there any more.
        """
        entry = kept.answered if attempt.notice else attempt.entry
        if not (entry and self._rules.is_last_good(entry, attempt.now)):
            raise error
        payload = mark_stale(entry.payload, Notice(error.code, error.detail))
        return Answer(
            CachedSnapshot.seal(payload, as_of=entry.as_of, expires_at=entry.expires_at), "STALE"
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of reading one connection; neither of the two where it is paused."""

    connection: "Connection"
    reading: "Reading[Part] | None" = None
    error: HoldingsError | None = None

    @property
    def failure(self) -> Notice | None:
        if self.error:
            return Notice(self.error.code, self.error.detail)
        return self.reading.warning if self.reading else None

    def view(self, scope: str) -> SourceView:
        reading = self.reading
        return SourceView(
            self.connection,
            scope,
            part=reading and reading.content,
            as_of=reading and reading.as_of,
            expires_at=reading and reading.expires_at,
            warning=self.failure,
        )


def answer_place(viewer: str) -> str:
    """Where in the cache the finished answer for a viewer is kept."""
    return f"answer#{viewer}"


def _rejected(connection: "Connection") -> ExchangeCredentialsRejected:
    why = connection.last_error
    return ExchangeCredentialsRejected(
        why.detail if why else "the exchange rejects the key: replace it"
    )


def _narrowed(answer: Answer, connection_id: str) -> Answer:
    found = narrow(answer.entry.payload, connection_id)
    if not found:
        raise NotFound("there is no such connection: GET /connections lists yours")
    payload, stale = found
    entry = CachedSnapshot.seal(
        payload, as_of=answer.entry.as_of, expires_at=answer.entry.expires_at
    )
    if stale or answer.outcome != "STALE":
        return Answer(entry, answer.outcome)
    return Answer(entry, "MISS")  # another source is the stale one


def _side_by_side(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call all at once, each in a thread of its own; raise the first error that one raises."""
    if len(calls) == 1:
        return [calls[0]()]
    results: list[T | None] = [None] * len(calls)
    errors: list[BaseException] = []

    def run(index: int, call: Callable[[], T]) -> None:
        try:
            results[index] = call()
        except BaseException as error:  # noqa: BLE001 - handed over whole to the waiting thread
            errors.append(error)

    threads = [
        # In this context: what is logged there has the request's id too.
        threading.Thread(target=copy_context().run, args=(run, index, call), daemon=True)
        for index, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [result for result in results if result is not None]
