"""What a viewer chose, and the end of all that is kept of them."""

from collections.abc import Callable

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Profile
from holdings.core.errors import Conflict, Forbidden, HoldingsError, NotFound
from holdings.core.invalidation import Invalidation
from holdings.core.ports import JobQueues, SnapshotCache
from holdings.core.record_ports import Records
from holdings.core.service import DEADLINE_SECONDS
from holdings.core.sources import reading_place, report

# This request is over by then.
_FORGET_SECONDS = 30


class ProfileService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        records: Records | None,
        cache: Callable[[str], SnapshotCache],
        queues: JobQueues | None,
        clock: Clock,
    ) -> None:
        """Without `records` nothing is kept of anybody."""
        self._queues = queues
        self._records = records
        self._cache = cache
        self._clock = clock
        self._invalidate = Invalidation(cache, clock)

    def profile(self, viewer: str) -> Profile:
        """Raises NotFound before the first connection or change."""
        profile = self._records.profile(viewer, self._deadline()) if self._records else None
        if not profile:
            raise NotFound("nothing is kept of you yet: PATCH /me or connect an account")
        return profile

    def change(
        self,
        viewer: str,
        seen: int | None,
        *,
        currency: str | None = None,
        time_zone: str | None = None,
        insights: bool | None = None,
    ) -> Profile:
        """Without `insights` all that is kept of them is deleted.

        Raises Conflict where its version is not `seen` any more.
        """
        deadline, records = self._deadline(), recorded(self._records)
        known = records.profile(viewer, deadline)
        if seen is not None and seen != (known.version if known else 0):
            raise changed_meanwhile()
        profile = known or Profile(created_at=int(self._clock.now()))
        changed = profile._replace(
            currency=currency or profile.currency,
            time_zone=time_zone or profile.time_zone,
            insights=profile.insights if insights is None else insights,
        )
        if not (known and changed == known):
            changed = records.put_profile(viewer, changed, known and known.version, deadline)
            self._invalidate.answer(viewer)
        if insights is False:
            # After which none can be written; asked for again, what was left goes too.
            records.insights.forget(viewer, deadline)
        return changed

    def forget(self, viewer: str) -> None:
        """Forget all that is kept of the viewer: records, readings and answers.

        What there is no time for, a job forgets.
        """
        records = recorded(self._records)
        ask_to_forget(self._queues, viewer, self._clock)
        known = [one.id for one in records.connections(viewer, self._deadline())]
        try:
            known += records.forget(viewer, self._deadline())
        finally:
            for connection_id in dict.fromkeys(known):
                self._invalidate.reading(self._cache(reading_place(connection_id)))
            self._invalidate.answer(viewer)

    def _deadline(self) -> Deadline:
        return Deadline.after(DEADLINE_SECONDS, self._clock)


def recorded(records: Records | None) -> Records:
    """Raises Forbidden where a deployment has none."""
    if not records:
        raise Forbidden("this deployment keeps no connections of viewers: RECORDS_TABLE is unset")
    return records


def ask_to_forget(queues: JobQueues | None, viewer: str, clock: Clock) -> None:
    """Have a job forget, in a moment, what this request has no time for. Never raises."""
    if not queues:
        return
    try:
        window = int(clock.now()) + 1
        queues.send("forget", viewer, window=window, delay_seconds=_FORGET_SECONDS)
    except HoldingsError as error:
        report(error)


def changed_meanwhile() -> Conflict:
    return Conflict(
        "it was changed meanwhile: read it again, and repeat the change if still wanted"
    )
