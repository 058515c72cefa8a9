"""What a person's exchange account holds, as an API. `create_app` puts the parts together.

It imports them when it is called: whoever needs one rule of the core does not load Flask for it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from holdings.core.accounts_feed import ReadingCodec
    from holdings.core.clock import Clock
    from holdings.core.connection_service import ConnectionService
    from holdings.core.ports import Exchange, ExchangeKind, Market, Records, SnapshotCache
    from holdings.core.price_service import PriceService
    from holdings.core.profile_service import ProfileService
    from holdings.core.service import HoldingsService
    from holdings.core.snapshot import Notice
    from holdings.core.sources import ViewerSources
    from holdings.settings import Settings

    # The shared connection's exchange, the cache's places, every exchange, records, and market.
    _Real = tuple[
        Exchange,
        Callable[[str], SnapshotCache],
        Mapping[str, ExchangeKind],
        Callable[[], Records | None],
        Callable[[], Market],
    ]

    _Services = tuple[
        HoldingsService,
        Callable[[], PriceService],
        Callable[[], ConnectionService],
        Callable[[], ProfileService],
    ]

__all__ = ["create_app"]


def create_app(
    settings: "Settings | None" = None,
    *,
    clock: "Clock | None" = None,
    exchange: "Exchange | None" = None,
    cache: "Callable[[str], SnapshotCache] | None" = None,
    records: "Records | None" = None,
    kinds: "Mapping[str, ExchangeKind] | None" = None,
    market: "Market | None" = None,
) -> "Flask":
    """Build the app; what is not given is made from the environment.

    `exchange` is the shared connection's. Raises Misconfigured, naming every setting that is
    missing or wrong.
    """
    from flask import Flask

    from holdings import logs
    from holdings.api import (
        connections,
        document,
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
    service, pricing, connection_service, profile_service = _services(
        settings, clock, exchange, cache, records, kinds, market
    )

    app = Flask("holdings", static_folder=None)
    app.url_map.strict_slashes = False
    request_hooks.register(app, settings)
    problems.register(app)
    prefix = settings.api_prefix or None
    app.register_blueprint(routes.blueprint(settings, clock, service), url_prefix=prefix)
    app.register_blueprint(prices.blueprint(settings, clock, service, pricing), url_prefix=prefix)
    app.register_blueprint(connections.blueprint(settings, connection_service), url_prefix=prefix)
    app.register_blueprint(profile.blueprint(settings, profile_service), url_prefix=prefix)
    document.register(app, settings)
    if settings.token_issuer and not settings.demo_mode:
        from holdings.api import authorizer

        authorizer.protect(app, settings.token_issuer)
    return app


def _services(
    settings: "Settings",
    clock: "Clock",
    exchange: "Exchange | None",
    cache: "Callable[[str], SnapshotCache] | None",
    records: "Records | None",
    kinds: "Mapping[str, ExchangeKind] | None",
    market: "Market | None",
) -> "_Services":
    """What reading from the cache does without is made when it is first needed."""
    from holdings import logs
    from holdings.core.freshness import FreshnessRules
    from holdings.core.once import once
    from holdings.core.service import HoldingsService
    from holdings.deferred import DeferredCodec, preload

    notices: tuple[Notice, ...] = ()
    if settings.demo_mode:
        from holdings.adapters.demo import DEMO_NOTICE, DemoExchange, DemoMarket, MemoryCache

        exchange, cache, notices = DemoExchange(), MemoryCache(), (DEMO_NOTICE,)
        market = DemoMarket(clock)
    codec = DeferredCodec(_codec)
    kept_records: Callable[[], Records | None] = once(lambda: records)
    made_market = (lambda: market) if market else None
    if not (exchange and cache and made_market):
        real = _real(settings, clock, meanwhile=codec.preload)
        exchange, cache, kinds = exchange or real[0], cache or real[1], kinds or real[2]
        kept_records = real[3] if records is None else kept_records
        made_market = made_market or real[4]
    if settings.preload:
        preload([exchange, cache, codec])
    shared, places, markets = exchange, cache, made_market
    rules = FreshnessRules(
        fresh_for=settings.cache_ttl_seconds,
        last_good_for=settings.stale_ttl_seconds,
        cooldown=settings.refresh_cooldown_seconds,
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
            clock=clock,
            hide=logs.redactor.hide,
        )

    def profile_service() -> "ProfileService":
        from holdings.core.profile_service import ProfileService

        return ProfileService(records=kept_records(), cache=places, clock=clock)

    made_sources, made_prices = once(sources), once(prices)
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
    return holdings, made_prices, once(connection_service), once(profile_service)


def _real(settings: "Settings", clock: "Clock", meanwhile: "Callable[[], None]") -> "_Real":
    from holdings.adapters import aws, exchanges, tls
    from holdings.adapters.dynamodb import DynamoDBCache
    from holdings.core.once import loaded_once, once
    from holdings.deferred import DeferredExchange

    trusted = once(tls.context)
    services = aws.Aws(settings.aws_environment, settings.aws_region, trusted)
    secrets_manager = services.service("secretsmanager")

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
            ViewerSessions(services, kept.viewer_role_arn, clock),
            table=kept.table,
            key_id=kept.key_id,
            environment=kept.environment,
            clock=clock,
        )

    def market() -> "Market":
        from holdings.adapters.coinbase_exchange.market import CoinbaseMarket

        return CoinbaseMarket(
            settings.cb_market_url,
            settings.cb_advanced_url,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    return (
        DeferredExchange(coinbase, meanwhile),
        DynamoDBCache(services.service("dynamodb"), settings.ddb_table),
        exchanges.kinds(settings, clock=clock, trusted=trusted),
        loaded_once(records),
        loaded_once(market),
    )


def _codec() -> "ReadingCodec":
    from holdings.api.schemas import ReadingDocument

    return ReadingDocument()
