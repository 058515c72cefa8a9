"""Read what many want and one reads for all: the freshest there is, and how it came about.

A request that finds nothing fresh goes through three gates before it asks outside: the threads of
this process (single flight), the failure of a moment ago (remembered), and the other processes (a
lease in the cache). Each gate that is closed has an answer ready.
"""

import logging
from dataclasses import replace
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    ExchangeTimeout,
    HoldingsError,
    Misconfigured,
    RememberedFailure,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.kept import Attempt, Kept
from holdings.core.ports import SnapshotCache
from holdings.core.single_flight import NotLanded, SingleFlight
from holdings.core.snapshot import Notice

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

logger = logging.getLogger(__name__)

# Who waits for another's reading has the last good figures to show after this.
_PATIENCE_SECONDS = 3.0
_FIRST_LOOK_SECONDS = 0.1
_LONGEST_LOOK_SECONDS = 0.8

_IN_PROGRESS = Notice(
    "reading_in_progress",
    "Another request is still reading the exchange: these are the figures before it.",
)

Outcome = Literal["HIT", "MISS", "STALE", "REFRESH"]


class Feed(Protocol[T_co]):
    """What there is to read outside, and how it is kept."""

    def fetch(self, deadline: Deadline) -> str:
        """Read it, whole, as the document that is kept. Raises UpstreamError or Misconfigured."""
        ...

    def parse(self, payload: str) -> T_co:
        """Read a document that was kept. Raises ValueError if it is none."""
        ...

    def report(self, error: HoldingsError) -> None:
        """Log why it could not be read."""
        ...

    def blame(self, error: HoldingsError) -> None:
        """Note on the error whose it is to put right, where it is a viewer's."""
        ...


class Reading(NamedTuple, Generic[T]):
    """What was read. A STALE one has a `warning` that says why it is no newer.

    `as_of` and `expires_at` are epoch seconds. `cache` says why the cache could not be used for it.
    """

    content: T
    as_of: int
    expires_at: int
    outcome: Outcome
    warning: Notice | None = None
    cache: Notice | None = None


class Source(Generic[T]):
    """A feed, as this process reads it. Safe to share between threads."""

    def __init__(
        self, feed: Feed[T], *, cache: SnapshotCache, clock: Clock, rules: FreshnessRules
    ) -> None:
        """`cache` is where its readings are kept."""
        self._feed = feed
        self._kept = Kept(cache, clock, rules)
        self._clock = clock
        self._rules = rules
        self._flight = SingleFlight[Reading[T]]()

    def read(self, asked: Attempt) -> Reading[T]:
        """Give the kept reading while it is fresh, else read the feed.

        Raises UpstreamError or Misconfigured when it cannot be read and there is no last good one.
        """
        attempt = replace(asked, entry=None)
        self._kept.look_up(attempt)
        if not attempt.refresh and (fresh := self._fresh(attempt)):
            return fresh
        patience = self._patience(attempt).remaining()
        try:
            reading, led = self._flight.run(lambda: self._read_once(attempt), patience=patience)
        except NotLanded:
            return self._not_waiting_longer(attempt)
        return reading if led or reading.outcome == "STALE" else reading._replace(outcome="HIT")

    def read_anew(self, asked: Attempt) -> Reading[T]:
        """Read the feed whatever is kept, for whoever does so at its time and is the only one.

        Raises as `read` does, and keeps why.
        """
        return self._read_feed(replace(asked, entry=None))

    def kept(self, asked: Attempt) -> Reading[T] | None:
        """Give the last good reading without asking outside, if there is one."""
        attempt = replace(asked, entry=None)
        self._kept.look_up(attempt)
        entry = self._last_good(attempt)
        return self._reading(entry, "HIT", cache=self._kept.notice(attempt)) if entry else None

    def without_asking(self, asked: Attempt, error: HoldingsError) -> Reading[T]:
        """Give the last good reading of what is known to fail; raises `error` if there is none."""
        attempt = replace(asked, entry=None)
        self._kept.look_up(attempt)
        return self._without_reading(attempt, error)

    def _read_once(self, attempt: Attempt) -> Reading[T]:
        """What one thread does for all: read the feed, unless there is a reason not to."""
        self._kept.look_again(attempt)
        failure = self._kept.failure(attempt.now)
        if not failure:
            attempt.refresh = attempt.refresh and self._kept.take_refresh(attempt)
        if not attempt.refresh and (fresh := self._fresh(attempt)):
            return fresh
        if failure:
            return self._without_reading(attempt, _remembered(failure, attempt.now))
        other = self._kept.take_lease(attempt)
        return self._follow(attempt, other) if other else self._read_feed(attempt)

    def _follow(self, attempt: Attempt, other: Lease) -> Reading[T]:
        """Wait for another process: for its reading, its failure, or its end."""
        patience, pause = self._patience(attempt), _FIRST_LOOK_SECONDS
        while not other.failure and patience.remaining() > pause:
            self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
            attempt.now = int(self._clock.now())
            self._kept.look_up(attempt)
            if attempt.seen >= other.since and (fresh := self._fresh(attempt)):
                return fresh
            found = self._kept.take_lease(attempt)
            if found is None:
                return self._read_feed(attempt)
            other = found
        if other.failure:
            return self._without_reading(attempt, _remembered(other.failure, attempt.now))
        return self._not_waiting_longer(attempt)

    def _read_feed(self, attempt: Attempt) -> Reading[T]:
        as_of = attempt.now
        try:
            payload = self._feed.fetch(attempt.deadline)
            if not attempt.deadline.remaining():
                raise ExchangeTimeout("the exchange's answer came too late to be used: try again")
        except (UpstreamError, Misconfigured) as error:
            self._feed.report(error)
            failure = self._kept.remember(attempt, error)
            error.retry_after = failure.until - int(self._clock.now())
            return self._without_reading(attempt, error)

        entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=self._rules.expires_at(as_of))
        newest = self._kept.keep(attempt, entry)
        slower = newest is not entry and self._rules.is_fresh(newest, self._clock.now())
        if slower and (newer := self._reading(newest, "HIT")):
            return newer
        return Reading(
            content=self._feed.parse(payload),
            as_of=as_of,
            expires_at=entry.expires_at,
            outcome="REFRESH" if attempt.refresh else "MISS",
            cache=attempt.notice,
        )

    # Answers without a reading.

    def _fresh(self, attempt: Attempt) -> Reading[T] | None:
        entry = attempt.entry
        if not (entry and self._rules.is_fresh(entry, attempt.now)):
            return None
        return self._reading(entry, "HIT", cache=self._kept.notice(attempt))

    def _without_reading(self, attempt: Attempt, error: HoldingsError) -> Reading[T]:
        """Answer with the last good figures and why there are no better ones, or raise it."""
        stale = self._stale(attempt, Notice(error.code, error.detail))
        if not stale:
            self._feed.blame(error)
            raise error
        return stale

    def _not_waiting_longer(self, attempt: Attempt) -> Reading[T]:
        stale = self._stale(attempt, _IN_PROGRESS)
        if not stale:
            raise ExchangeTimeout("the exchange did not answer in time: try again later")
        return stale

    def _stale(self, attempt: Attempt, warning: Notice) -> Reading[T] | None:
        entry = self._last_good(attempt)
        stale = entry and self._reading(entry, "STALE", warning, self._kept.notice(attempt))
        if stale:
            logger.warning("the last good figures serve", extra={"event": "stale_answer"})
        return stale

    def _last_good(self, attempt: Attempt) -> CachedSnapshot | None:
        entry = attempt.entry
        return entry if entry and self._rules.is_last_good(entry, attempt.now) else None

    def _patience(self, attempt: Attempt) -> Deadline:
        """Until when to wait for another's reading."""
        until = self._clock.monotonic() + _PATIENCE_SECONDS
        if self._last_good(attempt):
            return Deadline(self._clock, min(attempt.deadline.at, until))
        return attempt.deadline

    def _reading(
        self,
        entry: CachedSnapshot,
        outcome: Outcome,
        warning: Notice | None = None,
        cache: Notice | None = None,
    ) -> Reading[T] | None:
        try:
            content = self._feed.parse(entry.payload)
        except (ValueError, RecursionError):
            logger.exception(
                "a reading in the cache is unreadable", extra={"event": "cache_failure"}
            )
            return None
        return Reading(content, entry.as_of, entry.expires_at, outcome, warning, cache)


def _remembered(failure: Failure, now: int) -> RememberedFailure:
    return RememberedFailure(failure.code, failure.detail, retry_after=max(1, failure.until - now))
