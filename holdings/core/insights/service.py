"""What a viewer sees of the insights that are kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from holdings.core.clock import Clock, Deadline, from_iso
from holdings.core.connections import DEFAULT_CURRENCY
from holdings.core.insights.jobs import read_part
from holdings.core.record_ports import Records
from holdings.core.service import DEADLINE_SECONDS

State = Literal["ready", "pending", "off"]
STATES: tuple[State, ...] = ("ready", "pending", "off")

NOTICE = (
    "These figures describe the account and what it held, not the person it belongs to. They are "
    "computed by fixed rules from what the exchanges reported. They are no advice to buy, to sell "
    "or to hold anything."
)


class Insights(NamedTuple):
    """`as_of` is epoch seconds, None where there is nothing yet.

    `features`, `persona` and `recommendations` are as documents.py makes them.
    """

    state: State
    currency: str
    as_of: int | None = None
    features: Mapping[str, Any] | None = None
    persona: Mapping[str, Any] | None = None
    recommendations: Sequence[Mapping[str, Any]] = ()
    notice: str = NOTICE


class InsightReader(Protocol):
    def read(self, viewer: str) -> Insights:
        """Raises RecordsUnavailable or Misconfigured."""
        ...


class InsightsService:
    """Implements InsightReader of what the jobs have kept. Safe to share between threads."""

    def __init__(self, *, records: Records | None, clock: Clock) -> None:
        """Without `records` nothing is kept of anybody."""
        self._records = records
        self._clock = clock

    def read(self, viewer: str) -> Insights:
        if not self._records:
            return Insights("off", DEFAULT_CURRENCY)
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        profile = self._records.profile(viewer, deadline)
        currency = profile.currency if profile else DEFAULT_CURRENCY
        if profile and not profile.insights:
            return Insights("off", currency)
        kept = self._records.insights.get(viewer, deadline)
        features, persona = read_part("features", kept), read_part("persona", kept)
        listed = read_part("recommendations", kept)
        return Insights(
            state="ready" if features and persona and listed else "pending",
            currency=features["currency"] if features else currency,
            as_of=kept["features"].window if features else None,
            features=features,
            persona=persona,
            recommendations=self._current(viewer, listed["recommendations"], deadline)
            if listed
            else (),
        )

    def _current(
        self, viewer: str, listed: Sequence[Mapping[str, Any]], deadline: Deadline
    ) -> list[Mapping[str, Any]]:
        """Return those that have not expired, and are of no connection that is gone by now."""
        now = self._clock.now()
        current = [one for one in listed if from_iso(one["expires_at"]) > now]
        if not (self._records and any(one["connection_id"] for one in current)):
            return current
        own = {one.id for one in self._records.connections(viewer, deadline)}
        return [one for one in current if one["connection_id"] in {None, *own}]
