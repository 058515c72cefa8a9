"""The job `forget`: what a request had no time for, of connections that are gone."""

from collections.abc import Callable

from holdings.core.clock import Clock, Deadline
from holdings.core.invalidation import Invalidation
from holdings.core.ports import Records, SnapshotCache
from holdings.core.sources import reading_place


class Forget:
    def __init__(
        self, *, records: Records, cache: Callable[[str], SnapshotCache], clock: Clock
    ) -> None:
        self._records = records
        self._cache = cache
        self._invalidate = Invalidation(cache, clock)
        self._clock = clock

    def run(self, viewer: str, window: int, *, seconds: float) -> str:
        """Forget what was made before `window` (epoch seconds) and belongs to nothing any more.

        Raises RecordsUnavailable or Misconfigured.
        """
        deadline = Deadline.after(seconds, self._clock)
        removed = self._records.refresh.forget_removed(viewer, window, deadline)
        for connection_id in removed:
            self._invalidate.reading(self._cache(reading_place(connection_id)))
        return "done" if removed else "nothing_left"
