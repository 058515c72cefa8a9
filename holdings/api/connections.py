"""A viewer's connections: list, add, show, change, remove, and another key."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from holdings.api.identity import Caller, caller
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.connection_service import ConnectionService, ConnectionView


def blueprint(settings: Settings, service: "Callable[[], ConnectionService]") -> Blueprint:
    """What these routes need is loaded at their first use: reading the holdings does without."""
    routes = Blueprint("connections", __name__)

    def who() -> Caller:
        return caller(request.environ, demo=settings.demo_mode)

    @routes.get("/connections")
    def list_connections() -> Response:
        """List your connections and the shared one, if there is one."""
        from holdings.api import bodies, connection_schemas

        viewer = who().viewer
        asked = bodies.query(connection_schemas.PageQuerySchema())
        found, after = _page(service().listed(viewer), asked["limit"], asked["cursor"])
        document = {"connections": [_document(one) for one in found], "next": after}
        return bodies.reply(connection_schemas.ConnectionListSchema(), document)

    @routes.post("/connections")
    def add_connection() -> Response:
        """Connect an account: the key is tried at its exchange, and kept if it works."""
        from holdings.api import bodies, connection_schemas
        from holdings.core.connection_service import Wanted

        viewer = who().viewer
        given = bodies.body(connection_schemas.NewConnectionSchema())
        wanted = Wanted(
            exchange=given["exchange"],
            label=given["label"].strip(),
            credential=given["credential"],
            accept_rights=tuple(given["accept_rights"]),
        )
        made = service().add(viewer, wanted, bodies.once())
        response = _one(made, status=201)
        response.headers["Location"] = f"{request.path.rstrip('/')}/{made.connection.id}"
        return response

    @routes.get("/connections/<connection_id>")
    def get_connection(connection_id: str) -> Response:
        """Show a connection, without its key."""
        return _one(service().one(who().viewer, connection_id))

    @routes.patch("/connections/<connection_id>")
    def change_connection(connection_id: str) -> Response:
        """Rename a connection, pause it or resume it."""
        from holdings.api import bodies, connection_schemas

        viewer = who().viewer
        given = bodies.body(connection_schemas.ConnectionChangeSchema())
        label = given["label"] and given["label"].strip()
        return _one(
            service().change(
                viewer, connection_id, bodies.seen_version(), label=label, status=given["status"]
            )
        )

    @routes.delete("/connections/<connection_id>")
    def remove_connection(connection_id: str) -> Response:
        """Forget a connection, its key and what was read with it."""
        from holdings.api import bodies

        service().remove(who().viewer, connection_id, bodies.seen_version())
        return bodies.no_content()

    @routes.put("/connections/<connection_id>/credential")
    def replace_credential(connection_id: str) -> Response:
        """Replace the key of a connection by another one of the same account."""
        from holdings.api import bodies, connection_schemas

        viewer = who().viewer
        given = bodies.body(connection_schemas.CredentialSchema())
        return _one(
            service().replace_key(
                viewer,
                connection_id,
                bodies.seen_version(),
                given["credential"],
                tuple(given["accept_rights"]),
            )
        )

    return routes


def _page(
    found: "list[ConnectionView]", limit: int, cursor: str | None
) -> "tuple[list[ConnectionView], str | None]":
    """A cursor is the id of the last one before it; one that is gone begins anew."""
    ids = [view.connection.id for view in found]
    start = ids.index(cursor) + 1 if cursor in ids else 0
    page = found[start : start + limit]
    more = start + limit < len(found)
    return page, page[-1].connection.id if more else None


def _document(view: "ConnectionView") -> dict[str, Any]:
    connection = view.connection
    return {
        "id": connection.id,
        "exchange": connection.exchange,
        "label": connection.label,
        "status": connection.status,
        "shared": connection.shared,
        "rights": connection.rights,
        "key_hint": connection.key_hint,
        "created_at": connection.created_at or None,
        "last_read_at": view.last_read_at,
        "last_error": view.last_error,
        "version": connection.version,
        "history": _history(view),
    }


def _history(view: "ConnectionView") -> dict[str, Any]:
    from holdings.core.history.entries import DAY

    progress = view.progress
    if progress is None:
        return {"state": "none", "reached_back_to": None, "entries": 0}
    reached = progress.reached_back_to
    return {
        "state": progress.state,
        "reached_back_to": None if reached is None else reached // DAY,
        "entries": progress.entries,
    }


def _one(view: "ConnectionView", *, status: int = 200) -> Response:
    from holdings.api import bodies
    from holdings.api.connection_schemas import ConnectionSchema

    return bodies.reply(
        ConnectionSchema(), _document(view), status=status, version=view.connection.version
    )
