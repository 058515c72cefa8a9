"""The function of the queue: which messages are worked on, and which are to come again."""

import io
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdings import logs
from holdings.core.errors import RecordsUnavailable
from holdings.jobs.batch import handle
from holdings.jobs.sync_history import job as job_of

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
    assert handle(event, Context(), job_of(job)) == {"batchItemFailures": []}
    assert sorted((viewer, one) for viewer, one, _ in job.runs) == [
        ("ann", CONNECTION),
        ("bob", CONNECTION),
    ]
    assert all(44 < seconds <= 45 for _, _, seconds in job.runs)


def test_only_what_failed_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    job = Noted({"ann": RecordsUnavailable("down"), "bob": KeyError("canary-secret")})
    names = ("ann", "bob", "eve")
    event = {"Records": [record(message(name), n) for n, name in enumerate(names)]}
    failed = handle(event, Context(), job_of(job))["batchItemFailures"]
    assert failed == [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]
    assert len(job.runs) == 3
    codes = {getattr(one, "code", None) for one in caplog.records}
    assert {"records_unavailable", "unexpected"} <= codes


def test_a_run_says_when_it_begins_and_ends_and_what_came_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    job = Noted({"bob": RecordsUnavailable("down"), "eve": KeyError()})

    for name in ("ann", "bob", "eve"):
        handle({"Records": [record(message(name))]}, Context(), job_of(job))

    names = ("event", "outcome", "code")
    assert [tuple(getattr(one, name, None) for name in names) for one in caplog.records] == [
        ("job_start", None, None),
        ("job_end", "done", None),
        ("job_start", None, None),
        ("job_failure", None, "records_unavailable"),
        ("job_end", "records_unavailable", None),
        ("job_start", None, None),
        ("job_failure", None, "unexpected"),
        ("job_end", "unexpected", None),
    ]
    of_message = {
        tuple(getattr(one, name) for name in ("job", "message_id", "attempt"))
        for one in caplog.records
    }
    assert of_message == {("sync-history", "m1", "2")}
    durations = [one.__dict__["duration_ms"] for one in caplog.records if hasattr(one, "outcome")]
    assert len(durations) == 3
    assert min(durations) >= 0


def test_every_line_of_a_run_has_the_message_s_id_and_none_has_a_secret(
    logged: io.StringIO,
) -> None:
    logs.configure("INFO")
    formatter = logging.Formatter("[%(request_id)s] %(name)s %(message)s")
    logging.getLogger().handlers[0].setFormatter(formatter)
    logs.redactor.hide(("canary-secret",))
    job = Noted({"ann": KeyError("canary-secret")})

    handle({"Records": [record(message("ann"), 7)]}, Context(), job_of(job))

    begins, failed, *traceback, ends = logged.getvalue().splitlines()
    assert [begins, failed, ends] == [
        f"[m7] holdings.jobs.batch sync-history {does}"
        for does in ("begins", "is tried again", "ends")
    ]
    assert traceback[-1] == "KeyError: '[hidden]'"
    assert "canary-secret" not in logged.getvalue()


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
        {"v": True, "viewer": "ann", "connection": CONNECTION},
        {"v": 1.0, "viewer": "ann", "connection": CONNECTION},
        {"v": 1, "viewer": "\ud800", "connection": CONNECTION},
        {"v": 1, "viewer": "ann", "connection": CONNECTION, "more": 1},
        '{"v": %s, "viewer": "ann"}' % ("9" * 5_000),
    ],
)
def test_what_is_no_message_of_ours_is_dropped_and_not_tried_again(
    body: object, caplog: pytest.LogCaptureFixture
) -> None:
    job = Noted()
    assert handle({"Records": [record(body)]}, None, job_of(job)) == {"batchItemFailures": []}
    assert job.runs == []
    assert [getattr(one, "event", None) for one in caplog.records] == ["job_message_invalid"]
