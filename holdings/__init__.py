"""What a person's exchange account holds, as an API. `create_app` puts the parts together."""

import gc

# Imports leave no garbage; looking for it among all that they make takes 7 % of a cold start.
gc.disable()

from flask import Flask

from holdings import logs
from holdings.api import document, problems, routes, wire
from holdings.core.clock import Clock
from holdings.core.once import once
from holdings.core.ports import Exchange, SnapshotCache
from holdings.core.service import HoldingsService, SnapshotCodec
from holdings.core.snapshot import FreshnessRules, Notice
from holdings.deferred import DeferredCodec, DeferredExchange
from holdings.preload import preload
from holdings.settings import Settings

gc.freeze()
gc.enable()

__all__ = ["create_app"]


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    exchange: Exchange | None = None,
    cache: SnapshotCache | None = None,
) -> Flask:
    """Build the app; what is not given is made from the environment.

    Raises Misconfigured, naming every setting that is missing or wrong.
    """
    settings = settings or Settings.from_env()
    clock = clock or Clock()
    logs.configure(settings.log_level)

    app = Flask("holdings", static_folder=None)
    app.url_map.strict_slashes = False
    app.extensions["settings"] = settings
    app.extensions["clock"] = clock
    app.extensions["service"] = _service(settings, clock, exchange, cache)
    wire.register(app, settings)
    problems.register(app)
    app.register_blueprint(routes.blueprint, url_prefix=settings.api_prefix or None)
    document.register(app, settings)
    if settings.token_issuer and not settings.demo_mode:
        from holdings.api import authorizer

        authorizer.protect(app, settings.token_issuer)
    return app


def _service(
    settings: Settings, clock: Clock, exchange: Exchange | None, cache: SnapshotCache | None
) -> HoldingsService:
    notices: tuple[Notice, ...] = ()
    if settings.demo_mode:
        from holdings.adapters.demo import DEMO_NOTICE, DemoExchange, MemorySnapshotCache

        exchange, cache, notices = DemoExchange(), MemorySnapshotCache(), (DEMO_NOTICE,)
    if not (exchange and cache):
        real_exchange, real_cache = _real(settings, clock)
        exchange, cache = exchange or real_exchange, cache or real_cache
    codec = DeferredCodec(_codec)
    if settings.preload:
        preload([exchange, cache, codec])
    return HoldingsService(
        exchange=exchange,
        cache=cache,
        codec=codec,
        clock=clock,
        rules=FreshnessRules(
            fresh_for=settings.cache_ttl_seconds, last_good_for=settings.stale_ttl_seconds
        ),
        notices=notices,
    )


def _real(settings: Settings, clock: Clock) -> tuple[Exchange, SnapshotCache]:
    from holdings.adapters import aws, tls
    from holdings.adapters.dynamodb import DynamoDBSnapshotCache

    trusted = once(tls.context)
    signed = aws.signed_apis(settings.aws_environment, trusted)

    def coinbase() -> Exchange:
        from holdings.adapters.coinbase import CoinbaseClient
        from holdings.adapters.secrets_manager import SecretsManagerCredentials

        credentials = SecretsManagerCredentials(
            aws.secrets_manager(settings.aws_region),
            settings.cb_secret_name,
            keep_for=settings.secret_cache_ttl_seconds,
            clock=clock,
            hide=logs.redactor.hide,
            signed=signed.secrets_manager,
        )
        return CoinbaseClient(
            settings.cb_base_url,
            credentials,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    return DeferredExchange(coinbase), DynamoDBSnapshotCache(
        aws.dynamodb(settings.aws_region),
        settings.ddb_table,
        settings.default_user_id,
        signed=signed.dynamodb,
    )


def _codec() -> SnapshotCodec:
    from holdings.api.schemas import SnapshotDocument

    return SnapshotDocument()
