"""What single assets are worth, for whoever computes with it: a page, a script, a spreadsheet."""

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from holdings.api.identity import caller
from holdings.core.clock import Clock
from holdings.core.service import HoldingsService
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.price_service import PriceService
    from holdings.core.prices import Prices


def blueprint(
    settings: Settings,
    clock: Clock,
    holdings: HoldingsService,
    pricing: "Callable[[], PriceService]",
) -> Blueprint:
    routes = Blueprint("prices", __name__)

    @routes.get("/prices")
    def prices() -> Response:
        """Show what single assets are worth, each with its route, age and status."""
        from holdings.api import bodies
        from holdings.api.price_schemas import PricesQuerySchema
        from holdings.api.spreadsheets import is_wanted, prices_csv

        viewer = caller(request.environ, demo=settings.demo_mode).viewer
        asked = bodies.query(PricesQuerySchema())
        codes, currency = holdings.asked_for(viewer, asked["of"], asked["currency"])
        found = pricing().of(codes, currency)
        document = _document(found, codes, currency, int(clock.now()))
        if is_wanted(request):
            return prices_csv(document)
        return _respond(found, document)

    return routes


def _document(found: "Prices", codes: list[str], currency: str, now: int) -> dict[str, Any]:
    from holdings.core.clock import iso
    from holdings.core.valuation import notice, price_document

    listed: list[dict[str, Any]] = []
    for code in codes:
        price = found.price(code, currency)
        age = None if price.as_of is None else max(0, now - price.as_of)
        named = {"currency": code, "name": found.name(code), "age": age}
        listed.append(price_document(price) | named)
    warning = notice(found)
    return {
        "currency": currency,
        "as_of": None if found.as_of is None else iso(found.as_of),
        "expires_at": None if found.expires_at is None else iso(found.expires_at),
        "stale": bool(found.stale or found.failure),
        "warnings": [{"code": warning.code, "detail": warning.detail}] if warning else [],
        "prices": listed,
    }


def _respond(found: "Prices", document: dict[str, Any]) -> Response:
    body = json.dumps(document, separators=(",", ":"))
    response = Response(body, content_type="application/json")
    if document["warnings"] or found.as_of is None or found.expires_at is None:
        response.cache_control.no_store = True
        return response
    response.headers["Cache-Control"] = f"private, max-age={found.expires_at - found.as_of}"
    response.headers["Age"] = str(max(0, found.now - found.as_of))
    # Of what does not grow older by itself.
    told = [{**price, "age": None} for price in document["prices"]]
    proof = json.dumps({**document, "prices": told}).encode()
    response.set_etag(hashlib.sha256(proof).hexdigest()[:32])
    response.make_conditional(request)
    response.headers.remove("Date")
    return response
