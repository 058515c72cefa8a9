"""Coinbase Exchange's REST API as far as clients read: its routes, limits and who is let in.

Limits: docs.cdp.coinbase.com/exchange/rest-api/rate-limits.
"""

from collections.abc import Callable

from flask import Flask, g, request
from werkzeug import Response

from local.simulator.app import Dialect, Request, exchange_app
from local.simulator.coinbase_exchange.answers import INSTEAD, LISTING, page
from local.simulator.coinbase_exchange.ledger import balances_with, ledger_routes
from local.simulator.coinbase_exchange.market_data import market_routes, one_of
from local.simulator.coinbase_exchange.signing import Credentials, authenticate
from local.simulator.exchange import Exchange, Holder, Limit
from local.simulator.server import Refused, json_response

PUBLIC = Limit(10, 15, "Public rate limit exceeded")
PRIVATE = Limit(15, 30, "Private rate limit exceeded")
_FEES = {"taker_fee_rate": "0.0060", "maker_fee_rate": "0.0040", "usd_volume": "0.00"}
ACCOUNTS = Limit(25, 50, "Private rate limit exceeded")


def create_app(exchange: Exchange[Credentials]) -> Flask:
    def signed(sent: Request, limit: Limit | None) -> Holder[Credentials]:
        """`limit` None is an endpoint that does not exist."""
        try:
            holder = authenticate(sent, exchange.holders, exchange.time())
        except Refused:
            if limit is not None:
                raise
            # To strangers it looks like one that they may not use.
            raise Refused(401, "Unauthorized.") from None
        if limit is None:
            raise Refused(404, "NotFound")
        if "view" not in holder.may:
            raise Refused(403, "Forbidden")
        exchange.rate_limits.take(limit, holder.profile_id)
        return holder

    return exchange_app(
        exchange,
        Dialect(
            prefix="",
            routes=_routes(exchange),
            public=PUBLIC,
            claimed=lambda sent: sent.headers.get("cb-access-key"),
            signed=signed,
            instead=INSTEAD,
            listing=LISTING,
        ),
    )


def _routes(
    exchange: Exchange[Credentials],
) -> dict[str, tuple[Callable[..., Response], Limit]]:
    def time() -> Response:
        now = exchange.datetime()
        iso = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json_response({"iso": iso, "epoch": round(now.timestamp(), 3)})

    def held() -> list[object]:
        return balances_with(g.holder.twist.extra, g.holder.rows(), exchange.time())

    def accounts() -> Response:
        holder: Holder[Credentials] = g.holder
        if not isinstance(holder.accounts, list):
            return json_response(holder.accounts)
        query = dict(request.args.items(multi=True))  # of a repeated field, the last
        return page(held(), query, exchange.page_size)

    def profiles() -> Response:
        profile = {
            "id": g.holder.profile_id,
            "user_id": "simulated",
            "name": "default",
            "active": True,
            "is_default": True,
            "created_at": "2020-01-01T00:00:00.000000Z",
        }
        return json_response([profile])

    return {
        "/time": (time, PUBLIC),
        **{path: (view, PUBLIC) for path, view in market_routes(exchange).items()},
        "/accounts": (accounts, ACCOUNTS),
        "/accounts/<wanted>": (one_of(held), ACCOUNTS),
        **{path: (view, PRIVATE) for path, view in ledger_routes(exchange).items()},
        "/profiles": (profiles, PRIVATE),
        "/fees": (lambda: json_response(_FEES), PRIVATE),
    }
