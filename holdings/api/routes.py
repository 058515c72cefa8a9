"""Health and holdings: the two routes that everybody asks."""

import json

from flask import Blueprint, Response, request

from holdings.api.identity import caller
from holdings.core.clock import Clock
from holdings.core.errors import InvalidRequest
from holdings.core.service import Answer, HoldingsService
from holdings.settings import Settings


def blueprint(settings: Settings, clock: Clock, service: HoldingsService) -> Blueprint:
    api = Blueprint("api", __name__)

    @api.get("/health")
    def health() -> Response:
        """Report that the API is up."""
        from holdings.api.schemas import HealthSchema, to_json

        document = {
            "status": "ok",
            "name": settings.app_name,
            "version": settings.app_version,
            "environment": settings.environment,
            "time": int(clock.now()),
        }
        response = Response(to_json(HealthSchema(), document), content_type="application/json")
        response.cache_control.no_store = True
        return response

    @api.get("/holdings")
    def holdings() -> Response:
        """Read the holdings and what they are worth, with how far to trust each figure."""
        viewer = caller(request.environ, demo=settings.demo_mode).viewer
        if not request.query_string:  # as most: they do without the schema and what it imports
            return _answer(service.read(viewer), now=int(clock.now()))
        from holdings.api import bodies
        from holdings.api.schemas import HoldingsQuerySchema

        asked = bodies.query(HoldingsQuerySchema())
        answer = service.read(
            viewer,
            refresh=asked["refresh"],
            connection_id=asked["connection"],
            currency=asked["currency"],
        )
        return _answer(answer, now=int(clock.now()))

    return api


def _answer(answer: Answer, *, now: int) -> Response:
    if "csv" in request.headers.get("Accept", "").lower():
        from holdings.api.spreadsheets import holdings_csv, is_wanted

        if is_wanted(request):
            response = holdings_csv(json.loads(answer.entry.payload))
            check_length(response.get_data(as_text=True))
            response.headers["X-Cache"] = answer.outcome
            return response
    return _respond(answer, now=now)


# Lambda's own limit for an answer, as the JSON text that the body becomes there.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_ANSWER = 6 * 1024 * 1024 - 10_000
_MOST_ESCAPES = 2


def check_length(body: str) -> None:
    """Raises InvalidRequest for what the gateway would not pass on."""
    if len(body) * _MOST_ESCAPES > _LONGEST_ANSWER:
        escapes = sum(map(body.count, ('"', "\\", "\r", "\n")))
        if len(body) + escapes > _LONGEST_ANSWER:
            raise InvalidRequest(
                "the answer is longer than the 6 MB that the gateway passes on: ask for one "
                "connection at a time, with ?connection=<id>, or pause some"
            )


def _respond(answer: Answer, *, now: int) -> Response:
    entry = answer.entry
    check_length(entry.payload)
    # RFC 9111: max-age is the whole time of freshness, of which a cache itself takes off the Age.
    fresh_for = max(0, entry.expires_at - entry.as_of)
    response = Response(
        entry.payload,
        # All at once, as text: set one by one, they would take a tenth of a hit's time.
        headers=[
            ("Content-Type", "application/json"),
            ("X-Cache", answer.outcome),
            ("Age", str(max(0, now - entry.as_of))),
            (
                "Cache-Control",
                "no-store" if answer.passing else f"private, max-age={fresh_for}",
            ),
            ("ETag", f'"{entry.digest}"'),
        ],
    )
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
        response.headers.remove("Date")  # the server's, and two of one name are one too many
    return response
