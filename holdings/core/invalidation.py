"""What a change makes of what the cache has: a viewer's answer, a reading, a remembered failure.

Nothing is deleted, but replaced by what says that nothing before it counts. Where the cache cannot
be written that is logged, and the change stands: what it has ends by itself.
"""

from collections.abc import Callable

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import CacheUnavailable
from holdings.core.freshness import CachedSnapshot
from holdings.core.ports import SnapshotCache
from holdings.core.service import answer_place
from holdings.core.sources import report

# A reading that has begun before its connection was removed is over by then.
_LAST_READING_SECONDS = 30
_WRITE_SECONDS = 3.0


class Invalidation:
    def __init__(self, cache: Callable[[str], SnapshotCache], clock: Clock) -> None:
        """`cache` is the place of a name."""
        self._cache = cache
        self._clock = clock

    def answer(self, viewer: str) -> None:
        """Have the next answer made anew, whoever has begun one before."""
        self._put(self._cache(answer_place(viewer)), CachedSnapshot.nothing(self._clock.now()))

    def reading(self, readings: SnapshotCache) -> None:
        """Have the figures forgotten, also those of a reading that is under way."""
        now = self._clock.now()
        self._put(readings, CachedSnapshot.nothing(now + _LAST_READING_SECONDS))

    def failure(self, readings: SnapshotCache) -> None:
        """Have a new key asked at once, and not taken for rejected as the last one was."""
        try:
            readings.release(int(self._clock.now()), None, self._deadline())
        except CacheUnavailable as error:
            report(error)

    def _put(self, cache: SnapshotCache, entry: CachedSnapshot) -> None:
        try:
            cache.put(entry, entry.as_of, self._deadline())
        except CacheUnavailable as error:
            report(error)

    def _deadline(self) -> Deadline:
        """Of its own: what took all of a request's time has to be undone in the cache too."""
        return Deadline.after(_WRITE_SECONDS, self._clock)
