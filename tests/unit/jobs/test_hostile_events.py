"""Events and messages of every shape: the handlers of queues, and that of the planner."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.core.connections import is_own_id
from holdings.core.errors import HoldingsError, InvalidRequest, RecordsUnavailable
from holdings.core.schedule.planner import BY_HAND, Planned
from holdings.core.viewer import is_viewer
from holdings.jobs import plan
from holdings.jobs.batch import Job, Message, handle

CONNECTION = "0" * 32
FIELDS = [(), ("connection",), ("window",), ("connection", "window")]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
viewers = st.sampled_from(
    ["ann", "bob", "fails", "breaks", "shared", "", "a b", "ann\n", "viewer#ann", "x" * 129, "é"]
)
connections = st.sampled_from([CONNECTION, "f" * 32, "F" * 32, "0" * 31, "shared", "", "٠" * 32])
windows = st.integers(-2, 2) | st.sampled_from(
    [1_800_000_000, 253_402_300_799, 253_402_300_800, 10**30, 1.0, True, "1", None]
)
nearly = st.fixed_dictionaries(
    {"v": st.sampled_from([1, 1, 1, 1, 2, True, "1", None]), "viewer": viewers | anything},
    optional={
        "connection": connections | anything,
        "window": windows | anything,
        "more": anything,
    },
)
bodies = (
    nearly.map(json.dumps)
    | nearly.map(lambda body: json.dumps(body)[:-1])
    | nearly.map(lambda body: "﻿" + json.dumps(body))
    | nearly.map(lambda body: json.dumps(json.dumps(body)))
    | anything.map(json.dumps)
    | st.text(max_size=50)
    | st.sampled_from(["[" * 20_000, '{"v":1,"v":1,"viewer":"ann","viewer":"bob"}', "\x00", "NaN"])
)
# As "Using Lambda with Amazon SQS" has it; what is in the attributes is for SQS to say.
records = st.fixed_dictionaries(
    {"body": bodies, "receiptHandle": st.text(max_size=10), "eventSource": st.just("aws:sqs")},
    optional={
        "attributes": st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
        "messageAttributes": st.dictionaries(st.text(max_size=10), anything, max_size=2),
        "md5OfBody": st.text(max_size=5),
        "eventSourceARN": st.text(max_size=10),
        "awsRegion": st.text(max_size=10),
    },
)


@dataclass
class Work:
    """Notes what it is asked for. Whoever "fails" fails as we do, whoever "breaks" does not."""

    asked: list[Message] = field(default_factory=list[Message])

    def run(self, message: Message) -> str:
        self.asked.append(message)
        if message.viewer == "fails":
            raise RecordsUnavailable("down")
        if message.viewer == "breaks":
            raise RuntimeError("canary \ud800")
        return "done"


def wanted(body: str, fields: tuple[str, ...]) -> str | None:
    """Whose work a body is, by a reading of the rules that is not the handler's."""
    try:
        read: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    message = cast("dict[str, Any]", read)
    if not isinstance(read, dict) or set(message) != {"v", "viewer", *fields}:
        return None
    if repr(message["v"]) != "1" or not isinstance(message["viewer"], str):
        return None
    if not is_viewer(message["viewer"]):
        return None
    if "connection" in fields:
        one = message["connection"]
        if not isinstance(one, str) or not is_own_id(one):
            return None
    if "window" in fields:
        window = message["window"]
        if type(window) is not int or not 0 <= window < 253_402_300_800:
            return None
    return message["viewer"]


@given(st.lists(records, max_size=10), st.sampled_from(FIELDS))
def test_a_record_of_any_body_is_worked_on_if_it_is_ours_and_else_dropped(
    given_records: list[dict[str, Any]], fields: tuple[str, ...]
) -> None:
    for number, record in enumerate(given_records):
        record["messageId"] = f"m{number}"
    work = Work()
    answer = handle({"Records": given_records}, None, Job("any", fields, work.run))

    ours = {one["messageId"]: wanted(one["body"], fields) for one in given_records}
    assert Counter(one.viewer for one in work.asked) == Counter(
        viewer for viewer in ours.values() if viewer is not None
    )
    failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    assert sorted(failed) == sorted(
        one for one, viewer in ours.items() if viewer in {"fails", "breaks"}
    )
    assert answer.keys() == {"batchItemFailures"}
    json.dumps(answer)


GOOD = {
    "messageId": "good",
    "body": json.dumps({"v": 1, "viewer": "ann"}),
    "attributes": {"ApproximateReceiveCount": "1"},
}


NO_EVENTS: list[Any] = [
    None,
    {},
    [],
    "Records",
    {"records": [GOOD]},
    {"Records": None},
    {"Records": {}},
    {"Records": {"a": GOOD}},
    {"Records": "messages"},
    {"Records": ""},
    {"Records": [None]},
    {"Records": ["a message"]},
    {"Records": [{}]},
    {"Records": [GOOD, {"body": "no id"}]},
    {"Records": [GOOD, {**GOOD, "messageId": None}]},
    {"Records": [GOOD, {**GOOD, "messageId": ""}]},
    {"Records": [GOOD, {**GOOD, "messageId": ["m"]}]},
    {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": GOOD["body"]}}]},
    {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": ""}}]},
    {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}},
]


@pytest.mark.parametrize("event", NO_EVENTS, ids=repr)
def test_what_is_no_event_of_sqs_fails_as_a_whole_and_nothing_is_done(event: Any) -> None:
    work = Work()
    with pytest.raises(ValueError, match="no event of SQS"):
        handle(event, None, Job("any", (), work.run))
    assert work.asked == []


def test_attributes_are_for_the_log_alone() -> None:
    for attributes in (None, {}, "none", {"ApproximateReceiveCount": ["x"]}):
        work = Work()
        record = {**GOOD, "attributes": attributes}
        assert handle({"Records": [record]}, None, Job("any", (), work.run)) == {
            "batchItemFailures": []
        }
        assert len(work.asked) == 1


class Context:
    aws_request_id = "request"

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@given(st.integers(-10_000, 900_000))
def test_whatever_time_is_left_each_message_gets_some(milliseconds: int) -> None:
    work = Work()
    handle({"Records": [GOOD]}, Context(milliseconds), Job("any", (), work.run))
    (asked,) = work.asked
    assert 1 <= asked.seconds <= max(1, milliseconds / 1000)


class Planner:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def run(self, seconds: float) -> Planned:
        self.asked.append(seconds)
        return Planned({}, whole=True)

    def ask(self, job: str, seconds: float) -> Planned:
        if job not in BY_HAND:
            raise InvalidRequest("no such job")
        self.asked.append(job)
        return Planned({job: 1}, whole=True)


@given(
    anything
    | st.dictionaries(st.sampled_from(["job", "jobs", "Job", ""]), anything, max_size=2)
    | st.fixed_dictionaries({"job": st.sampled_from([*BY_HAND, "forget", "plan", "", "job\n"])})
    | st.builds(dict[str, Any])
)
def test_the_planner_plans_for_an_empty_event_and_asks_for_a_job_that_it_knows(event: Any) -> None:
    planner = Planner()
    try:
        answer = plan.handle(event, None, planner)  # type: ignore[arg-type]
    except HoldingsError as error:
        assert isinstance(error, InvalidRequest)
        assert planner.asked == []
        assert event != {}
        assert not (isinstance(event, dict) and event.get("job") in list(BY_HAND))
    else:
        json.dumps(answer)
        assert planner.asked == ([55.0] if event == {} else [event["job"]])
