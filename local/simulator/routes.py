"""The endpoints, public and private, once a request has been let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from local.simulator.messages import Answer, RefusedError, json_answer
from local.simulator.paging import page
from local.simulator.rate_limits import ACCOUNTS, PRIVATE, Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.simulator.exchange import Exchange
    from local.simulator.messages import Request

    Route = Callable[[Exchange, Request], Answer]


def _time(exchange: Exchange, _request: Request) -> Answer:
    now = exchange.datetime()
    iso = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json_answer({"iso": iso, "epoch": round(now.timestamp(), 3)})


def _currencies(exchange: Exchange, _request: Request) -> Answer:
    return json_answer(exchange.currencies)


def _currency(exchange: Exchange, request: Request) -> Answer:
    return json_answer(_named(exchange.currencies, request))


def _products(exchange: Exchange, _request: Request) -> Answer:
    return json_answer(exchange.products)


def _product(exchange: Exchange, request: Request) -> Answer:
    return json_answer(_named(exchange.products, request))


def _accounts(exchange: Exchange, request: Request) -> Answer:
    if not isinstance(exchange.accounts, list):
        return json_answer(exchange.accounts)
    return page(exchange.rows(), request.query, exchange.page_size)


def _account(exchange: Exchange, request: Request) -> Answer:
    return json_answer(_named(exchange.rows(), request))


def _profiles(exchange: Exchange, _request: Request) -> Answer:
    profile = {
        "id": exchange.profile_id,
        "user_id": "simulated",
        "name": "default",
        "active": True,
        "is_default": True,
        "created_at": "2020-01-01T00:00:00.000000Z",
    }
    return json_answer([profile])


def _fees(_exchange: Exchange, _request: Request) -> Answer:
    return json_answer(
        {"taker_fee_rate": "0.0060", "maker_fee_rate": "0.0040", "usd_volume": "0.00"}
    )


PUBLIC: dict[str, Route] = {
    "/time": _time,
    "/currencies": _currencies,
    "/currencies/{id}": _currency,
    "/products": _products,
    "/products/{id}": _product,
}

PRIVATE_ROUTES: dict[str, tuple[Route, Limit]] = {
    "/accounts": (_accounts, ACCOUNTS),
    "/accounts/{id}": (_account, ACCOUNTS),
    "/profiles": (_profiles, PRIVATE),
    "/fees": (_fees, PRIVATE),
}


def template(path: str) -> str:
    """The route of a path, whether or not there is one: "/accounts/1" is "/accounts/{id}"."""
    collection, slash, identifier = path.removeprefix("/").partition("/")
    return f"/{collection}/{{id}}" if slash and identifier else path


def _named(rows: Iterable[object], request: Request) -> object:
    wanted = unquote(request.path.split("/", 2)[2])
    for row in rows:
        if isinstance(row, dict) and cast("dict[str, object]", row).get("id") == wanted:
            return cast("dict[str, object]", row)
    raise RefusedError(404, "NotFound")
