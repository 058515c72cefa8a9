"""The planner: what has become due since it last looked goes on the queues, each piece once.

It remembers until when it has planned. Whoever is interrupted plans some of it again: the work is
known by viewer, connection and window, and done once.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import CacheUnavailable, HoldingsError, InvalidRequest
from holdings.core.freshness import CachedSnapshot
from holdings.core.ports import SnapshotCache
from holdings.core.schedule.slots import INSIGHTS, READINGS, SLOTS, Cycle, Due, slot_name

logger = logging.getLogger(__name__)

# What is planned while the cache cannot say until when it has been: more than a planner sleeps.
_BLIND_SECONDS = 120
_CACHE_SECONDS = 3.0
# A place that says until when has been planned counts as long as a planner may be away.
_KEEP_SECONDS = 7 * 24 * 3600


class DueIndex(Protocol):
    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        """Page through what is due in a slot ("readings#07"). Raises RecordsUnavailable."""
        ...


class Sender(Protocol):
    def send_all(self, job: str, work: Sequence[Due], window: int) -> None:
        """Put a message for each on the job's queue, all or at least again. Raises as `send`."""
        ...


@dataclass(frozen=True, slots=True)
class Routine:
    """A job that is due by itself: in which index its work is found, and when."""

    job: str
    index: str
    cycle: Cycle


class Planned(NamedTuple):
    """How much was put on which queue, and whether there was time for all of it."""

    sent: Mapping[str, int]
    whole: bool


# What may be asked for by hand, and where those are found whom it is for.
BY_HAND = {
    "refresh-readings": READINGS,
    "sync-history": READINGS,
    "evaluate-alerts": READINGS,
    "compute-features": INSIGHTS,
    "assign-persona": INSIGHTS,
    "generate-recommendations": INSIGHTS,
}
# Of these a viewer's connections are one piece of work.
_BY_VIEWER = {"evaluate-alerts", *(job for job, index in BY_HAND.items() if index == INSIGHTS)}


class Planner:
    def __init__(
        self,
        *,
        routines: Sequence[Routine],
        index: DueIndex,
        queues: Sender,
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
    ) -> None:
        """`cache` gives the place of a name, where is kept until when each job was planned."""
        self._routines = routines
        self._index = index
        self._queues = queues
        self._cache = cache
        self._clock = clock

    def run(self, seconds: float) -> Planned:
        """Plan what is due, for so many seconds; the rest is due the next time.

        Raises RecordsUnavailable or Misconfigured, when every other job has been planned.
        """
        deadline, sent, whole = Deadline.after(seconds, self._clock), dict[str, int](), True
        failed: HoldingsError | None = None
        for routine in self._routines:
            try:
                sent[routine.job], done = self._plan(routine, deadline)
            except HoldingsError as error:
                failed = failed or error
            else:
                whole = whole and done
        if failed:
            raise failed
        return Planned(sent, whole)

    def ask(self, job: str, seconds: float) -> Planned:
        """Have a job done for everybody now, whenever it is due. Raises InvalidRequest."""
        if (index := BY_HAND.get(job)) is None:
            raise InvalidRequest(f"no such job: {', '.join(sorted(BY_HAND))} may be asked for")
        deadline, now, sent = Deadline.after(seconds, self._clock), int(self._clock.now()), 0
        for slot in range(SLOTS):
            count, done = self._send(job, slot_name(index, slot), now, deadline)
            sent += count
            if not done:
                return Planned({job: sent}, whole=False)
        return Planned({job: sent}, whole=True)

    def _plan(self, routine: Routine, deadline: Deadline) -> tuple[int, bool]:
        now, sent = int(self._clock.now()), 0
        place = self._cache(f"planned#{routine.job}")
        known = self._planned_until(place, now, routine.cycle.period)
        after = now - _BLIND_SECONDS if known is None else known
        reached = after
        try:
            for moment, window, slot in routine.cycle.due(after, now):
                if sent and moment - 1 > reached and known is not None:
                    # Whoever is killed on the way has not done all of it for nothing.
                    self._keep(place, moment - 1, now)
                reached = max(reached, moment - 1)
                name = slot_name(routine.index, slot)
                count, done = self._send(routine.job, name, window, deadline)
                sent += count
                if not done:
                    return sent, False
            reached = now
        finally:
            # What cannot be read is not replaced: it may say that there is more to do.
            if known is not None:
                self._keep(place, reached, now)
        return sent, True

    def _send(self, job: str, slot: str, window: int, deadline: Deadline) -> tuple[int, bool]:
        """Page by page: what is due may be more than there is memory for. Whether that was all."""
        sent, last = 0, ""
        if not deadline.remaining():
            return sent, False
        for page in self._index.due(slot, deadline):
            work = page
            if job in _BY_VIEWER:
                viewers = dict.fromkeys(one.viewer for one in page if one.viewer != last)
                work = [Due(viewer, "") for viewer in viewers]
            if page:
                last = page[-1].viewer
            self._queues.send_all(job, work, window)
            sent += len(work)
            if not deadline.remaining():
                return sent, False
        return sent, True

    def _planned_until(self, place: SnapshotCache, now: int, period: int) -> int | None:
        """Return until when has been planned, None where that cannot be read now."""
        try:
            entry = place.get(Deadline.after(_CACHE_SECONDS, self._clock))
        except CacheUnavailable as error:
            logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})
            return None
        # Where nobody knows, or by a clock that was ahead, everybody's last window is planned.
        return entry.as_of if entry and entry.as_of <= now else now - period

    def _keep(self, place: SnapshotCache, planned_until: int, now: int) -> None:
        entry = CachedSnapshot.seal(
            "planned", as_of=planned_until, expires_at=planned_until, sequence=now * 1_000
        )
        try:
            place.put(entry, now + _KEEP_SECONDS, Deadline.after(_CACHE_SECONDS, self._clock))
        except CacheUnavailable as error:
            # It is planned again, and done once.
            logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})
