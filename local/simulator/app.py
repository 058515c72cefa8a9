"""What every simulated exchange does alike: meet faults, let callers in, spoil the answer."""

import json
from collections.abc import Callable, Mapping, Sequence
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
class Listing:
    """How an exchange lists accounts: what faults of a list have to know.

    `page` makes the page of these rows that has another, at a position, after it; it has at most
    `most`. They stand `under` a name or are all of it. `balance` is the field of an account's
    figure, `nan` what stands in it for none. `made_up` is an account of a currency and a profile.
    """

    page: Callable[[Sequence[object], int], Response]
    most: int
    under: str | None
    balance: str
    nan: Callable[[dict[str, object]], object]
    made_up: Callable[[str, str], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is an exchange's own.

    `routes` are path, view and limit; `g.holder` is whose key came, where the limit is not
    `public`. `prefix` is what its paths begin with, and no fault or count names. `claimed` reads
    whose key a request says that it is signed by, and `signed` lets its holder in or raises
    Refused. `instead` are answers in the place of the right one.
    """

    prefix: str
    routes: Mapping[str, tuple[Callable[..., Response], Limit]]
    public: Limit
    claimed: Callable[[Request], str | None]
    signed: Callable[[Request, Limit | None], Holder[Any]]
    instead: Mapping[Fault, Callable[[], Response]]
    listing: Listing


def exchange_app(exchange: Exchange[Any], dialect: Dialect) -> Flask:
    app = bare_app()
    for path, (view, _) in dialect.routes.items():
        app.add_url_rule(path, path, view)
    instead = {**ANYWHERE, **dialect.instead}

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
            if response.status_code == 200:
                holder = g.get("holder", exchange.first)
                response = spoilt(dialect.listing, exchange.page_size, holder, incident, response)
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


SPOILT = frozenset(
    {
        *(Fault.HALF_JSON, Fault.MISSING_BALANCE, Fault.NAN_BALANCE),
        *(Fault.REPEAT_PAGE, Fault.ENDLESS_PAGES),
    }
)


def spoilt(
    listing: Listing, size: int | None, holder: Holder[Any], incident: Incident, right: Response
) -> Response:
    """What a fault of SPOILT makes of the right answer; `size` is the most that a page holds."""
    fault, number = incident.fault, incident.number
    if fault is Fault.HALF_JSON:
        body = right.get_data()
        right.set_data(body[: len(body) // 2])
    elif fault is Fault.MISSING_BALANCE:
        _change_first(right, listing.under, lambda account: account.pop(listing.balance, None))
    elif fault is Fault.NAN_BALANCE:
        _change_first(
            right,
            listing.under,
            lambda account: account.update({listing.balance: listing.nan(account)}),
        )
    elif fault is Fault.REPEAT_PAGE:
        return listing.page(holder.rows()[: size or listing.most], 1)
    elif fault is Fault.ENDLESS_PAGES:
        names = [f"E{number}X{row}" for row in range(size or 3)]
        rows = [listing.made_up(name, holder.profile_id) for name in names]
        return listing.page(rows, (number + 1) * len(rows))
    return right


def _change_first(
    right: Response, under: str | None, change: Callable[[dict[str, object]], object]
) -> None:
    """Change the first account of a page, or the only one."""
    document: Any = json.loads(right.get_data())
    rows: object = document
    if under and isinstance(document, dict):
        rows = cast("dict[str, object]", document).get(under)
    listed = cast("list[object]", rows) if isinstance(rows, list) else [rows]
    for account in listed[:1]:
        if isinstance(account, dict):
            change(cast("dict[str, object]", account))
    right.set_data(json_response(cast("object", document)).get_data())
