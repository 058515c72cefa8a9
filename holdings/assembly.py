"""Puts the services together, of parts that are given or of what the environment says."""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from holdings.core.alerts.service import AlertsReader
    from holdings.core.clock import Clock
    from holdings.core.connection_service import ConnectionService
    from holdings.core.history.activity import ActivityService
    from holdings.core.history.service import HistoryService
    from holdings.core.history.sync import HistorySync
    from holdings.core.insights.jobs import (
        AssignPersona,
        ComputeFeatures,
        GenerateRecommendations,
    )
    from holdings.core.insights.service import InsightReader
    from holdings.core.ports import (
        Exchange,
        ExchangeKind,
        JobQueue,
        JobQueues,
        Market,
        SnapshotCache,
    )
    from holdings.core.price_service import PriceService
    from holdings.core.profile_service import ProfileService
    from holdings.core.record_ports import Records
    from holdings.core.service import HoldingsService
    from holdings.core.snapshot import Notice
    from holdings.core.sources import ViewerSources
    from holdings.settings import Settings


class Services(NamedTuple):
    """Each made when it is first asked for, but for the first: nearly every request needs that."""

    holdings: "HoldingsService"
    prices: "Callable[[], PriceService]"
    connections: "Callable[[], ConnectionService]"
    profile: "Callable[[], ProfileService]"
    history: "Callable[[], HistoryService]"
    activity: "Callable[[], ActivityService]"
    sync_history: "Callable[[], HistorySync]"
    sources: "Callable[[], ViewerSources]"
    records: "Callable[[], Records | None]"
    queues: "Callable[[], JobQueues | None]"
    cache: "Callable[[str], SnapshotCache]"
    insights: "Callable[[], InsightReader]"
    alerts: "Callable[[], AlertsReader]"
    compute_features: "Callable[[], ComputeFeatures]"
    assign_persona: "Callable[[], AssignPersona]"
    generate_recommendations: "Callable[[], GenerateRecommendations]"


class Parts(NamedTuple):
    """What may be given instead of what the environment says, each None or the real one.

    `exchange` is the shared connection's, `cache` gives the place of a name.
    """

    exchange: "Exchange | None" = None
    cache: "Callable[[str], SnapshotCache] | None" = None
    records: "Records | None" = None
    kinds: "Mapping[str, ExchangeKind] | None" = None
    market: "Market | None" = None
    queue: "JobQueue | None" = None
    queues: "JobQueues | None" = None


_NOTHING = Parts()

# What is imported while something is answered first: a query or a problem, values, what is kept.
_OF_FIRST_ANSWERS = ("holdings.api.schemas", "holdings.core.valuation", "holdings.adapters.packing")


def services(settings: "Settings", clock: "Clock", given: Parts = _NOTHING) -> Services:
    """What reading from the cache does without is made when it is first needed."""
    from holdings import logs, outside, past
    from holdings.core.freshness import FreshnessRules, ready_for
    from holdings.core.once import once
    from holdings.core.service import HoldingsService
    from holdings.deferred import preload

    exchange, cache, records, kinds, market, queue, queues = given
    notices: tuple[Notice, ...] = ()
    if settings.demo_mode:
        from holdings.adapters.demo import DEMO_NOTICE, DemoExchange, DemoMarket, MemoryCache

        exchange, cache, notices = DemoExchange(), MemoryCache(), (DEMO_NOTICE,)
        market = DemoMarket(clock)
    kept_records: Callable[[], Records | None] = once(lambda: records)
    made_queue: Callable[[], JobQueue | None] = once(lambda: queue)
    made_queues: Callable[[], JobQueues | None] = once(lambda: queues)
    made_market = (lambda: market) if market else None
    if not (exchange and cache and made_market):
        real = outside.real(settings, clock)
        exchange, cache, kinds = exchange or real.exchange, cache or real.cache, kinds or real.kinds
        kept_records = real.records if records is None else kept_records
        made_queue = real.queue if queue is None else made_queue
        made_queues = real.queues if queues is None else made_queues
        made_market = made_market or real.market
    if settings.preload:
        preload([exchange, cache])
    shared, places, markets = exchange, cache, made_market
    rules = FreshnessRules(
        fresh_for=settings.cache_ttl_seconds,
        last_good_for=settings.stale_ttl_seconds,
        cooldown=settings.refresh_cooldown_seconds,
        ready_for=ready_for(settings.refresh_seconds),
    )

    def sources() -> "ViewerSources":
        from holdings.core.connections import SHARED_ID, Connection
        from holdings.core.sources import SharedConnection, ViewerSources, reading_place

        connection = Connection(
            id=SHARED_ID,
            exchange="coinbase_exchange",
            label=settings.shared_label,
            account="",
            key_hint="",
            created_at=0,
        )
        place = reading_place(settings.default_user_id)
        return ViewerSources(
            shared=SharedConnection(connection, shared, place)
            if settings.shared_connection
            else None,
            records=kept_records(),
            kinds=kinds or {},
            cache=places,
            clock=clock,
            rules=rules,
            keep_for=settings.secret_cache_ttl_seconds,
            hide=logs.redactor.hide,
        )

    def prices() -> "PriceService":
        from holdings.core.price_service import PriceService

        return PriceService(market=markets, cache=places, clock=clock, cooldown=rules.cooldown)

    def connection_service() -> "ConnectionService":
        from holdings.core.connection_service import ConnectionService

        return ConnectionService(
            sources=made_sources(),
            records=kept_records(),
            kinds=kinds or {},
            cache=places,
            history=made_history(),
            queues=made_queues(),
            clock=clock,
            hide=logs.redactor.hide,
        )

    def profile_service() -> "ProfileService":
        from holdings.core.profile_service import ProfileService

        return ProfileService(
            records=kept_records(), cache=places, queues=made_queues(), clock=clock
        )

    made_sources, made_prices = once(sources), once(prices)
    made_history, activity, sync_history, kept_history = past.past(
        settings, clock, made_sources, made_prices, kept_records, markets, places, made_queue, kinds
    )
    if settings.preload:
        for module in _OF_FIRST_ANSWERS:
            import_module(module)
        made_sources()
        made_prices()
        markets()
    holdings = HoldingsService(
        sources=made_sources,
        prices=made_prices,
        cache=places,
        clock=clock,
        rules=rules,
        notices=notices,
    )
    insights, compute_features, assign_persona, generate_recommendations = past.insights(
        settings, clock, holdings, made_history, kept_history, kept_records, places, made_queues
    )
    return Services(
        holdings,
        made_prices,
        once(connection_service),
        once(profile_service),
        made_history,
        activity,
        sync_history,
        made_sources,
        kept_records,
        made_queues,
        places,
        insights,
        past.alerts(settings, clock, kept_records),
        compute_features,
        assign_persona,
        generate_recommendations,
    )
