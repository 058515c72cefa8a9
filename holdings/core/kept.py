"""What is kept of earlier readings: in the cache, and in this process while the cache fails."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import CacheUnavailable, HoldingsError
from holdings.core.freshness import CachedSnapshot, Failure, FreshnessRules, Lease
from holdings.core.ports import Right, SnapshotCache
from holdings.core.snapshot import Notice

logger = logging.getLogger(__name__)

# A reading takes less, as a rule. Whoever waits for a process that died reads after this, and has
# half of its own time left for it.
_LEASE_SECONDS = 5

# What was read by the deadline may still be written, for a moment.
_WRITE_SECONDS = 0.5


@dataclass(slots=True)
class Attempt:
    """One request for the figures, and what it has learnt so far.

    `now` is epoch seconds, `began` monotonic. `entry` is the newest reading that it has seen,
    `notice` why the cache cannot be used: then it is not waited for again.
    """

    deadline: Deadline
    refresh: bool
    now: int
    began: float
    entry: CachedSnapshot | None = None
    notice: Notice | None = None

    @property
    def seen(self) -> int:
        return self.entry.as_of if self.entry else -1


class Kept:
    """Never raises CacheUnavailable: that becomes the attempt's notice."""

    def __init__(self, cache: SnapshotCache, clock: Clock, rules: FreshnessRules) -> None:
        self._cache = cache
        self._clock = clock
        self._rules = rules
        # This process's own last reading, why the cache does not have it, and when it was made.
        self._entry: CachedSnapshot | None = None
        self._unstored: Notice | None = None
        self._ended = float("-inf")
        self._failure: Failure | None = None
        self._refreshed_at = float("-inf")
        # What a viewer was last answered by this process, for when nothing else can be reached.
        self.answered: CachedSnapshot | None = None

    def look_up(self, attempt: Attempt) -> None:
        """Find the newest reading: the cache's or, where that has none of it, this process's."""
        if attempt.notice is None:
            try:
                found = self._cache.get(attempt.deadline)
                attempt.entry = found if found and found.payload else None
            except CacheUnavailable as error:
                attempt.notice = _notice(error)
        missed = attempt.notice or self._unstored
        if self._entry and missed and self._entry.as_of > attempt.seen:
            attempt.entry = self._entry

    def look_again(self, attempt: Attempt) -> None:
        """Take the reading that this process has made since the attempt began, if any."""
        if self._entry and self._ended > attempt.began:
            attempt.entry, attempt.refresh = self._entry, False

    def notice(self, attempt: Attempt) -> Notice | None:
        """What the reader of the attempt's figures has to know of the cache."""
        return attempt.notice or (self._unstored if attempt.entry is self._entry else None)

    def failure(self, now: int) -> Failure | None:
        return self._failure if self._failure and self._failure.counts(now) else None

    def take_refresh(self, attempt: Attempt) -> bool:
        """Whether a refresh is honoured: once in a cool-down, whoever asks."""
        now, cooldown = attempt.now, self._rules.cooldown
        if 0 <= now - self._refreshed_at < cooldown:
            return False
        if self._lease(attempt, "refresh", Lease(now, now + cooldown), seen=-1):
            return False
        self._refreshed_at = now
        return True

    def take_lease(self, attempt: Attempt) -> Lease | None:
        """Take the right to read, or return who has it or has just failed.

        With the cache down there is nobody to wait for.
        """
        wanted = Lease(attempt.now, attempt.now + _LEASE_SECONDS)
        other = self._lease(attempt, "read", wanted, seen=attempt.seen)
        if other and other.failure:
            self._failure = other.failure
        return other

    def keep(self, attempt: Attempt, entry: CachedSnapshot) -> CachedSnapshot:
        """Keep a reading; return the one that the cache has now, which may be a newer one."""
        could_write = attempt.notice is None
        kept = self.store(attempt, entry)
        if attempt.notice and could_write:
            with suppress(CacheUnavailable):  # which has been reported
                # Nobody is to wait for what will not come, where only this write is refused.
                self._cache.release(entry.as_of, None, self._time_to_write(attempt))
        self._entry, self._unstored = entry, attempt.notice
        self._ended, self._failure = self._clock.monotonic(), None
        return kept

    def store(self, attempt: Attempt, entry: CachedSnapshot) -> CachedSnapshot:
        """Write it to the cache alone; return the one that is there now."""
        if attempt.notice is None:
            keep_until = self._rules.keep_until(entry.as_of)
            try:
                return self._cache.put(entry, keep_until, self._time_to_write(attempt))
            except CacheUnavailable as error:
                attempt.notice = _notice(error)
        return entry

    def remember(self, attempt: Attempt, error: HoldingsError) -> Failure:
        """Keep why the exchange could not be read: here, and for the other processes."""
        failure = self._failure = self._rules.remember(
            error.code, error.detail, retry_after=error.retry_after, now=int(self._clock.now())
        )
        if attempt.notice is None:
            try:
                self._cache.release(attempt.now, failure, self._time_to_write(attempt))
            except CacheUnavailable as fault:
                attempt.notice = _notice(fault)
        return failure

    def _lease(self, attempt: Attempt, right: Right, wanted: Lease, *, seen: int) -> Lease | None:
        if attempt.notice is None:
            try:
                return self._cache.lease(right, wanted, seen, attempt.deadline)
            except CacheUnavailable as error:
                attempt.notice = _notice(error)
        return None

    def _time_to_write(self, attempt: Attempt) -> Deadline:
        at_least = self._clock.monotonic() + _WRITE_SECONDS
        return Deadline(self._clock, max(attempt.deadline.at, at_least))


def _notice(error: CacheUnavailable) -> Notice:
    logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})
    return Notice(error.code, error.detail)
