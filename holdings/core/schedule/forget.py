"""The job `forget`: what a request had no time for, of connections that are gone."""

from collections.abc import Callable, Sequence

from holdings.core.clock import Clock, Deadline
from holdings.core.invalidation import Invalidation
from holdings.core.ports import SnapshotCache
from holdings.core.record_ports import Records
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
        refresh = self._records.refresh
        # Whoever is interrupted finds them once more.
        removed = refresh.forget_removed(viewer, window, deadline, self._forget_readings)
        return "done" if removed else "nothing_left"

    def _forget_readings(self, connections: Sequence[str]) -> None:
        for connection_id in connections:
            self._invalidate.reading(self._cache(reading_place(connection_id)))
