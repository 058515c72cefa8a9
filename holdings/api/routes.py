"""The two routes of the API."""

from typing import cast

from flask import Blueprint, Response, current_app, request
from marshmallow import ValidationError

from holdings.api.identity import caller
from holdings.api.schemas import HealthSchema, HoldingsQuerySchema, to_json
from holdings.core.clock import Clock
from holdings.core.errors import InvalidRequest
from holdings.core.service import Answer, HoldingsService
from holdings.settings import Settings

blueprint = Blueprint("api", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Tell that the API is up."""
    settings = _settings()
    document = {
        "status": "ok",
        "name": settings.app_name,
        "version": settings.app_version,
        "time": int(_clock().now()),
    }
    response = Response(to_json(HealthSchema(), document), content_type="application/json")
    response.cache_control.no_store = True
    return response


@blueprint.get("/holdings")
def holdings() -> Response:
    """Read the holdings, with how old and how trustworthy they are."""
    if not _settings().demo_mode:
        caller(request.environ)
    query = _query()
    service = cast("HoldingsService", current_app.extensions["service"])
    return _respond(service.read(refresh=query["refresh"]))


def _query() -> dict[str, bool]:
    given = request.args.to_dict(flat=False)
    repeated = {name: ["Given more than once."] for name, values in given.items() if values[1:]}
    if repeated:
        raise InvalidRequest(f"give {', '.join(sorted(repeated))} once", repeated)
    try:
        return cast("dict[str, bool]", HoldingsQuerySchema().load(request.args.to_dict()))
    except ValidationError as error:
        errors = cast("dict[str, list[str]]", error.messages)
        raise InvalidRequest(f"mend {', '.join(sorted(errors))} in the query", errors) from None


def _respond(answer: Answer) -> Response:
    now = int(_clock().now())
    response = Response(answer.payload, content_type="application/json")
    response.headers["X-Cache"] = answer.outcome
    response.headers["Age"] = str(max(0, now - answer.as_of))
    if answer.outcome == "STALE":
        response.cache_control.no_store = True
    else:
        response.cache_control.private = True
        response.cache_control.max_age = max(0, answer.expires_at - now)
    response.add_etag()
    response.make_conditional(request)
    response.headers.remove("Date")  # the server's, and two headers of one name are one too many
    return response


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["settings"])


def _clock() -> Clock:
    return cast("Clock", current_app.extensions["clock"])
