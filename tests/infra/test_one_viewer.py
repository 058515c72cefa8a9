"""The alarms hear of one viewer's trouble: a page that asks the app once a minute."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core import errors
from tests.builders import (
    CLAIMS,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_account,
    make_settings,
)
from tests.infra.capture import declared
from tests.infra.cloudwatch import Line, fired, matches

SIGNED_IN: dict[str, Any] = {
    REQUEST_CONTEXT: {"requestId": "r-1", "authorizer": {"jwt": {"claims": CLAIMS}}}
}
QUARTER_OF_MINUTES = 15
UNAVAILABLE = errors.ExchangeUnavailable("Coinbase is down")


class Viewer:
    """One page, and what the app logs of it, as Lambda writes a line: its extras at the top."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.clock, self.exchange, self.cache = FakeClock(), FakeExchange(), FakeCache()
        self.lines: list[tuple[float, Line]] = []
        app = create_app(
            make_settings(),
            clock=self.clock.clock,
            exchange=self.exchange,
            cache=self.cache,
            market=FakeMarket(),
        )
        self._client, self._caplog = app.test_client(), caplog

    def ask(self, minutes: int) -> None:
        for _ in range(minutes):
            self._client.get("/holdings", environ_overrides=SIGNED_IN)
            self.lines += [(self.clock.time, _line(record)) for record in self._caplog.records]
            self._caplog.clear()
            self.clock.advance(60)

    def fired(self) -> set[str]:
        return fired(declared("prod"), self.lines)


def _line(record: logging.LogRecord) -> Line:
    extras = {name: getattr(record, name) for name in ("event", "code") if hasattr(record, name)}
    return {"level": record.levelname, "message": record.getMessage(), **extras}


@pytest.fixture
def viewer(caplog: pytest.LogCaptureFixture) -> Viewer:
    return Viewer(caplog)


FAILURES: list[tuple[errors.HoldingsError, set[str]]] = [
    (UNAVAILABLE, {"exchange-failure", "problem"}),
    (errors.ExchangeTimeout("no answer"), {"exchange-failure", "problem"}),
    (errors.ExchangeRateLimited("slow down", retry_after=5), {"exchange-failure", "problem"}),
    (errors.ExchangeInvalidResponse("HTML"), {"exchange-failure", "problem"}),
    (errors.SecretInvalid("no key"), {"problem", "setup-invalid"}),
    (errors.Misconfigured("no right"), {"problem", "setup-invalid"}),
    (errors.SecretUnavailable("no answer"), {"problem", "secret-failure"}),
    (errors.HoldingsError("something else"), {"problem"}),
]


@pytest.mark.parametrize(("error", "alarms"), FAILURES, ids=lambda value: type(value).__name__)
def test_what_goes_on_failing_fires(
    viewer: Viewer, error: errors.HoldingsError, alarms: set[str]
) -> None:
    viewer.exchange.answer = error

    viewer.ask(QUARTER_OF_MINUTES)

    assert alarms <= viewer.fired()


def test_old_figures_that_are_served_again_and_again_fire(viewer: Viewer) -> None:
    viewer.ask(1)
    viewer.exchange.answer = UNAVAILABLE

    viewer.ask(QUARTER_OF_MINUTES)

    assert {"exchange-failure", "stale-answer"} <= viewer.fired()


@pytest.mark.parametrize("broken", ["readable", "writable"])
def test_a_cache_that_stays_away_fires(viewer: Viewer, broken: str) -> None:
    setattr(viewer.cache, broken, False)

    viewer.ask(QUARTER_OF_MINUTES)

    assert viewer.fired() == {"cache-failure"}


def test_an_ordinary_day_fires_nothing(viewer: Viewer) -> None:
    """Coinbase and the cache each fail for a minute now and then, as they do."""
    for _ in range(4):
        viewer.ask(QUARTER_OF_MINUTES)
        viewer.exchange.answer = UNAVAILABLE
        viewer.ask(1)
        viewer.exchange.answer = [make_account()]
        viewer.ask(QUARTER_OF_MINUTES)
        viewer.cache.readable = False
        viewer.ask(1)
        viewer.cache.readable = True

    assert viewer.fired() == set()


@pytest.mark.parametrize("error", [errors.SecretInvalid("no key"), errors.Misconfigured("right")])
def test_what_does_not_pass_by_itself_fires_at_once(
    viewer: Viewer, error: errors.HoldingsError
) -> None:
    viewer.exchange.answer = error

    viewer.ask(1)

    assert viewer.fired() == {"setup-invalid"}


def test_old_figures_do_not_hide_a_key_that_cannot_be_used(viewer: Viewer) -> None:
    viewer.ask(1)
    viewer.clock.advance(180)
    viewer.exchange.answer = errors.SecretInvalid("no key")

    viewer.ask(1)

    assert viewer.fired() == {"setup-invalid"}


def test_an_error_of_the_caller_s_is_no_problem_of_ours() -> None:
    (counted,) = (
        f for f in declared("prod").all("LogMetricFilter") if f.arguments["name"] == "problem"
    )
    lines: Sequence[tuple[Line, bool]] = [
        ({"level": "ERROR", "event": "problem", "code": "internal_error"}, True),
        ({"level": "WARNING", "event": "problem", "code": "unauthenticated"}, False),
        ({"level": "ERROR", "event": "request"}, False),
    ]

    assert [matches(counted.arguments["pattern"], line) for line, _ in lines] == [
        chosen for _, chosen in lines
    ]
