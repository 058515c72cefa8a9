"""What every simulated exchange does alike: meet faults, let callers in, spoil the answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import partial
from typing import Any, cast

from flask import Flask, g, request
from werkzeug import Response

from local.simulator.exchange import Exchange, Holder, Limit
from local.simulator.faults import Fault, Incident, Injection, strike_first, strike_last
from local.simulator.server import JSON, Refused, bare_app, json_response

# A host that can never exist: a client that follows must not end up on a real one.
_ELSEWHERE = {"Location": "https://elsewhere.invalid/accounts"}

Alter = Callable[[Exchange[Any], Holder[Any], Incident, Response], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What came of a request, as it was sent.

    `target` is the request line's second word, never decoded or tidied: a signature may be over
    exactly those bytes (as Latin-1 text, which maps every byte to one character). Header names
    are lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """Without the query, and without a trailing slash: coinbasepro asks for `/accounts/`."""
        path = self.target.partition("?")[0]
        return path.removesuffix("/") or path


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is an exchange's own.

    `routes` are path, view and limit; `g.holder` is whose key came, where the limit is not
    `public`. `prefix` is what its paths begin with, and no fault or count names. `claimed` reads
    whose key a request says that it is signed by, and `signed` lets its holder in or raises
    Refused. `instead` are answers in the place of the right one, `altered` what spoils that.
    """

    prefix: str
    routes: Mapping[str, tuple[Callable[..., Response], Limit]]
    public: Limit
    claimed: Callable[[Request], str | None]
    signed: Callable[[Request, Limit | None], Holder[Any]]
    instead: Mapping[Fault, Callable[[], Response]]
    altered: Mapping[Fault, Alter]


def exchange_app(exchange: Exchange[Any], dialect: Dialect) -> Flask:
    app = bare_app()
    for path, (view, _) in dialect.routes.items():
        app.add_url_rule(path, path, view)
    instead = {**ANYWHERE, **dialect.instead}
    altered = {**SPOILT, **dialect.altered}

    def meet_faults() -> Response | None:
        g.sent = sent = _as_sent()
        path = sent.path.removeprefix(dialect.prefix)
        exchange.count(sent.method, path)
        incident = exchange.faults.take(path, dialect.claimed(sent))
        if incident is None:
            return None
        if incident.fault in instead:
            return replaced(instead[incident.fault](), incident.injection)
        g.incident = incident
        return strike_first(incident, request.environ["werkzeug.socket"])

    def spoil(response: Response) -> Response:
        incident: Incident | None = g.pop("incident", None)
        if incident is not None:
            # A refusal stays as it is: a client that may not look sees no spoilt figures.
            if response.status_code == 200 and incident.fault in altered:
                holder = g.get("holder", exchange.first)
                altered[incident.fault](exchange, holder, incident, response)
            strike_last(incident, response)
        response.headers.setdefault("Date", format_datetime(exchange.datetime(), usegmt=True))
        return response

    app.before_request(meet_faults)
    app.before_request(partial(_let_in, exchange, dialect))
    app.after_request(spoil)
    return app


def _let_in(exchange: Exchange[Any], dialect: Dialect) -> None:
    sent: Request = g.sent
    if not sent.headers.get("user-agent", "").strip():
        raise Refused(400, "User-Agent header is required.")
    _, limit = dialect.routes.get(request.endpoint or "", (None, None))
    # Flask takes leading slashes for one.
    limit = None if sent.path.startswith("//") else limit
    if limit is not None and limit is dialect.public:
        exchange.rate_limits.take(limit, str(request.remote_addr))
    else:
        g.holder = dialect.signed(sent, limit)


def _as_sent() -> Request:
    headers = {name.lower(): text for name, text in request.headers}
    return Request(request.method, request.environ["REQUEST_URI"], headers, request.get_data())


def html(status: int, title: str) -> Callable[[], Response]:
    text = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1><p>cloudflare</p></body></html>\n"
    )
    return lambda: Response(text, status, content_type="text/html; charset=UTF-8")


ANYWHERE: dict[Fault, Callable[[], Response]] = {
    Fault.BAD_GATEWAY: html(502, "502: Bad gateway"),
    Fault.HTML: html(200, "Just a moment..."),
    Fault.REDIRECT: lambda: Response(b"", 302, _ELSEWHERE),
    Fault.BODY: lambda: Response(b"", content_type=JSON),
}
"""What is put in the right answer's place by whoever stands before an exchange."""


def replaced(response: Response, injection: Injection) -> Response:
    """The fault's answer, with whatever of it the injection overrides, however absurd."""
    if injection.status is not None:
        response.status_code = injection.status
    if injection.body is not None:
        response.set_data(injection.body)
    response.headers.update(injection.headers or {})
    return response


def _half_json(_e: Exchange[Any], _h: Holder[Any], _incident: Incident, right: Response) -> None:
    body = right.get_data()
    right.set_data(body[: len(body) // 2])


SPOILT: dict[Fault, Alter] = {Fault.HALF_JSON: _half_json}


def change_first(
    right: Response, change: Callable[[dict[str, object]], object], *, under: str | None = None
) -> None:
    """Change the first account of a page, or the only one; it may stand `under` a name."""
    document: Any = json.loads(right.get_data())
    rows: object = document
    if under and isinstance(document, dict):
        rows = cast("dict[str, object]", document).get(under)
    listed = cast("list[object]", rows) if isinstance(rows, list) else [rows]
    for account in listed[:1]:
        if isinstance(account, dict):
            change(cast("dict[str, object]", account))
    right.set_data(json_response(cast("object", document)).get_data())
