"""What a person's exchange account holds, as an API. `create_app` puts the parts together.

It imports them when it is called: whoever needs one rule of the core does not load Flask for it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from holdings.core.clock import Clock
    from holdings.core.ports import Exchange, SnapshotCache
    from holdings.core.service import HoldingsService, SnapshotCodec
    from holdings.core.snapshot import Notice
    from holdings.settings import Settings

__all__ = ["create_app"]


def create_app(
    settings: "Settings | None" = None,
    *,
    clock: "Clock | None" = None,
    exchange: "Exchange | None" = None,
    cache: "SnapshotCache | None" = None,
) -> "Flask":
    """Build the app; what is not given is made from the environment.

    Raises Misconfigured, naming every setting that is missing or wrong.
    """
    from flask import Flask

    from holdings import logs
    from holdings.api import document, problems, request_hooks, routes
    from holdings.core.clock import Clock
    from holdings.settings import Settings

    settings = settings or Settings.from_env()
    clock = clock or Clock()
    logs.configure(settings.log_level)
    service = _service(settings, clock, exchange, cache)

    app = Flask("holdings", static_folder=None)
    app.url_map.strict_slashes = False
    request_hooks.register(app, settings)
    problems.register(app)
    prefix = settings.api_prefix or None
    app.register_blueprint(routes.blueprint(settings, clock, service), url_prefix=prefix)
    document.register(app, settings)
    if settings.token_issuer and not settings.demo_mode:
        from holdings.api import authorizer

        authorizer.protect(app, settings.token_issuer)
    return app


def _service(
    settings: "Settings",
    clock: "Clock",
    exchange: "Exchange | None",
    cache: "SnapshotCache | None",
) -> "HoldingsService":
    from holdings.core.freshness import FreshnessRules
    from holdings.core.service import HoldingsService
    from holdings.deferred import DeferredCodec, preload

    notices: tuple[Notice, ...] = ()
    if settings.demo_mode:
        from holdings.adapters.demo import DEMO_NOTICE, DemoExchange, MemorySnapshotCache

        exchange, cache, notices = DemoExchange(), MemorySnapshotCache(), (DEMO_NOTICE,)
    codec = DeferredCodec(_codec)
    if not (exchange and cache):
        real_exchange, real_cache = _real(settings, clock, meanwhile=codec.preload)
        exchange, cache = exchange or real_exchange, cache or real_cache
    if settings.preload:
        preload([exchange, cache, codec])
    return HoldingsService(
        exchange=exchange,
        cache=cache,
        codec=codec,
        clock=clock,
        rules=FreshnessRules(
            fresh_for=settings.cache_ttl_seconds,
            last_good_for=settings.stale_ttl_seconds,
            cooldown=settings.refresh_cooldown_seconds,
        ),
        notices=notices,
    )


def _real(
    settings: "Settings", clock: "Clock", meanwhile: "Callable[[], None]"
) -> "tuple[Exchange, SnapshotCache]":
    from holdings.adapters import aws, tls
    from holdings.adapters.dynamodb import DynamoDBSnapshotCache
    from holdings.core.once import once
    from holdings.deferred import DeferredExchange

    trusted = once(tls.context)
    dynamodb, secrets_manager = aws.services(settings.aws_environment, settings.aws_region, trusted)

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

    cache = DynamoDBSnapshotCache(dynamodb, settings.ddb_table, settings.default_user_id)
    return DeferredExchange(coinbase, meanwhile), cache


def _codec() -> "SnapshotCodec":
    from holdings.api.schemas import SnapshotDocument

    return SnapshotDocument()
