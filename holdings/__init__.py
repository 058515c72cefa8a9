"""What a person's exchange account holds, as an API. `create_app` puts the parts together.

It imports them when it is called: whoever needs one rule of the core does not load Flask for it.
"""

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from holdings.core.accounts_feed import ReadingCodec
    from holdings.core.clock import Clock
    from holdings.core.connection_service import ConnectionService
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
    from holdings.core.ports import (
        Exchange,
        ExchangeKind,
        HistoryRecords,
        JobQueue,
        JobQueues,
        Market,
        Records,
        SnapshotCache,
    )
    from holdings.core.price_service import PriceService
    from holdings.core.profile_service import ProfileService
    from holdings.core.service import HoldingsService
    from holdings.core.snapshot import Notice
    from holdings.core.sources import ViewerSources
    from holdings.settings import Settings

    _Past = tuple[
        Callable[[], HistoryService],
        Callable[[], ActivityService],
        Callable[[], HistorySync],
        Callable[[], HistoryRecords | None],
    ]
    _Insights = tuple[
        Callable[[], InsightReader],
        Callable[[], ComputeFeatures],
        Callable[[], AssignPersona],
        Callable[[], GenerateRecommendations],
    ]

T = TypeVar("T")

__all__ = ["Services", "create_app", "needed", "services"]


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


class _Real(NamedTuple):
    exchange: "Exchange"
    cache: "Callable[[str], SnapshotCache]"
    kinds: "Mapping[str, ExchangeKind]"
    records: "Callable[[], Records | None]"
    market: "Callable[[], Market]"
    queue: "Callable[[], JobQueue | None]"
    queues: "Callable[[], JobQueues | None]"


def create_app(
    settings: "Settings | None" = None,
    *,
    clock: "Clock | None" = None,
    exchange: "Exchange | None" = None,
    cache: "Callable[[str], SnapshotCache] | None" = None,
    records: "Records | None" = None,
    kinds: "Mapping[str, ExchangeKind] | None" = None,
    market: "Market | None" = None,
    queue: "JobQueue | None" = None,
    queues: "JobQueues | None" = None,
) -> "Flask":
    """Build the app; what is not given is made from the environment, as `Parts` has it.

    Raises Misconfigured, naming every setting that is missing or wrong.
    """
    from flask import Flask

    from holdings import logs
    from holdings.api import (
        connections,
        document,
        history,
        insights,
        prices,
        problems,
        profile,
        request_hooks,
        routes,
    )
    from holdings.core.clock import Clock
    from holdings.settings import Settings

    settings = settings or Settings.from_env()
    clock = clock or Clock()
    logs.configure(settings.log_level)
    given = Parts(exchange, cache, records, kinds, market, queue, queues)
    made = services(settings, clock, given)

    app = Flask("holdings", static_folder=None)
    app.url_map.strict_slashes = False
    request_hooks.register(app, settings)
    problems.register(app)
    prefix = settings.api_prefix or None
    for routes_of in (
        routes.blueprint(settings, clock, made.holdings),
        prices.blueprint(settings, clock, made.holdings, made.prices),
        connections.blueprint(settings, made.connections),
        profile.blueprint(settings, made.profile),
        history.blueprint(settings, made.history, made.activity),
        insights.blueprint(settings, made.insights),
    ):
        app.register_blueprint(routes_of, url_prefix=prefix)
    document.register(app, settings)
    if settings.token_issuer and not settings.demo_mode:
        from holdings.api import authorizer

        authorizer.protect(app, settings.token_issuer)
    return app


def services(settings: "Settings", clock: "Clock", given: Parts = _NOTHING) -> Services:
    """What reading from the cache does without is made when it is first needed."""
    from holdings import logs
    from holdings.core.freshness import FreshnessRules
    from holdings.core.once import once
    from holdings.core.schedule.slots import ready_for
    from holdings.core.service import HoldingsService
    from holdings.deferred import DeferredCodec, preload

    exchange, cache, records, kinds, market, queue, queues = given
    notices: tuple[Notice, ...] = ()
    if settings.demo_mode:
        from holdings.adapters.demo import DEMO_NOTICE, DemoExchange, DemoMarket, MemoryCache

        exchange, cache, notices = DemoExchange(), MemoryCache(), (DEMO_NOTICE,)
        market = DemoMarket(clock)
    codec = DeferredCodec(_codec)
    kept_records: Callable[[], Records | None] = once(lambda: records)
    made_queue: Callable[[], JobQueue | None] = once(lambda: queue)
    made_queues: Callable[[], JobQueues | None] = once(lambda: queues)
    made_market = (lambda: market) if market else None
    if not (exchange and cache and made_market):
        real = _real(settings, clock, meanwhile=codec.preload)
        exchange, cache, kinds = exchange or real.exchange, cache or real.cache, kinds or real.kinds
        kept_records = real.records if records is None else kept_records
        made_queue = real.queue if queue is None else made_queue
        made_queues = real.queues if queues is None else made_queues
        made_market = made_market or real.market
    if settings.preload:
        preload([exchange, cache, codec])
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
            codec=codec,
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
    made_history, activity, sync_history, kept_history = _past(
        settings, clock, made_sources, made_prices, kept_records, markets, places, made_queue, kinds
    )
    if settings.preload:
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
    insights, compute_features, assign_persona, generate_recommendations = _insights(
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
        compute_features,
        assign_persona,
        generate_recommendations,
    )


def needed(part: "T | None", setting: str) -> "T":
    """Raises Misconfigured where a part of the deployment is missing."""
    from holdings.core.errors import Misconfigured

    if part is None:
        raise Misconfigured(f"set {setting}: this job cannot be done without")
    return part


def _past(
    settings: "Settings",
    clock: "Clock",
    sources: "Callable[[], ViewerSources]",
    prices: "Callable[[], PriceService]",
    records: "Callable[[], Records | None]",
    market: "Callable[[], Market]",
    cache: "Callable[[str], SnapshotCache]",
    queue: "Callable[[], JobQueue | None]",
    kinds: "Mapping[str, ExchangeKind] | None",
) -> "_Past":
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


def _insights(
    settings: "Settings",
    clock: "Clock",
    holdings: "HoldingsService",
    history: "Callable[[], HistoryService]",
    kept_history: "Callable[[], HistoryRecords | None]",
    records: "Callable[[], Records | None]",
    cache: "Callable[[str], SnapshotCache]",
    queues: "Callable[[], JobQueues | None]",
) -> "_Insights":
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

    def insights() -> "InsightReader":
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
        once(insights),
        once(compute_features),
        once(assign_persona),
        once(generate_recommendations),
    )


def _real(settings: "Settings", clock: "Clock", meanwhile: "Callable[[], None]") -> _Real:
    from holdings.adapters import aws, exchanges, tls
    from holdings.adapters.dynamodb import DynamoDBCache
    from holdings.core.once import loaded_once, once
    from holdings.deferred import DeferredExchange

    trusted = once(tls.context)
    reached = aws.Aws(settings.aws_environment, settings.aws_region, trusted)
    secrets_manager = reached.service("secretsmanager")

    def coinbase() -> "Exchange":
        from holdings import logs
        from holdings.adapters.coinbase_exchange import CoinbaseClient
        from holdings.adapters.secrets_manager import SecretsManagerCredentials

        credentials = SecretsManagerCredentials(
            secrets_manager,
            settings.cb_secret_name,
            keep_for=settings.secret_cache_ttl_seconds,
            clock=clock,
            hide=logs.redactor.hide,
        )
        return CoinbaseClient(
            settings.cb_base_url,
            credentials,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    def records() -> "Records | None":
        if not (kept := settings.records):
            return None
        from holdings.adapters.records import DynamoDBRecords, ViewerSessions

        return DynamoDBRecords(
            ViewerSessions(reached, kept.viewer_role_arn, clock),
            table=kept.table,
            key_id=kept.key_id,
            environment=kept.environment,
            clock=clock,
        )

    def queues() -> "JobQueues | None":
        if not settings.queue_urls:
            return None
        from holdings.adapters.sqs import SqsJobQueues

        return SqsJobQueues(reached.service("sqs"), settings.queue_urls)

    def queue() -> "JobQueue | None":
        made = made_queues()
        if not (made and "sync-history" in settings.queue_urls):
            return None
        from holdings.adapters.sqs import SyncHistoryQueue

        return SyncHistoryQueue(made)

    def market() -> "Market":
        from holdings.adapters.coinbase_exchange.market import CoinbaseMarket

        return CoinbaseMarket(
            settings.cb_market_url,
            settings.cb_advanced_url,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    made_queues = loaded_once(queues)
    return _Real(
        DeferredExchange(coinbase, meanwhile),
        DynamoDBCache(reached.service("dynamodb"), settings.ddb_table),
        exchanges.kinds(settings, clock=clock, trusted=trusted),
        loaded_once(records),
        loaded_once(market),
        loaded_once(queue),
        made_queues,
    )


def _codec() -> "ReadingCodec":
    from holdings.api.schemas import ReadingDocument

    return ReadingDocument()
