"""Sample insights for `DEMO_MODE`: computed from the sample past by the same rules."""

from collections.abc import Callable
from decimal import Decimal

from holdings.adapters.demo import DEMO_NOTICE
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import DEFAULT_CURRENCY
from holdings.core.insights.documents import (
    features_document,
    persona_document,
    recommendations_document,
)
from holdings.core.insights.facts import Hold, SourceNow
from holdings.core.insights.gather import Gathering
from holdings.core.insights.service import NOTICE, Insights

_DAY_SECONDS = 86_400
_SECONDS = 10.0
# What a run twelve days ago would have seen held back.
_HELD_DAYS = 12
_HELD = (("BTC", "0.034567890123"), ("EUR", "120"), ("SOL", "3.5"))


class DemoNow:
    """Implements what Gathering asks of the cache: read at this moment, whatever it is."""

    def __init__(self, answer: Callable[[str], str], clock: Clock) -> None:
        self._answer = answer
        self._clock = clock

    def answer(self, viewer: str, deadline: Deadline) -> str:
        return self._answer(viewer)

    def source(self, connection_id: str, deadline: Deadline) -> SourceNow:
        return SourceNow(connection_id, int(self._clock.now()))


class DemoInsights:
    """Implements `holdings.core.insights.service.InsightReader`."""

    def __init__(self, gathering: Gathering, clock: Clock) -> None:
        self._gathering = gathering
        self._clock = clock

    def read(self, viewer: str) -> Insights:
        window = int(self._clock.now()) // _DAY_SECONDS * _DAY_SECONDS
        since = window - _HELD_DAYS * _DAY_SECONDS
        holds = tuple(Hold(code, Decimal(least), since, window) for code, least in _HELD)
        deadline = Deadline.after(_SECONDS, self._clock)
        facts = self._gathering.facts(viewer, window, DEFAULT_CURRENCY, holds, deadline)
        features = features_document(facts)
        return Insights(
            state="ready",
            currency=facts.currency,
            as_of=window,
            features=features,
            persona=persona_document(features),
            recommendations=recommendations_document(features)["recommendations"],
            notice=f"{DEMO_NOTICE.detail} {NOTICE}",
        )
