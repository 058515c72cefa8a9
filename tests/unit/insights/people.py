"""Facts for tests, a day as short as it may be, and a viewer whose ledgers have been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from holdings import Parts, Services, create_app, services
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.connections import Profile
from holdings.core.errors import HoldingsError
from holdings.core.history.entries import DAY
from holdings.core.insights.facts import DayFacts, Facts, HeldAsset
from tests.builders import (
    NOW,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    FakeQueue,
    FakeRecords,
    Killed,
    make_settings,
)
from tests.unit.history.books import TODAY, TrueBook
from tests.unit.history.test_history_routes import MAIN, VIEWER, House

WINDOW = NOW // 86_400 * 86_400


def make_day(
    day: int,
    assets: Mapping[str, str | None],
    *,
    deposits: str | None = "0",
    withdrawals: str | None = "0",
    known: bool = True,
) -> DayFacts:
    """A day on which one unit of each asset is worth so much, or nobody knows what."""
    values = {code: None if value is None else Decimal(value) for code, value in assets.items()}
    priced = [value for value in values.values() if value is not None]
    return DayFacts(
        day=day,
        value=sum(priced, Decimal()) if priced or not assets else None,
        known=known,
        deposits=None if deposits is None else Decimal(deposits),
        withdrawals=None if withdrawals is None else Decimal(withdrawals),
        assets=[HeldAsset(code, Decimal(1), value) for code, value in sorted(values.items())],
    )


def make_facts(days: int = 90, **changes: Any) -> Facts:
    """Each of the last days with 600 of BTC, 300 of USD and 100 of USDC, unless it is said."""
    held = {"BTC": "600", "USD": "300", "USDC": "100"}
    listed = [make_day(TODAY - number, held) for number in range(days, 0, -1)]
    return Facts(WINDOW, "USD", listed)._replace(**changes)


@dataclass
class FakeStages:
    """What was asked for: job, viewer, window. `error` fails each call, `dies_at` ends in one."""

    sent: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    error: HoldingsError | None = None
    calls: int = 0
    dies_at: int | None = None

    def send(
        self,
        job: str,
        viewer: str,
        *,
        window: int | None = None,
        connection: str = "",
        delay_seconds: int = 0,
    ) -> None:
        self.calls += 1
        if self.calls == self.dies_at:
            raise Killed
        if self.error:
            raise self.error
        assert window is not None
        self.sent.append((job, viewer, window))


@dataclass
class Person:
    """One viewer, the jobs over what is kept of them, and the API that shows it."""

    books: dict[str, TrueBook] = field(default_factory=dict[str, TrueBook])
    daily: dict[str, dict[int, Decimal]] = field(default_factory=dict[str, dict[int, Decimal]])
    cache: FakeCache = field(default_factory=FakeCache)
    queues: FakeStages = field(default_factory=FakeStages)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.house = House(self.books or {MAIN: small_book()}, clock=self.clock)
        self.records: FakeRecords = self.house.records
        self.market: FakeMarket = self.house.market
        self.market.daily = self.daily or {"BTC-USD": {TODAY - 200: Decimal(50)}}
        self.records.profiles[VIEWER] = Profile(created_at=NOW)
        given = Parts(
            exchange=FakeExchange(),
            cache=self.cache,
            records=self.records,
            kinds={},
            market=self.market,
            queue=FakeQueue(),
            queues=self.queues,
        )
        settings = make_settings(SHARED_CONNECTION="false")
        self.jobs: Services = services(settings, self.clock.clock, given)
        app = create_app(settings, clock=self.clock.clock, **given._asdict())
        self.client: FlaskClient = app.test_client()

    def run(self, window: int = WINDOW) -> list[str]:
        """Run the three stages as their messages would have it; return their outcomes."""
        jobs = self.jobs
        return [
            jobs.compute_features().run(VIEWER, window, seconds=100),
            jobs.assign_persona().run(VIEWER, window, seconds=100),
            jobs.generate_recommendations().run(VIEWER, window, seconds=100),
        ]

    def documents(self) -> dict[str, tuple[bytes, int]]:
        kept = self.records.insights.kept.get(VIEWER, {})
        return {part: (one.document, one.window) for part, one in kept.items()}

    def ask(self, method: str, path: str, viewer: str = VIEWER, **more: Any) -> TestResponse:
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return self.client.open(path, method=method, environ_overrides=context, **more)

    def shown(self) -> dict[str, Any]:
        answer = self.ask("GET", "/insights")
        assert answer.status_code == 200, answer.text
        assert answer.json
        return answer.json


def small_book() -> TrueBook:
    """Two BTC from a hundred days ago on, and 60 USD from fifty days ago on."""
    book = TrueBook(currencies={"a" * 32: "BTC", "b" * 32: "USD"})
    book.add("a" * 32, (TODAY - 100) * DAY + 5, Decimal(2), "deposit")
    book.add("b" * 32, (TODAY - 50) * DAY + 5, Decimal(60), "deposit")
    return book
