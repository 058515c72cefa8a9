"""From a request to the right answer: the checks in Coinbase's order, then the route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.authentication import authenticate
from local.simulator.messages import RefusedError
from local.simulator.rate_limits import PUBLIC as PUBLIC_LIMIT
from local.simulator.routes import PRIVATE_ROUTES, PUBLIC, template

if TYPE_CHECKING:
    from local.simulator.exchange import Exchange
    from local.simulator.messages import Answer, Request


def right_answer(exchange: Exchange, request: Request) -> Answer:
    """What the exchange says when nothing is set to go wrong. Raises nothing."""
    try:
        return _answer(exchange, request)
    except RefusedError as refusal:
        return refusal.answer


def _answer(exchange: Exchange, request: Request) -> Answer:
    if not request.headers.get("user-agent", "").strip():
        raise RefusedError(400, "User-Agent header is required.")
    name = template(request.path)
    reads = request.method in {"GET", "HEAD"}
    if reads and name in PUBLIC:
        exchange.rate_limits.take(PUBLIC_LIMIT, request.client_ip)
        return PUBLIC[name](exchange, request)
    if reads and name in PRIVATE_ROUTES:
        route, limit = PRIVATE_ROUTES[name]
        authenticate(request, exchange.credentials, exchange.time())
        if not exchange.can_view:
            raise RefusedError(403, "Forbidden")
        exchange.rate_limits.take(limit, exchange.profile_id)
        return route(exchange, request)
    try:
        authenticate(request, exchange.credentials, exchange.time())
    except RefusedError:
        # To strangers, an endpoint that does not exist looks like one that they may not use.
        raise RefusedError(401, "Unauthorized.") from None
    raise RefusedError(404, "NotFound")
