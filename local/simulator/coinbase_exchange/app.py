"""The exchange as a Flask app: the checks in Coinbase's order, then the endpoint."""

from collections.abc import Callable, Iterable
from email.utils import format_datetime
from typing import cast

from flask import Flask, g, request
from werkzeug import Response

from local.simulator.coinbase_exchange.answers import INSTEAD, alter, page, replaced
from local.simulator.coinbase_exchange.exchange import ACCOUNTS, PRIVATE, PUBLIC, Exchange, Limit
from local.simulator.coinbase_exchange.signing import Request, authenticate
from local.simulator.faults import Incident, strike_first, strike_last
from local.simulator.server import Refused, bare_app, json_response


def create_app(exchange: Exchange) -> Flask:
    app = bare_app()
    limits: dict[str | None, Limit] = {}
    for path, view, limit in _routes(exchange):
        app.add_url_rule(path, path, view)
        limits[path] = limit

    def meet_faults() -> Response | None:
        g.sent = sent = _as_sent()
        exchange.count(sent.method, sent.path)
        incident = exchange.faults.take(sent.path)
        if incident is None:
            return None
        if incident.fault in INSTEAD:
            return replaced(incident.injection)
        g.incident = incident
        return strike_first(incident, request.environ["werkzeug.socket"])

    def let_in() -> None:
        sent: Request = g.sent
        if not sent.headers.get("user-agent", "").strip():
            raise Refused(400, "User-Agent header is required.")
        # Flask takes leading slashes for one.
        limit = None if sent.path.startswith("//") else limits.get(request.endpoint)
        if limit is PUBLIC:
            exchange.rate_limits.take(PUBLIC, str(request.remote_addr))
        else:
            _let_in_signed(exchange, sent, limit)

    def spoil(response: Response) -> Response:
        incident: Incident | None = g.pop("incident", None)
        if incident is not None:
            alter(exchange, incident, response)
            strike_last(incident, response)
        response.headers.setdefault("Date", format_datetime(exchange.datetime(), usegmt=True))
        return response

    app.before_request(meet_faults)
    app.before_request(let_in)
    app.after_request(spoil)
    return app


def _as_sent() -> Request:
    headers = {name.lower(): text for name, text in request.headers}
    return Request(request.method, request.environ["REQUEST_URI"], headers, request.get_data())


def _let_in_signed(exchange: Exchange, sent: Request, limit: Limit | None) -> None:
    """`limit` None is an endpoint that does not exist."""
    try:
        authenticate(sent, exchange.credentials, exchange.time())
    except Refused:
        if limit is not None:
            raise
        # To strangers it looks like one that they may not use.
        raise Refused(401, "Unauthorized.") from None
    if limit is None:
        raise Refused(404, "NotFound")
    if not exchange.can_view:
        raise Refused(403, "Forbidden")
    exchange.rate_limits.take(limit, exchange.profile_id)


def _routes(exchange: Exchange) -> list[tuple[str, Callable[..., Response], Limit]]:
    def time() -> Response:
        now = exchange.datetime()
        iso = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json_response({"iso": iso, "epoch": round(now.timestamp(), 3)})

    def accounts() -> Response:
        if not isinstance(exchange.accounts, list):
            return json_response(exchange.accounts)
        query = dict(request.args.items(multi=True))  # of a repeated field, the last
        return page(exchange.rows(), query, exchange.page_size)

    def profiles() -> Response:
        profile = {
            "id": exchange.profile_id,
            "user_id": "simulated",
            "name": "default",
            "active": True,
            "is_default": True,
            "created_at": "2020-01-01T00:00:00.000000Z",
        }
        return json_response([profile])

    def fees() -> Response:
        rates = {"taker_fee_rate": "0.0060", "maker_fee_rate": "0.0040", "usd_volume": "0.00"}
        return json_response(rates)

    def one(of: Callable[[], Iterable[object]]) -> Callable[[str], Response]:
        def view(wanted: str) -> Response:
            for row in of():
                if isinstance(row, dict) and cast("dict[str, object]", row).get("id") == wanted:
                    return json_response(cast("object", row))
            raise Refused(404, "NotFound")

        return view

    return [
        ("/time", time, PUBLIC),
        ("/currencies", lambda: json_response(exchange.currencies), PUBLIC),
        ("/currencies/<wanted>", one(lambda: exchange.currencies), PUBLIC),
        ("/products", lambda: json_response(exchange.products), PUBLIC),
        ("/products/<wanted>", one(lambda: exchange.products), PUBLIC),
        ("/accounts", accounts, ACCOUNTS),
        ("/accounts/<wanted>", one(exchange.rows), ACCOUNTS),
        ("/profiles", profiles, PRIVATE),
        ("/fees", fees, PRIVATE),
    ]
