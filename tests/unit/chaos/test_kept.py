"""What was acknowledged and is gone is found out; what nobody acknowledged may be either."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from chaos.fleet import Answer, Fleet
from chaos.kept import Kept


@dataclass
class FakeFleet:
    """An API that keeps what it is told, but answers `status` where that is set."""

    status: int = 0
    zone: str = "UTC"
    hours: list[int] = field(default_factory=list[int])
    labels: dict[str, str] = field(default_factory=lambda: {"c1": "first"})

    def ask(self, token: str, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
        del token, headers
        status = 200
        document: dict[str, Any] = {}
        if path == "/me":
            self.zone = body["time_zone"] if body else self.zone
            document = {"time_zone": self.zone}
        elif path == "/alerts":
            self.hours = [rule["hours"] for rule in body["rules"]] if body else self.hours
            document = {"rules": [{"hours": hours} for hours in self.hours]}
        elif method == "POST":
            status, document = 201, {"id": "spare"}
            self.labels["spare"] = "spare"
        elif method == "DELETE":
            status = 204 if self.labels.pop("spare", "") else 404
        elif method == "PATCH":
            self.labels["c1"] = body["label"]
        elif path == "/connections":
            listed = [{"id": one, "label": label} for one, label in self.labels.items()]
            document = {"connections": listed}
        elif path.startswith("/activity"):
            document = {"entries": list[Any]()}
        given = self.status if method != "GET" and self.status else status
        return Answer(method, path, given, {}, json.dumps(document).encode(), 0.0, 0.0)


def writing(fleet: FakeFleet, writes: int) -> Kept:
    kept = Kept(cast("Fleet", fleet), "token", {"c1": "first"}, {})
    for _ in range(writes):
        kept.write()
    return kept


def test_what_stands_is_not_lost() -> None:
    for writes in range(9):
        assert writing(FakeFleet(), writes).lost() == []


def test_each_thing_that_is_gone_is_named() -> None:
    fleet = FakeFleet()
    kept = writing(fleet, 4)
    kept.entries = frozenset({"7"})
    fleet.zone, fleet.hours, fleet.labels = "UTC", [], {}
    assert kept.lost() == [
        "connection c1",
        "connection spare",
        "zone: UTC for ['Europe/Zurich']",
        "alerts:  for ['3']",
        "entry 7",
    ]


def test_what_was_removed_and_is_back_is_named() -> None:
    fleet = FakeFleet()
    kept = writing(fleet, 8)
    fleet.labels["spare"] = "spare"
    assert kept.lost() == ["the removal of spare"]


def test_what_failed_may_have_been_done_or_not() -> None:
    for status in (409, 500, 503):
        fleet = FakeFleet(status)
        kept = writing(fleet, 4)
        assert kept.lost() == []
        fleet.zone, fleet.hours, fleet.labels = "UTC", [], {"c1": "first"}
        assert kept.lost() == []


def test_what_was_refused_was_not_done() -> None:
    fleet = FakeFleet(status=422)
    kept = writing(fleet, 1)
    assert kept.lost() == ["zone: Europe/Zurich for ['UTC']"]
