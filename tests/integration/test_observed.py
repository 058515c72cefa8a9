"""What CloudWatch and X-Ray are told of a hit, a miss and a failure: whole lines and segments."""

import io
import json
import logging
import re
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from holdings.api.lambda_handler import make_lambda_handler
from holdings.core.clock import Clock
from local.simulator import Fault, Simulator
from tests.builders import CLAIMS, FakeClock, make_v2_event
from tests.integration.conftest import SECRET, Laptop, moto_client

NAMESPACE = "holdings/test"
ROOT = "1-5f84c7a1-d9c2e1f0a1b2c3d4e5f60718"


@dataclass
class Observed:
    """A function of Lambda that is traced, with what it writes and what the daemon receives."""

    laptop: Laptop
    daemon: socket.socket
    written: io.StringIO
    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        self.handler = make_lambda_handler(self.laptop.app)
        self.runs = 0

    def ask(self, *, sampled: bool = True, **event: Any) -> dict[str, Any]:
        """The answer's line, of which what no run has again is checked and taken out."""
        self.runs += 1
        header = f"Root={ROOT};Parent={self.parent};Sampled={int(sampled)};Lineage=1:abc:0"
        self.monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        self.handler(make_v2_event(**event), None)
        (line,) = [one for one in self.lines() if one.get("event") == "request"]
        assert line.pop("timestamp")
        for name in ("duration_ms", "upstream_ms"):
            assert name not in line or 0 < line[name] < 60_000
        return line

    @property
    def parent(self) -> str:
        return f"{self.runs:016x}"

    def lines(self) -> list[dict[str, Any]]:
        text = self.written.getvalue()
        self.written.seek(0)
        self.written.truncate()
        return [json.loads(line) for line in text.splitlines() if line]

    def received(self) -> list[dict[str, Any]]:
        """The segments since the last time, without ids and moments, which are checked here."""
        segments: list[dict[str, Any]] = []
        while True:
            try:
                header, _, document = self.daemon.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return segments
            assert json.loads(header) == {"format": "json", "version": 1}
            segment = json.loads(document)
            assert re.fullmatch("[0-9a-f]{16}", segment.pop("id"))
            assert 0 <= segment.pop("end_time") - segment.pop("start_time") < 60
            whose = [segment.pop(name) for name in ("trace_id", "parent_id", "type")]
            assert whose == [ROOT, self.parent, "subsegment"]
            segments.append(segment)


@pytest.fixture
def observed(
    monkeypatch: pytest.MonkeyPatch,
    logged: io.StringIO,
    at_moto: dict[str, str],
    simulator: Simulator,
    time: FakeClock,
) -> Iterator[Observed]:
    formatters = pytest.importorskip(
        "awslambdaric.lambda_runtime_log_utils", reason="compiled for Linux alone"
    )
    (handler,) = logging.getLogger().handlers
    handler.setFormatter(cast("logging.Formatter", formatters.JsonFormatter()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.setblocking(False)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
        environ = {
            **at_moto,
            "AWS_LAMBDA_FUNCTION_NAME": "holdings",
            "ENVIRONMENT": "test",
            "METRICS_NAMESPACE": NAMESPACE,
        }
        time.time = Clock().now()
        laptop = Laptop(simulator, time, environ=environ)
        laptop.put_secret()
        yield Observed(laptop, daemon, logged, monkeypatch)


LATENCY: dict[str, Any] = {
    "Namespace": NAMESPACE,
    "Dimensions": [["outcome"]],
    "Metrics": [{"Name": "duration_ms", "Unit": "Milliseconds"}],
}
UPSTREAM: dict[str, Any] = {
    "Namespace": NAMESPACE,
    "Dimensions": [[]],
    "Metrics": [{"Name": "upstream_ms", "Unit": "Milliseconds"}],
}
LINE = {
    "level": "INFO",
    "logger": "holdings.api.request_hooks",
    "request_id": "v2-request",
    "environment": "test",
    "event": "request",
    "method": "GET",
    "route": "/holdings",
}


def aws_call(service: str, operation: str, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    told = {"name": service, "namespace": "aws", "aws": {"operation": operation}}
    return {**told, "annotations": {"outcome": outcome}, **more}


def exchange_call(status: int, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    told = {"name": "Coinbase Exchange", "namespace": "remote"}
    http = {"response": {"status": status}}
    return {**told, "annotations": {"outcome": outcome}, "http": http, **more}


READ, WRITTEN = aws_call("dynamodb", "GetItem"), aws_call("dynamodb", "PutItem")
SECRET_READ = aws_call("secretsmanager", "GetSecretValue")


def counted(segments: Iterable[dict[str, Any]]) -> Counter[str]:
    """Threads send theirs in any order."""
    return Counter(json.dumps(segment, sort_keys=True) for segment in segments)


def timed(line: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """A line without what differs each time, and the names of that."""
    now = line["_aws"].pop("Timestamp")
    assert abs(now / 1000 - Clock().now()) < 60
    return {n: v for n, v in line.items() if not n.endswith("_ms")}, {
        n for n in line if n.endswith("_ms")
    }


def test_a_hit_is_counted_and_traced_as_one_read(observed: Observed) -> None:
    observed.ask()
    observed.received()

    line, measured = timed(observed.ask())

    assert line == LINE | {
        "message": "GET '/holdings' 200",
        "status": 200,
        "cache": "HIT",
        "outcome": "HIT",
        "_aws": {"CloudWatchMetrics": [LATENCY]},
    }
    assert measured == {"duration_ms"}
    assert observed.received() == [READ]


def test_a_miss_is_counted_with_the_time_of_the_exchange_and_traced_call_by_call(
    observed: Observed,
) -> None:
    line, measured = timed(observed.ask())

    assert line == LINE | {
        "message": "GET '/holdings' 200",
        "status": 200,
        "cache": "MISS",
        "outcome": "MISS",
        "_aws": {"CloudWatchMetrics": [LATENCY, UPSTREAM]},
    }
    assert measured == {"duration_ms", "upstream_ms"}
    told = counted(observed.received())
    calls = counted([READ, WRITTEN, SECRET_READ, exchange_call(200)])
    assert told.keys() == calls.keys()
    for once in (SECRET_READ, exchange_call(200)):
        assert told[json.dumps(once, sort_keys=True)] == 1


def test_a_failure_is_counted_under_its_code_and_each_try_is_traced_with_it(
    observed: Observed,
) -> None:
    observed.laptop.break_exchange(Fault.RATE_LIMITED)

    line, measured = timed(observed.ask())

    assert line == LINE | {
        "message": "GET '/holdings' 503",
        "status": 503,
        "code": "exchange_rate_limited",
        "outcome": "exchange_rate_limited",
        "_aws": {"CloudWatchMetrics": [LATENCY, UPSTREAM]},
    }
    assert measured == {"duration_ms", "upstream_ms"}
    told = counted(observed.received())
    refused = exchange_call(429, "exchange_rate_limited", error=True, throttle=True)
    assert told.keys() == counted([READ, WRITTEN, SECRET_READ, refused]).keys()
    assert told[json.dumps(refused, sort_keys=True)] == 4


def test_what_aws_refuses_is_traced_as_a_fault_with_its_code(observed: Observed) -> None:
    moto_client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)

    assert observed.ask()["code"] == "secret_invalid"

    missing = "ResourceNotFoundException"
    (refused,) = [one for one in observed.received() if one["name"] == "secretsmanager"]
    assert refused == aws_call("secretsmanager", "GetSecretValue", missing, fault=True)


def test_what_x_ray_does_not_sample_is_counted_all_the_same_and_not_traced(
    observed: Observed,
) -> None:
    assert observed.ask(sampled=False)["outcome"] == "MISS"
    assert observed.received() == []


def test_a_route_is_its_rule_and_what_matches_none_is_no_text_of_a_stranger_s(
    observed: Observed,
) -> None:
    lines = [observed.ask(path=path) for path in ("/history/x/../y", "/statements/2026-01-02")]
    assert [(line["route"], line["status"], line["outcome"]) for line in lines] == [
        ("unmatched", 404, "not_found"),
        ("/statements/<date>", 200, "OK"),
    ]


def test_the_page_of_what_can_be_seen_has_every_field_of_a_request_s_line(
    observed: Observed,
) -> None:
    observed.laptop.break_exchange(Fault.RATE_LIMITED, times=4)
    lines = [observed.ask()]
    observed.laptop.forget_failure()
    lines.append(observed.ask())
    page = (Path(__file__).parents[2] / "docs/observability.md").read_text()
    table = page.partition("The line of a request")[2].partition("The other events")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(documented) == sorted({"timestamp"}.union(*lines))


def test_neither_metrics_nor_traces_nor_lines_have_a_key_a_figure_or_a_viewer(
    observed: Observed,
) -> None:
    viewer = "a-viewer-whose-id-is-long"
    event = make_v2_event(claims={**CLAIMS, "sub": viewer})
    observed.monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={ROOT};Parent={0:016x};Sampled=1")
    answer = observed.handler(event, None)
    told = observed.written.getvalue() + json.dumps(observed.received())
    key = observed.laptop.simulator.credentials
    figures = [
        holding[name]
        for holding in json.loads(answer["body"])["holdings"]
        for name in ("account_id", "balance")
        if len(holding[name]) > 5
    ]
    assert len(figures) > 10
    for hidden in (viewer, key.api_key, key.api_secret, key.passphrase, *figures):
        assert hidden not in told
