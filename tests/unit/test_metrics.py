"""The time that exchanges take, and where CloudWatch is told of requests."""

import logging

import pytest

from holdings.metrics import UpstreamTime
from tests.unit.test_api import Api


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_two_that_are_asked_at_once_count_once_and_pauses_do_not() -> None:
    watch = Watch()
    time = UpstreamTime(watch)
    assert time.milliseconds is None
    with time:
        watch.seconds += 1
        with time:
            watch.seconds += 2
        watch.seconds += 3
    watch.seconds += 10
    with time:
        watch.seconds += 0.5
        assert time.milliseconds == 6500
    watch.seconds += 10
    assert time.milliseconds == 6500


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_a_line_has_its_route_and_code_and_outside_lambda_counts_nothing(
    prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    environ = {"API_PREFIX": prefix, "METRICS_NAMESPACE": "holdings/test"}
    client = Api(environ=environ).client
    with caplog.at_level(logging.INFO):
        client.get(f"{prefix}/health")
        client.delete(f"{prefix}/connections/1234")
        client.get("/elsewhere")
    lines = [vars(r) for r in caplog.records if vars(r).get("event") == "request"]
    fields = ("method", "route", "status", "code", "outcome")
    assert [tuple(line[name] for name in fields) for line in lines] == [
        ("GET", f"{prefix}/health", 200, None, "OK"),
        ("DELETE", f"{prefix}/connections/<connection_id>", 401, *["unauthenticated"] * 2),
        ("GET", "unmatched", 404, "not_found", "not_found"),
    ]
    assert not [line for line in lines if "_aws" in line]
