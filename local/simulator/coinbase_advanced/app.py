"""Coinbase Advanced Trade's REST API as far as clients read: its routes, limits and who is let in.

Limits: docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api (a second: 30 private, a
user; 10 public, an address).
"""

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, g, request
from werkzeug import Response

from local.simulator import book
from local.simulator.app import Dialect, Request, exchange_app
from local.simulator.coinbase_advanced.answers import INSTEAD, LISTING, page, refusal
from local.simulator.coinbase_advanced.signing import CdpKey, Nonces, authenticate, claimed
from local.simulator.exchange import Exchange, Holder, Limit
from local.simulator.listing import spot_products
from local.simulator.server import Refused, json_response

PREFIX = "/api/v3/brokerage"
PUBLIC = Limit(10, 10, "Too many requests")
PRIVATE = Limit(30, 30, "Too many requests")
RIGHTS = ("view", "trade", "transfer")
_PERMISSIONS = f"{PREFIX}/key_permissions"


def create_app(exchange: Exchange[CdpKey]) -> Flask:
    nonces = Nonces()

    def signed(sent: Request, limit: Limit | None) -> Holder[CdpKey]:
        """`limit` None is an endpoint that does not exist."""
        holder = authenticate(sent, exchange.holders, nonces, exchange.time())
        if limit is None:
            raise Refused(404, "route not found")
        # A key may always ask what it may do.
        if "view" not in holder.may and request.endpoint != _PERMISSIONS:
            raise Refused(403, "Missing required scopes")
        exchange.rate_limits.take(limit, holder.profile_id)
        return holder

    app = exchange_app(
        exchange,
        Dialect(
            prefix=PREFIX,
            routes=_routes(exchange),
            public=PUBLIC,
            claimed=claimed,
            signed=signed,
            instead=INSTEAD,
            listing=LISTING,
        ),
    )
    app.register_error_handler(Refused, refusal)
    return app


def _routes(exchange: Exchange[CdpKey]) -> dict[str, tuple[Callable[..., Response], Limit]]:
    def time() -> Response:
        now = exchange.datetime()
        seconds = int(now.timestamp())
        return json_response(
            {
                "iso": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "epochSeconds": str(seconds),
                "epochMillis": str(int(now.timestamp() * 1000)),
            }
        )

    def accounts() -> Response:
        holder: Holder[CdpKey] = g.holder
        if not isinstance(holder.accounts, list):
            return json_response(holder.accounts)
        return page(holder.rows(), dict(request.args.items(multi=True)), exchange.page_size)

    def account(wanted: str) -> Response:
        for row in g.holder.rows():
            if isinstance(row, dict) and cast("dict[str, object]", row).get("uuid") == wanted:
                return json_response({"account": cast("object", row)})
        raise Refused(404, "account not found")

    def key_permissions() -> Response:
        holder: Holder[CdpKey] = g.holder
        may = {f"can_{right}": right in holder.may for right in RIGHTS}
        portfolio = {"portfolio_uuid": holder.profile_id, "portfolio_type": "DEFAULT"}
        return json_response(may | portfolio)

    def portfolios() -> Response:
        one = {"name": "Default", "uuid": g.holder.profile_id, "type": "DEFAULT", "deleted": False}
        return json_response({"portfolios": [one]})

    return {
        f"{PREFIX}/time": (time, PUBLIC),
        f"{PREFIX}/market/products": (_products, PUBLIC),
        f"{PREFIX}/products": (_products, PRIVATE),
        f"{PREFIX}/accounts": (accounts, PRIVATE),
        f"{PREFIX}/accounts/<wanted>": (account, PRIVATE),
        _PERMISSIONS: (key_permissions, PRIVATE),
        f"{PREFIX}/portfolios": (portfolios, PRIVATE),
        f"{PREFIX}/transaction_summary": (_transaction_summary, PRIVATE),
        **_older(exchange),
    }


def _products() -> Response:
    spot = request.args.get("product_type", "SPOT") in ("SPOT", "")
    rows = spot_products() if spot else []
    return json_response({"products": rows, "num_products": len(rows)})


def _transaction_summary() -> Response:
    rates = {"taker_fee_rate": "0.006", "maker_fee_rate": "0.004"}
    tier: dict[str, Any] = {"pricing_tier": "Advanced 1", "usd_from": "0", "usd_to": "1000"}
    return json_response({"total_volume": 0, "total_fees": 0, "fee_tier": tier | rates})


def _older(exchange: Exchange[CdpKey]) -> dict[str, tuple[Callable[[], Response], Limit]]:
    """The public endpoints of Coinbase's v2 API that clients of this one read beside it."""

    def fiat() -> Response:
        rows = [{"id": code, "name": book.FIAT[code], "min_size": "0.01"} for code in book.FIAT]
        return json_response({"data": rows})

    def crypto() -> Response:
        coins = [code for code in book.KNOWN if code not in book.FIAT]
        rows = [
            {"asset_id": book.identity("asset", code), "code": code, "name": code, "exponent": 8}
            for code in coins
        ]
        return json_response({"data": rows})

    def rates() -> Response:
        rates = exchange.market.rates(exchange.time())
        return json_response({"data": {"currency": "USD", "rates": rates}})

    return {
        "/v2/currencies": (fiat, PUBLIC),
        "/v2/currencies/crypto": (crypto, PUBLIC),
        "/v2/exchange-rates": (rates, PUBLIC),
    }
