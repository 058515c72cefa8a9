"""The tail of a log whose events arrive late, twice, in no order, or not at all for a while."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError, EndpointConnectionError

from operations.logs import WINDOW_SECONDS, tail
from tests.integration.operations.conftest import answer_with

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

GROUP = "/aws/lambda/holdings-dev-api"
Look = Callable[[], None]


@pytest.fixture
def logs(aws: Session) -> "CloudWatchLogsClient":
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="a")
    client.create_log_stream(logGroupName=GROUP, logStreamName="b")
    return client


def put(client: "CloudWatchLogsClient", seconds_ago: float, *lines: str, stream: str = "a") -> None:
    moment = int((time.time() - seconds_ago) * 1000)
    client.put_log_events(
        logGroupName=GROUP,
        logStreamName=stream,
        logEvents=[{"timestamp": moment, "message": line} for line in lines],
    )


def seen_after(
    client: "CloudWatchLogsClient", *between: Look, warned: list[str] | None = None, **options: Any
) -> list[list[str]]:
    """The lines of each look, where `between` two of them something happens."""
    looks: list[list[str]] = [[]]
    steps = iter(between)

    class Over(Exception):
        """No more is to happen."""

    def sleep(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise Over
        looks.append([])
        step()

    warn = (warned if warned is not None else []).append
    try:
        for line in tail(client, GROUP, sleep=sleep, warn=warn, **options):
            looks[-1].append(line)
    except Over:
        return looks
    raise AssertionError("a tail never ends by itself")


def nothing() -> None: ...


def test_each_line_is_shown_once_however_often_it_is_read_again(
    logs: "CloudWatchLogsClient",
) -> None:
    put(logs, 300, "a")
    put(logs, 1, "b", "c\n")
    assert seen_after(logs, nothing, lambda: put(logs, 0, "d"), nothing) == [
        ["a", "b", "c"],
        [],
        ["d"],
        [],
    ]


@pytest.mark.parametrize("late", [1, 60, WINDOW_SECONDS - 60])
def test_an_event_that_arrives_late_is_shown_when_it_does(
    logs: "CloudWatchLogsClient", late: float
) -> None:
    put(logs, 0, "now")
    looks = seen_after(logs, lambda: put(logs, late, "late", stream="b"), nothing)
    assert looks == [["now"], ["late"], []]


def test_what_came_while_the_machine_slept_is_shown(logs: "CloudWatchLogsClient") -> None:
    hours = 3600.0
    clock = [time.time() - 8 * hours]

    def wake() -> None:
        clock[0] += 8 * hours
        put(logs, 5 * hours, "while it slept")

    looks = seen_after(logs, wake, nothing, now=lambda: clock[0])
    assert looks == [[], ["while it slept"], []]


def test_an_event_from_a_clock_that_is_ahead_hides_none_of_the_others(
    logs: "CloudWatchLogsClient",
) -> None:
    put(logs, -3600, "ahead")
    looks = seen_after(logs, lambda: put(logs, 0, "now"), nothing, remembered=2)
    assert looks == [["ahead"], ["now"], []]


def test_the_memory_is_bounded_and_still_no_line_is_shown_twice(
    logs: "CloudWatchLogsClient",
) -> None:
    for number in range(40):
        put(logs, 400 - number, f"{number:02}")
    looks = seen_after(logs, nothing, lambda: put(logs, 0, "new"), nothing, remembered=10)
    assert looks == [[f"{number:02}" for number in range(40)], [], ["new"], []]


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "FilterLogEvents"),
        ClientError({"Error": {"Code": "503"}}, "FilterLogEvents"),
        EndpointConnectionError(endpoint_url="https://logs.example"),
    ],
)
def test_a_passing_fault_is_waited_out_and_loses_nothing(
    logs: "CloudWatchLogsClient", fault: Exception
) -> None:
    failing = [False]
    warned: list[str] = []

    def fail(**_: Any) -> None:
        if failing[0]:
            raise fault

    def meanwhile() -> None:
        put(logs, 0, "meanwhile")
        failing[0] = True

    def over() -> None:
        failing[0] = False

    logs.meta.events.register_first("before-send.logs.FilterLogEvents", fail)
    if isinstance(fault, ClientError):
        fault.response["ResponseMetadata"] = {"HTTPStatusCode": 503}  # pyright: ignore[reportGeneralTypeIssues] - the other fields are not looked at
    assert seen_after(logs, meanwhile, over, warned=warned) == [[], [], ["meanwhile"]]
    assert len(warned) == 1


def test_a_fault_that_stays_ends_it(logs: "CloudWatchLogsClient") -> None:
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        next(tail(logs, "/aws/lambda/none"))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            b'{"events": [{"message": "no id"}, {"message": "no id"}, {"message": "other"}]}',
            "other",
        ),
        (b'{"events": [{"eventId": "1"}, {"eventId": "2", "message": "x"}]}', "x"),
    ],
)
def test_events_that_lack_a_field_do_not_end_it(
    logs: "CloudWatchLogsClient", body: bytes, line: str
) -> None:
    answer_with(logs, "logs.FilterLogEvents", body)
    lines = tail(logs, GROUP, sleep=lambda _: None)
    assert [next(lines), next(lines)][1] == line
