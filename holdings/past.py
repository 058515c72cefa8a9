"""Puts together what looks back: history, activity, insights and alerts, each made when needed."""

from typing import TYPE_CHECKING

from holdings.needed import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from holdings.core.alerts.service import AlertsReader
    from holdings.core.clock import Clock
    from holdings.core.history.activity import ActivityService
    from holdings.core.history.service import HistoryService, Sources
    from holdings.core.history.sync import HistorySync
    from holdings.core.insights.gather import Gathering
    from holdings.core.insights.jobs import (
        AssignPersona,
        ComputeFeatures,
        GenerateRecommendations,
    )
    from holdings.core.insights.service import InsightReader
    from holdings.core.ports import ExchangeKind, JobQueue, JobQueues, Market, SnapshotCache
    from holdings.core.price_service import PriceService
    from holdings.core.record_ports import HistoryRecords, Records
    from holdings.core.service import HoldingsService
    from holdings.core.snapshot import Notice
    from holdings.core.sources import ViewerSources
    from holdings.settings import Settings

    Past = tuple[
        Callable[[], HistoryService],
        Callable[[], ActivityService],
        Callable[[], HistorySync],
        Callable[[], HistoryRecords | None],
    ]
    Insights = tuple[
        Callable[[], InsightReader],
        Callable[[], ComputeFeatures],
        Callable[[], AssignPersona],
        Callable[[], GenerateRecommendations],
    ]


def past(
    settings: "Settings",
    clock: "Clock",
    sources: "Callable[[], ViewerSources]",
    prices: "Callable[[], PriceService]",
    records: "Callable[[], Records | None]",
    market: "Callable[[], Market]",
    cache: "Callable[[str], SnapshotCache]",
    queue: "Callable[[], JobQueue | None]",
    kinds: "Mapping[str, ExchangeKind] | None",
) -> "Past":
    from holdings.core.once import once

    def parts() -> "tuple[Sources, HistoryRecords | None, tuple[Notice, ...]]":
        if settings.demo_mode:
            from holdings.adapters.demo import DEMO_NOTICE
            from holdings.adapters.demo_past import DemoHistory, DemoSources

            return DemoSources(), DemoHistory(clock), (DEMO_NOTICE,)
        kept = records()
        return sources(), kept.history if kept else None, ()

    def history() -> "HistoryService":
        from holdings.core.history.closes import Closes
        from holdings.core.history.service import HistoryService

        whose, kept, notices = made_parts()
        return HistoryService(
            sources=whose,
            history=kept,
            listings=prices(),
            closes=Closes(market=market, cache=cache, clock=clock),
            queue=queue(),
            clock=clock,
            notices=notices,
        )

    def activity() -> "ActivityService":
        from holdings.core.history.activity import ActivityService

        return ActivityService(
            connections=made_history().connections, history=made_parts()[1], clock=clock
        )

    def sync_history() -> "HistorySync":
        from holdings import logs
        from holdings.core.history.sync import HistorySync

        return HistorySync(
            records=needed(records(), "RECORDS_TABLE"),
            kinds=kinds or {},
            queue=needed(queue(), "SYNC_HISTORY_QUEUE_URL"),
            read_closes=made_history().read_closes,
            clock=clock,
            hide=logs.redactor.hide,
        )

    made_parts, made_history = once(parts), once(history)
    return made_history, once(activity), once(sync_history), lambda: made_parts()[1]


def insights(
    settings: "Settings",
    clock: "Clock",
    holdings: "HoldingsService",
    history: "Callable[[], HistoryService]",
    kept_history: "Callable[[], HistoryRecords | None]",
    records: "Callable[[], Records | None]",
    cache: "Callable[[str], SnapshotCache]",
    queues: "Callable[[], JobQueues | None]",
) -> "Insights":
    from holdings.core.once import once

    def gathering() -> "Gathering":
        from holdings.core.insights.gather import Gathering
        from holdings.core.insights.latest import Latest

        if settings.demo_mode:
            from holdings.adapters.demo_insights import DemoNow

            now = DemoNow(lambda viewer: holdings.read(viewer).entry.payload, clock)
        else:
            now = Latest(cache)
        return Gathering(
            histories=history(),
            records=kept_history(),
            now=now,
            with_shared=settings.demo_mode,
        )

    def reader() -> "InsightReader":
        if settings.demo_mode:
            from holdings.adapters.demo_insights import DemoInsights

            return DemoInsights(gathering(), clock)
        from holdings.core.insights.service import InsightsService

        return InsightsService(records=records(), clock=clock)

    def compute_features() -> "ComputeFeatures":
        from holdings.core.insights.jobs import ComputeFeatures

        return ComputeFeatures(
            records=needed(records(), "RECORDS_TABLE"),
            gatherer=gathering(),
            queues=needed(queues(), "ASSIGN_PERSONA_QUEUE_URL"),
            clock=clock,
        )

    def assign_persona() -> "AssignPersona":
        from holdings.core.insights.jobs import AssignPersona

        return AssignPersona(
            records=needed(records(), "RECORDS_TABLE"),
            queues=needed(queues(), "GENERATE_RECOMMENDATIONS_QUEUE_URL"),
            clock=clock,
        )

    def generate_recommendations() -> "GenerateRecommendations":
        from holdings.core.insights.jobs import GenerateRecommendations

        return GenerateRecommendations(records=needed(records(), "RECORDS_TABLE"), clock=clock)

    return (
        once(reader),
        once(compute_features),
        once(assign_persona),
        once(generate_recommendations),
    )


def alerts(
    settings: "Settings", clock: "Clock", records: "Callable[[], Records | None]"
) -> "Callable[[], AlertsReader]":
    from holdings.core.once import once

    def reader() -> "AlertsReader":
        if settings.demo_mode:
            from holdings.adapters.demo_alerts import DemoAlerts

            return DemoAlerts(clock)
        from holdings.core.alerts.service import AlertsService

        return AlertsService(records=records(), clock=clock, mails=bool(settings.mail.sender))

    return once(reader)
