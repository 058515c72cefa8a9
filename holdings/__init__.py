"""What a person's exchange account holds, as an API. `create_app` puts the parts together.

It imports them when it is called: whoever needs one rule of the core does not load Flask for it.
"""

from typing import TYPE_CHECKING

from holdings.assembly import Parts, Services, services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from holdings.core.clock import Clock
    from holdings.core.ports import (
        Exchange,
        ExchangeKind,
        JobQueue,
        JobQueues,
        Market,
        SnapshotCache,
    )
    from holdings.core.record_ports import Records
    from holdings.settings import Settings

__all__ = ["Parts", "Services", "create_app", "services"]


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
        alerts,
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
    from holdings.api.url_rules import MatchedRule
    from holdings.core.clock import Clock
    from holdings.settings import Settings

    settings = settings or Settings.from_env()
    clock = clock or Clock()
    logs.configure(settings.log_level, settings.environment)
    given = Parts(exchange, cache, records, kinds, market, queue, queues)
    made = services(settings, clock, given)

    app = Flask("holdings", static_folder=None)
    app.url_rule_class = MatchedRule
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
        alerts.blueprint(settings, made.alerts),
        alerts.open_blueprint(made.alerts),
    ):
        app.register_blueprint(routes_of, url_prefix=prefix)
    document.register(app, settings)
    if settings.token_issuer and not settings.demo_mode:
        from holdings.api import authorizer

        authorizer.protect(app, settings.token_issuer)
    return app
