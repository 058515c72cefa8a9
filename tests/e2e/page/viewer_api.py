"""What the API keeps of one viewer, as the page's tests want it: connections and a profile."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from playwright.sync_api import Request

from holdings import create_app
from holdings.settings import Settings
from tests.e2e.page.samples import Document, asked, connection, problem


@cache
def _demo() -> Any:
    return create_app(Settings.from_env({"DEMO_MODE": "true"})).test_client()


def sample(path: str) -> Document:
    """Return what the API itself answers with sample figures."""
    return deepcopy(_demo().get(path).json)


OWN_ID = "0123456789abcdef0123456789abcdef"
NEW_ID = "fedcba9876543210fedcba9876543210"


@dataclass
class ViewerApi:
    """Answers in the API's place, and notes what it was asked.

    `refusals` are given in turn to the next requests that change something, each a problem.
    """

    connections: list[Document] = field(default_factory=lambda: [connection(id=OWN_ID)])
    profile: Document | None = None
    rights: list[str] | None = field(default_factory=lambda: ["view"])
    refusals: list[Document] = field(default_factory=list[Document])
    changes: list[Request] = field(default_factory=list[Request])
    insights: Document = field(default_factory=lambda: sample("/insights"))
    alerts: Document = field(default_factory=lambda: sample("/alerts"))
    events: list[Document] = field(default_factory=lambda: sample("/alerts/events")["events"])

    def answer(self, request: Request) -> tuple[int, Document | None]:
        """Return a status and a body; a problem by its own status."""
        method, parts = request.method, asked(request.url)
        if method != "GET":
            self.changes.append(request)
            if self.refusals:
                refusal = self.refusals.pop(0)
                return refusal["status"], refusal
        sent: Document = request.post_data_json or {}
        if parts[0] in ("insights", "alerts"):
            return 200, self._asleep(method, request.url, parts, sent)
        match [method, *parts]:
            case ["GET", "connections"]:
                return 200, {"connections": self.connections, "next": None}
            case ["POST", "connections"]:
                return 201, self._connect(sent)
            case [_, "connections", wanted, *rest]:
                return self._one(method, wanted, rest, sent)
            case ["PATCH", "me"]:
                version = (self.profile or {"version": 0})["version"] + 1
                self.profile = (self.profile or _PROFILE) | sent | {"version": version}
                return 200, self.profile
            case ["DELETE", "me"]:
                self.profile, self.connections = None, []
                return 204, None
            case ["GET", "me"] if self.profile:
                return 200, self.profile
            case _:
                return 404, problem("not_found", 404)

    def _asleep(self, method: str, url: str, parts: list[str], sent: Document) -> Document:
        """What was found while nobody looked, and what is to be looked for."""
        if parts == ["insights"]:
            return self.insights
        if parts == ["alerts", "events"]:
            first, rest = self.events[:1], self.events[1:]
            if "cursor=" in url:
                return {"events": rest, "next": None}
            return {"events": first, "next": first[0]["id"] if rest else None}
        return self._set_alerts(sent) if method == "PUT" else self.alerts

    def _set_alerts(self, sent: Document) -> Document:
        own = ("connection_id", "currency", "amount", "ratio", "direction", "hours")
        new = {
            **dict.fromkeys(own),
            "enabled": True,
            "cooldown_hours": 6,
            "state": {"status": "new", "fired_at": None, "evaluated_at": None},
        }
        rules = [
            {"id": f"{number:016x}", **new, **rule} for number, rule in enumerate(sent["rules"], 1)
        ]
        mail = {**self.alerts["mail"], **sent["mail"], "stopped": None}
        self.alerts = {"mail": mail, "rules": rules, "version": self.alerts["version"] + 1}
        return self.alerts

    def _connect(self, sent: Document) -> Document:
        made = connection(
            id=NEW_ID,
            label=sent["label"],
            exchange=sent["exchange"],
            rights=self.rights,
            last_read_at=None,
        )
        self.connections.append(made)
        return made

    def _one(
        self, method: str, wanted: str, rest: list[str], sent: Document
    ) -> tuple[int, Document | None]:
        found = [each for each in self.connections if each["id"] == wanted]
        if not found:
            return 404, problem("not_found", 404)
        changed = dict(found[0])
        match method, rest:
            case "PATCH", []:
                changed |= sent
            case "PUT", ["credential"]:
                changed |= {"status": "active", "rights": self.rights, "last_error": None}
            case "DELETE", []:
                self.connections.remove(found[0])
                return 204, None
            case _:
                return 405, problem("method_not_allowed", 405)
        changed["version"] += 1
        self.connections[self.connections.index(found[0])] = changed
        return 200, changed


_PROFILE: dict[str, Any] = {
    "email": "viewer@example.com",
    "currency": "USD",
    "time_zone": "UTC",
    "insights": True,
    "created_at": "2026-11-20T18:00:00Z",
    "version": 0,
}
