"""The past: what everything was worth by day, the entries of ledgers, and a day's statement."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from holdings.api.identity import caller
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.history.activity import ActivityService
    from holdings.core.history.service import HistoryService


def blueprint(
    settings: Settings,
    history_service: "Callable[[], HistoryService]",
    activity_service: "Callable[[], ActivityService]",
) -> Blueprint:
    routes = Blueprint("history", __name__)

    def viewer() -> str:
        return caller(request.environ, demo=settings.demo_mode).viewer

    @routes.get("/history")
    def history() -> Response:
        """Show what everything was worth at the end of each day, with how far it is known."""
        from holdings.api import answers, bodies, history_documents
        from holdings.api.history_schemas import HistoryQuerySchema

        who, service = viewer(), history_service()
        asked = bodies.query(HistoryQuerySchema())
        _check_range(asked["from_"], asked["to"], service.today)
        by_asset = asked["by"] == "asset"
        found = service.history(
            who,
            first=asked["from_"],
            last=asked["to"],
            interval=asked["interval"],
            currency=asked["currency"],
            connection_id=asked["connection"],
            by_asset=by_asset,
        )
        return answers.revalidated(
            history_documents.history_document(found, asked["interval"], by_asset=by_asset)
        )

    @routes.get("/activity")
    def activity() -> Response:
        """List the entries of the ledgers, newest first."""
        from holdings.api import answers, bodies, history_documents
        from holdings.api.history_schemas import ActivityQuerySchema
        from holdings.core.history.activity import Wanted

        who = viewer()
        asked = bodies.query(ActivityQuerySchema())
        _check_range(asked["from_"], asked["to"], history_service().today)
        page = activity_service().page(
            who,
            Wanted(
                limit=asked["limit"],
                cursor=asked["cursor"],
                currency=asked["currency"],
                kind=asked["kind"],
                first=asked["from_"],
                last=asked["to"],
                search=asked["search"],
                connection_id=asked["connection"],
            ),
        )
        return answers.revalidated(history_documents.activity_document(page))

    @routes.get("/statements/<date>")
    def statement(date: str) -> Response:
        """Show what was held at the end of a day, what it was worth, and whether it adds up."""
        from holdings.api import answers, bodies, history_documents
        from holdings.api.history_schemas import StatementQuerySchema
        from holdings.api.spreadsheets import is_wanted, statement_csv

        who, service = viewer(), history_service()
        asked = bodies.query(StatementQuerySchema())
        found = service.statement(
            who,
            _ended_day(date, service.today),
            currency=asked["currency"],
            connection_id=asked["connection"],
        )
        document = history_documents.statement_document(found)
        return statement_csv(document) if is_wanted(request) else answers.revalidated(document)

    return routes


def _check_range(first: int | None, last: int | None, today: int) -> None:
    """Raises InvalidRequest."""
    from holdings.core.errors import InvalidRequest

    errors = {
        name: ["Lies in the future."]
        for name, day in (("from", first), ("to", last))
        if day is not None and day > today
    }
    if first is not None and last is not None and first > last:
        errors.setdefault("from", []).append("Is later than to.")
    if errors:
        raise InvalidRequest(f"correct {', '.join(sorted(errors))} in the query", errors)


def _ended_day(date: str, today: int) -> int:
    from holdings.api.history_schemas import parse_day
    from holdings.core.errors import InvalidRequest

    try:
        day = parse_day(date)
    except ValueError as error:
        raise InvalidRequest("correct the date in the path", {"date": [str(error)]}) from None
    if day >= today:
        remedy = "Not over yet, in UTC: yesterday is the last one."
        raise InvalidRequest("ask for a day that is over", {"date": [remedy]})
    return day
