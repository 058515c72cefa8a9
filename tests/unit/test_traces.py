"""What is sent to X-Ray's daemon, and that nothing of it harms anybody."""

import json
import socket
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest

from holdings import traces
from holdings.jobs.batch import Job, Message, handle

ROOT = "1-5f84c7a1-d9c2e1f0a1b2c3d4e5f60718"


class Daemon:
    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver
        self.address = f"127.0.0.1:{receiver.getsockname()[1]}"

    def received(self) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = []
        while True:
            try:
                documents.append(json.loads(self._receiver.recv(65_536).partition(b"\n")[2]))
            except BlockingIOError:
                return documents


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        yield Daemon(receiver)
    traces.begin("", "")


def header(parent: int = 1, *, root: str = ROOT, sampled: str = "1") -> str:
    return f"Root={root};Parent={parent:016x};Sampled={sampled}"


def test_a_call_is_one_whole_segment_of_the_invocation(daemon: Daemon) -> None:
    traces.begin(header(), daemon.address)
    with traces.exchange("Some Exchange") as call:
        call.status = 200
    (document,) = daemon.received()
    assert 0 <= document.pop("end_time") - document.pop("start_time") < 60
    assert len(document.pop("id")) == 16
    assert document == {
        "trace_id": ROOT,
        "parent_id": "0000000000000001",
        "type": "subsegment",
        "name": "Some Exchange",
        "namespace": "remote",
        "annotations": {"outcome": "ok"},
        "http": {"response": {"status": 200}},
    }


class Coded(Exception):
    def __init__(self, code: object) -> None:
        super().__init__("with a secret")
        self.code = code


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Coded("AccessDeniedException"), {"outcome": "AccessDeniedException", "fault": True}),
        (
            Coded("ThrottlingException"),
            {"outcome": "ThrottlingException", "error": True, "throttle": True},
        ),
        (KeyError("a meant answer"), {"outcome": "KeyError", "error": True}),
        (ValueError("with a secret"), {"outcome": "ValueError", "fault": True}),
        (Coded("with a secret, and spaces"), {"outcome": "Coded", "fault": True}),
        (Coded(7), {"outcome": "Coded", "fault": True}),
    ],
)
def test_an_error_is_told_by_its_code_or_kind_and_goes_on(
    daemon: Daemon, error: Exception, told: dict[str, Any]
) -> None:
    traces.begin(header(), daemon.address)
    with pytest.raises(type(error)), traces.aws("kms", "Decrypt", (KeyError,)):
        raise error
    (document,) = daemon.received()
    found = {name: document[name] for name in ("error", "fault", "throttle") if name in document}
    assert {**document["annotations"], **found} == told
    assert "secret" not in json.dumps(document)


@pytest.mark.parametrize(
    "given",
    [
        "",
        header(sampled="0"),
        header(sampled="?"),
        header().removesuffix(";Sampled=1"),
        header(root="1-5f84c7a1-D9C2"),
        f"Root={ROOT};Parent=x;Sampled=1",
        "Sampled=1;=;;x",
    ],
)
def test_nothing_is_sent_of_what_is_not_sampled_or_is_no_trace(daemon: Daemon, given: str) -> None:
    traces.begin(header(), daemon.address)
    traces.begin(given, daemon.address)
    with traces.aws("dynamodb", "GetItem"):
        pass
    assert daemon.received() == []


@pytest.mark.parametrize(
    "address", ["", "daemon:2000", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "::1"]
)
def test_a_daemon_that_is_not_there_harms_no_call(address: str) -> None:
    traces.begin(header(), address)
    carried_out: list[int] = []
    for number in range(3):
        with traces.aws("dynamodb", "GetItem"):
            carried_out.append(number)
    traces.begin("", "")
    assert carried_out == [0, 1, 2]


def test_a_thread_that_outlives_its_invocation_tells_of_that_one(daemon: Daemon) -> None:
    go_on = threading.Event()

    def late() -> None:
        go_on.wait(10)
        with traces.exchange("Some Exchange"):
            pass

    traces.begin(header(1), daemon.address)
    thread = threading.Thread(target=copy_context().run, args=(late,))
    thread.start()
    traces.begin(header(2), daemon.address)
    go_on.set()
    thread.join()
    assert [one["parent_id"] for one in daemon.received()] == [f"{1:016x}"]


def test_the_messages_of_a_job_are_of_its_invocation(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header(7))
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon.address)

    def run(asked: Message) -> None:
        with traces.aws("sqs", "SendMessage"):
            assert asked.viewer

    body = json.dumps({"v": 1, "viewer": "3f1c"})
    records = [
        {"messageId": str(number), "body": body, "eventSource": "aws:sqs"} for number in range(3)
    ]
    assert handle({"Records": records}, None, Job("forget", (), run)) == {"batchItemFailures": []}
    assert [one["parent_id"] for one in daemon.received()] == [f"{7:016x}"] * 3
