"""The function of the queue: which messages are worked on, and which are to come again."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdings.core.errors import RecordsUnavailable
from holdings.jobs.sync_history import handle

CONNECTION = "0" * 32


@dataclass
class Noted:
    """A job that notes what it is asked for, and fails for some."""

    errors: dict[str, Exception] = field(default_factory=dict[str, Exception])
    runs: list[tuple[str, str, float]] = field(default_factory=list[tuple[str, str, float]])

    def run(self, viewer: str, connection_id: str, *, seconds: float) -> None:
        self.runs.append((viewer, connection_id, seconds))
        if error := self.errors.get(viewer):
            raise error


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 65_000


def record(body: object, number: int = 1) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    attributes = {"ApproximateReceiveCount": "2"}
    return {"messageId": f"m{number}", "body": text, "attributes": attributes}


def message(viewer: str) -> dict[str, Any]:
    return {"v": 1, "viewer": viewer, "connection": CONNECTION}


def test_each_message_is_worked_on_in_the_time_that_is_left() -> None:
    job = Noted()
    event = {"Records": [record(message("ann")), record(message("bob"), 2)]}
    assert handle(event, Context(), job) == {"batchItemFailures": []}
    assert job.runs == [("ann", CONNECTION, 45.0), ("bob", CONNECTION, 45.0)]


def test_only_what_failed_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    job = Noted({"ann": RecordsUnavailable("down"), "bob": KeyError("canary-secret")})
    names = ("ann", "bob", "eve")
    event = {"Records": [record(message(name), n) for n, name in enumerate(names)]}
    failed = handle(event, Context(), job)["batchItemFailures"]
    assert failed == [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]
    assert len(job.runs) == 3
    codes = {getattr(one, "code", None) for one in caplog.records}
    assert {"records_unavailable", "unexpected"} <= codes


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        {},
        {"v": 2, "viewer": "ann", "connection": CONNECTION},
        {"v": 1, "viewer": "shared", "connection": CONNECTION},
        {"v": 1, "viewer": "ann*", "connection": CONNECTION},
        {"v": 1, "viewer": "ann", "connection": "shared"},
        {"v": 1, "viewer": "ann", "connection": CONNECTION + "#"},
        {"v": 1, "viewer": ["ann"], "connection": CONNECTION},
        {"v": 1, "viewer": "ann"},
    ],
)
def test_what_is_no_message_of_ours_is_dropped_and_not_tried_again(
    body: object, caplog: pytest.LogCaptureFixture
) -> None:
    job = Noted()
    assert handle({"Records": [record(body)]}, None, job) == {"batchItemFailures": []}
    assert job.runs == []
    assert [getattr(one, "event", None) for one in caplog.records] == ["job_message_invalid"]
