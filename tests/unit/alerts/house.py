"""A viewer with one connection, the jobs around their alerts, and a mailbox; all in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import holdings
from holdings import Parts, create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.alerts.jobs import EvaluateAlerts
from holdings.core.errors import ExchangeUnavailable, HoldingsError
from holdings.core.ports import Mail
from holdings.jobs import evaluate_alerts
from holdings.jobs.batch import handle
from holdings.jobs.parts import evaluate_alerts_of, refresh_readings_of
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeMarket,
    FakeQueues,
    FakeRecords,
    make_account,
    make_settings,
)

HOUR = 3_600


@dataclass
class FakeMailer:
    """What was sent, or why nothing is."""

    sent: list[tuple[str, Mail]] = field(default_factory=list[tuple[str, Mail]])
    error: BaseException | None = None

    def send(self, viewer: str, mail: Mail) -> None:
        if isinstance(self.error, HoldingsError):
            raise self.error
        self.sent.append((viewer, mail))
        if self.error:
            raise self.error


class House:
    def __init__(self, **changes: str) -> None:
        self.time = FakeClock()
        self.records, self.cache = FakeRecords(), FakeCache()
        self.kind, self.mailer = FakeKind(), FakeMailer()
        settings = make_settings(
            **{
                "REFRESH_SECONDS": "3600",
                "SHARED_CONNECTION": "false",
                "MAIL_FROM": "alerts@holdings.example",
                "USER_POOL_ID": "pool",
                "PUBLIC_WEB_URL": "https://holdings.example",
                "PUBLIC_API_URL": "https://api.holdings.example",
                **changes,
            }
        )
        given: dict[str, Any] = {
            "exchange": FakeExchange(),
            "cache": self.cache,
            "records": self.records,
            "kinds": {"coinbase_exchange": self.kind},
            "market": FakeMarket(),
            "queues": FakeQueues(),
        }
        clock = self.time.clock
        self.made = made = holdings.services(settings, clock, Parts(**given))
        self.refresh = refresh_readings_of(settings, made, clock)
        self.job: EvaluateAlerts = evaluate_alerts_of(settings, made, self.mailer, clock)
        self.client = create_app(settings, clock=clock, **given).test_client()
        self.connection = self.connect("Main", "key")
        self.time.advance(10)

    def connect(self, label: str, key: str) -> str:
        body = {
            "exchange": "coinbase_exchange",
            "label": label,
            "credential": {"name": key, "secret": "s"},
        }
        response = self.ask("POST", "/connections", json=body)
        assert response.status_code == 201, response.text
        return response.json["id"]

    def ask(self, method: str, path: str, viewer: str = "ann", **kwargs: Any) -> Any:
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return self.client.open(path, method=method, environ_overrides=context, **kwargs)

    def set(self, *rules: dict[str, Any], mail: bool = True, figures: bool = True) -> Any:
        body = {"mail": {"enabled": mail, "figures": figures}, "rules": list(rules)}
        response = self.ask("PUT", "/alerts", json=body)
        assert response.status_code == 200, response.text
        return response.json

    def hold(self, balance: str | None, key: str = "key") -> None:
        """What there is of BTC from now on, None where the exchange fails."""
        answer: Any = [make_account(currency="BTC", balance=balance)] if balance else []
        if balance is None:
            answer = ExchangeUnavailable("no answer", transient=True)
        self.kind.exchanges.setdefault(key, FakeExchange()).answer = answer

    def hour(self) -> str:
        self.time.advance(HOUR)
        self.read(self.connection)
        return self.look()

    def read(self, connection: str) -> str:
        return self.refresh.run("ann", connection, self.window, seconds=30)

    def look(self) -> str:
        return self.job.run("ann", self.window, seconds=30)

    def arrive(self) -> None:
        """A message has come, as SQS delivers it."""
        body = json.dumps({"v": 1, "viewer": "ann", "window": self.window})
        record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        answer = handle({"Records": [record]}, None, evaluate_alerts.job(self.job))
        assert answer == {"batchItemFailures": []}

    @property
    def window(self) -> int:
        return int(self.time.clock.now()) // HOUR * HOUR

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/alerts/events").json["events"]


FELL = {"kind": "balance_fell", "currency": "BTC", "amount": "0.5"}
