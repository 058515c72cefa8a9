"""Each way in which Coinbase fails: its code without a snapshot, the last good figures with one."""

import json
import logging
import time as real_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdings import logs
from holdings.api.problem_kinds import KINDS
from local.simulator import Fault
from tests.builders import unvalued
from tests.integration.conftest import Laptop

CODES = {
    Fault.RESET: "exchange_unavailable",
    Fault.RATE_LIMITED: "exchange_rate_limited",
    Fault.INTERNAL_ERROR: "exchange_unavailable",
    Fault.BAD_GATEWAY: "exchange_invalid_response",
    Fault.MAINTENANCE: "exchange_unavailable",
    Fault.TRUNCATED: "exchange_invalid_response",
    Fault.HALF_JSON: "exchange_invalid_response",
    Fault.MISSING_BALANCE: "exchange_invalid_response",
    Fault.NAN_BALANCE: "exchange_invalid_response",
    Fault.REPEAT_PAGE: "exchange_invalid_response",
    Fault.ENDLESS_PAGES: "exchange_invalid_response",
    Fault.HTML: "exchange_invalid_response",
    Fault.REDIRECT: "exchange_invalid_response",
    Fault.FORBIDDEN: "exchange_permission_denied",
    Fault.INVALID_API_KEY: "exchange_credentials_rejected",
    Fault.INVALID_SIGNATURE: "exchange_credentials_rejected",
    Fault.INVALID_PASSPHRASE: "exchange_credentials_rejected",
    Fault.TIMESTAMP_EXPIRED: "exchange_unavailable",
}
SLOW = {
    Fault.HANG: {},
    Fault.SLOW: {"seconds": 60},
}


def check_failure(laptop: Laptop, code: str) -> None:
    """Without a snapshot the code; nothing is stored."""
    response = laptop.get()
    assert laptop.code(response) == code
    assert response.status_code == KINDS[code].status
    assert ("Retry-After" in response.headers) == (response.status_code == 503)


def check_stale(laptop: Laptop, good: dict[str, Any], code: str) -> None:
    response = laptop.get("?refresh=true")
    assert (response.status_code, response.headers["X-Cache"]) == (200, "STALE")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json
    (warning,) = response.json["warnings"]
    assert warning["code"] == code
    source = {**good["sources"][0], "stale": True, "warning": warning}
    stale = {"stale": True, "warnings": [warning], "sources": [source]}
    assert unvalued(response.json) == unvalued({**good, **stale})


@pytest.mark.parametrize("fault", CODES)
def test_a_fault_gives_its_code_and_with_a_snapshot_the_last_good_figures(
    laptop: Laptop, fault: Fault
) -> None:
    laptop.break_exchange(fault)
    check_failure(laptop, CODES[fault])
    asked = laptop.asked()
    for _ in range(3):  # what has failed is remembered, and not asked for again
        check_failure(laptop, CODES[fault])
    assert laptop.asked() == asked
    laptop.simulator.exchange.faults.clear()
    laptop.simulator.exchange.rate_limits.refill()
    laptop.forget_failure()
    good = json.loads(laptop.get().data)
    laptop.break_exchange(fault)
    laptop.time.advance(60)
    asked = laptop.asked()
    check_stale(laptop, good, CODES[fault])
    once = laptop.asked() - asked
    for _ in range(3):
        check_stale(laptop, good, CODES[fault])
    assert laptop.asked() - asked == once


def test_a_refused_connection_is_unavailable(laptop: Laptop) -> None:
    good = json.loads(laptop.get().data)
    laptop.simulator.stop()
    check_stale(laptop, good, "exchange_unavailable")
    laptop.time.advance(100_000)
    check_failure(laptop, "exchange_unavailable")


@pytest.mark.slow
@pytest.mark.parametrize("fault", SLOW)
def test_an_answer_comes_by_the_deadline_however_slow_coinbase_is(
    laptop: Laptop, fault: Fault
) -> None:
    laptop.real_time = True
    laptop.restart()
    laptop.break_exchange(fault, **SLOW[fault])
    laptop.time.time = real_time.time()
    started = real_time.monotonic()
    check_failure(laptop, "exchange_timeout")
    # 10 s, and what a busy machine adds; without a deadline it would take a minute or more.
    assert 9 < real_time.monotonic() - started < 40


@pytest.mark.slow
def test_one_lost_answer_is_asked_for_again_in_time(laptop: Laptop) -> None:
    laptop.real_time = True
    laptop.restart()
    laptop.time.time = real_time.time()
    laptop.break_exchange(Fault.HANG, times=1)
    assert laptop.get().headers["X-Cache"] == "MISS"
    assert laptop.asked() == 2


def test_a_page_without_end_within_many_pages_is_cut_off(laptop: Laptop) -> None:
    laptop.break_exchange(Fault.ENDLESS_PAGES)
    check_failure(laptop, "exchange_invalid_response")
    assert laptop.asked() <= 50


def test_a_failure_in_the_middle_of_the_pages_stores_nothing(laptop: Laptop) -> None:
    laptop.simulator.exchange.page_size = 50
    laptop.break_exchange(Fault.MISSING_BALANCE, after=2)
    check_failure(laptop, "exchange_invalid_response")
    laptop.simulator.exchange.faults.clear()
    laptop.forget_failure()
    assert laptop.get().headers["X-Cache"] == "MISS"


def test_a_rate_limit_that_asks_for_long_patience_is_not_waited_for(laptop: Laptop) -> None:
    laptop.break_exchange(Fault.RATE_LIMITED, headers={"Retry-After": "30"})
    response = laptop.get()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert laptop.asked() == 1


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.MAINTENANCE, Fault.BAD_GATEWAY])
@pytest.mark.parametrize("asked", ["1", "3"])
def test_patience_that_coinbase_asks_for_is_had(laptop: Laptop, fault: Fault, asked: str) -> None:
    laptop.break_exchange(fault, headers={"Retry-After": asked}, times=2)
    assert laptop.get().headers["X-Cache"] == "MISS"
    assert laptop.time.sleeps == [float(asked)] * 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    status=st.sampled_from([200, 204, 206, 301, 400, 401, 403, 404, 418, 429, 500, 503, 599]),
    body=st.binary() | st.sampled_from([b"[]", b"[{}]", b"[" * 100_000, b'{"message":7}', b"null"]),
    headers=st.dictionaries(
        st.sampled_from(["Retry-After", "CB-AFTER", "Content-Encoding", "Content-Type"]),
        st.sampled_from(["gzip", "br", "7", "x", "text/html", "identity"]),
    ),
)
def test_any_bytes_are_an_answer_or_a_documented_code(
    laptop: Laptop, status: int, body: bytes, headers: dict[str, str]
) -> None:
    laptop.simulator.exchange.rate_limits.refill()
    laptop.break_exchange(Fault.BODY, status=status, headers=headers, body=body)
    laptop.time.advance(200_000)
    response = laptop.get()
    if response.status_code != 200:
        assert laptop.code(response).startswith("exchange_")
        assert laptop.code(response) in KINDS


@pytest.mark.parametrize("size", [16 * 1024 * 1024 + 1])
def test_a_body_without_measure_is_not_read_to_its_end(laptop: Laptop, size: int) -> None:
    laptop.break_exchange(Fault.BODY, status=200, body=b" " * size)
    check_failure(laptop, "exchange_invalid_response")


def test_every_line_about_a_failing_coinbase_has_the_request_s_id(laptop: Laptop) -> None:
    seen: dict[str, str] = {}

    class Ids(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen[record.name] = logs.request_id.get()

    laptop.break_exchange(Fault.INVALID_API_KEY)
    logger, handler = logging.getLogger("holdings"), Ids()
    logger.addHandler(handler)
    try:
        request_id = laptop.get().headers["X-Request-Id"]
    finally:
        logger.removeHandler(handler)
    assert seen["holdings.adapters.exchange_http.client"] == request_id
