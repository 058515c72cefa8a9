"""Alerts: rules that a viewer sets, what fired, and the way out of the mails."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from holdings.api.identity import caller
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.alerts.rules import Rule
    from holdings.core.alerts.service import AlertsReader, AlertsView

# Out of a mail, where nobody is signed in: a button, so that no scanner of links presses it.
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mails about alerts</title>
<body><h1>Mails about alerts</h1>
{content}
</body></html>
"""
_ASK = """<p>No more mails about your alerts? They stay on the page.</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>Stop these mails</button></form>"""
_DONE = "<p>You get no more mails about alerts. The page can switch them on again.</p>"


def blueprint(settings: Settings, service: "Callable[[], AlertsReader]") -> Blueprint:
    routes = Blueprint("alerts", __name__)

    def viewer() -> str:
        return caller(request.environ, demo=settings.demo_mode).viewer

    @routes.get("/alerts")
    def get_alerts() -> Response:
        """Show what you want to be told of, and whether it fired."""
        return _alerts(service().read(viewer()))

    @routes.put("/alerts")
    def put_alerts() -> Response:
        """Set all of it: rules and mail. A rule keeps its id, and a new one gets one."""
        from holdings.api import bodies
        from holdings.api.alert_schemas import AlertsChangeSchema

        who = viewer()
        given = bodies.body(AlertsChangeSchema())
        mail = (given["mail"]["enabled"], given["mail"]["figures"])
        return _alerts(service().change(who, bodies.seen_version(), given["rules"], mail))

    @routes.get("/alerts/events")
    def events() -> Response:
        """List what fired, newest first."""
        from holdings.api import bodies
        from holdings.api.alert_schemas import AlertEventsQuerySchema, AlertEventsSchema

        who = viewer()
        asked = bodies.query(AlertEventsQuerySchema())
        found, following = service().events(who, asked["cursor"], asked["limit"])
        return bodies.reply(AlertEventsSchema(), {"events": found, "next": following})

    return routes


def open_blueprint(service: "Callable[[], AlertsReader]") -> Blueprint:
    """What is open to everybody: the token in the address says whose mails are meant."""
    routes = Blueprint("unsubscribe", __name__)

    @routes.get("/alerts/unsubscribe")
    def ask_to_unsubscribe() -> Response:
        """Show a button that stops the mails."""
        return _page(_ASK)

    @routes.post("/alerts/unsubscribe")
    def unsubscribe() -> Response:
        """Stop the mails, by one click as RFC 8058 has it; 200 whatever the token is."""
        service().unsubscribe(request.args.get("token", ""))
        return _page(_DONE)

    return routes


def _page(content: str) -> Response:
    response = Response(_PAGE.format(content=content), content_type="text/html; charset=utf-8")
    response.cache_control.no_store = True
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _alerts(view: "AlertsView") -> Response:
    from holdings.api import bodies
    from holdings.api.alert_schemas import AlertsSchema

    alerts = view.alerts
    document = {
        "mail": {
            "enabled": alerts.mail.enabled,
            "figures": alerts.mail.figures,
            "stopped": alerts.mail.stopped,
            "available": view.mails,
        },
        "rules": [_rule(view, rule) for rule in alerts.rules],
        "version": alerts.version,
    }
    return bodies.reply(AlertsSchema(), document, version=alerts.version)


def _rule(view: "AlertsView", rule: "Rule") -> dict[str, Any]:
    from holdings.core.alerts.rules import OWN_FIELDS
    from holdings.core.alerts.states import State

    state = view.states.get(rule.id, State())
    return {
        **{name: getattr(rule, name) for name in ("id", "kind", "enabled", "connection_id")},
        "cooldown_hours": rule.cooldown_hours,
        **{name: getattr(rule, name) for name in OWN_FIELDS},
        "state": {
            "status": view.status(rule),
            "fired_at": state.fired_at or None,
            "evaluated_at": state.evaluated_at or None,
        },
    }
