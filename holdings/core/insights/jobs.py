"""The three stages of insights, one viewer and window a run, each started by the one before.

A run may come twice, late, or be killed anywhere. What it makes is kept only in place of an older
window's; then the next stage is asked for, also by a run that finds its own result there already.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import Conflict, NotFound
from holdings.core.insights.documents import (
    BrokenDocument,
    Document,
    features_document,
    holds_of,
    pack,
    persona_document,
    recommendations_document,
    unpack,
)
from holdings.core.insights.facts import Facts, Hold
from holdings.core.ports import JobQueues
from holdings.core.record_ports import InsightPart, KeptInsight, Records

logger = logging.getLogger(__name__)

PERSONA_JOB, RECOMMENDATIONS_JOB = "assign-persona", "generate-recommendations"

Outcome = str
DONE, OFF, OLD, WAITING = "done", "off", "old", "nothing_to_do"

_Kept = Mapping[InsightPart, KeptInsight]


class Gatherer(Protocol):
    def facts(
        self,
        viewer: str,
        window: int,
        currency: str,
        holds: tuple[Hold, ...],
        deadline: Deadline,
    ) -> Facts: ...


class _Stage:
    """What the three have in common: whose turn it is, and how a result is kept."""

    def __init__(
        self,
        part: InsightPart,
        following: str | None,
        records: Records,
        queues: JobQueues | None,
        clock: Clock,
    ) -> None:
        """`queues` is needed for the stage `following` alone."""
        self.records = records
        self.clock = clock
        self._part: InsightPart = part
        self._following = following
        self._queues = queues

    def run(
        self,
        viewer: str,
        window: int,
        seconds: float,
        make: Callable[[_Kept, Deadline], Document | None],
    ) -> Outcome:
        """Keep what `make` makes of what is kept; None where that is not what it needs."""
        deadline = Deadline.after(seconds, self.clock)
        kept = self.records.insights.get(viewer, deadline)
        known = kept.get(self._part)
        if known and known.window > window:
            return OLD
        if not (known and known.window == window):
            if (document := make(kept, deadline)) is None:
                return WAITING
            made = KeptInsight(pack(document), window)
            try:
                self.records.insights.put(viewer, self._part, made, deadline)
            except NotFound:
                return OFF  # meanwhile
            except Conflict:
                # Another run was quicker, with this window or a later one: if a later one, what
                # follows finds that out.
                pass
        if self._following and self._queues:
            self._queues.send(self._following, viewer, window=window)
        return DONE


class ComputeFeatures:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        records: Records,
        gatherer: Gatherer,
        queues: JobQueues,
        clock: Clock,
    ) -> None:
        self._stage = _Stage("features", PERSONA_JOB, records, queues, clock)
        self._gatherer = gatherer

    def run(self, viewer: str, window: int, *, seconds: float) -> Outcome:
        """Compute the features of a window (epoch seconds); return a word for the log.

        Raises HoldingsError where it is to come again.
        """
        deadline = Deadline.after(seconds, self._stage.clock)
        profile = self._stage.records.profile(viewer, deadline)
        if profile is None or not profile.insights:
            return OFF

        def make(kept: _Kept, deadline: Deadline) -> Document:
            before = read_part("features", kept)
            holds = holds_of(before) if before else ()
            facts = self._gatherer.facts(viewer, window, profile.currency, holds, deadline)
            return features_document(facts)

        return self._stage.run(viewer, window, seconds, make)


class AssignPersona:
    """Safe to share between threads."""

    def __init__(self, *, records: Records, queues: JobQueues, clock: Clock) -> None:
        self._stage = _Stage("persona", RECOMMENDATIONS_JOB, records, queues, clock)

    def run(self, viewer: str, window: int, *, seconds: float) -> Outcome:
        """As ComputeFeatures.run; only the features of this very window will do."""
        return self._stage.run(viewer, window, seconds, _made_of_features(window, persona_document))


class GenerateRecommendations:
    """Safe to share between threads."""

    def __init__(self, *, records: Records, clock: Clock) -> None:
        self._stage = _Stage("recommendations", None, records, None, clock)

    def run(self, viewer: str, window: int, *, seconds: float) -> Outcome:
        """As AssignPersona.run."""
        make = _made_of_features(window, recommendations_document)
        return self._stage.run(viewer, window, seconds, make)


def _made_of_features(
    window: int, make: Callable[[Mapping[str, Any]], Document]
) -> Callable[[_Kept, Deadline], Document | None]:
    def made(kept: _Kept, _: Deadline) -> Document | None:
        found = kept.get("features")
        features = read_part("features", kept) if found and found.window == window else None
        return make(features) if features else None

    return made


def read_part(part: InsightPart, kept: _Kept) -> Document | None:
    """Return what is kept of it; None, and a line in the log, where it is not of this version."""
    if not (found := kept.get(part)):
        return None
    try:
        return unpack(part, found.document)
    except BrokenDocument as broken:
        logger.warning(
            "kept %s are %s",
            part,
            broken,
            extra={"event": "records_failure", "code": "broken"},
        )
        return None
