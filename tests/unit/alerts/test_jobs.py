"""The job evaluate-alerts beside the API: what fires is kept once, mailed, and stopped."""

import base64
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

import holdings
from holdings import Parts, create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.alerts.jobs import EvaluateAlerts, MailFeedback, stop_of
from holdings.core.errors import (
    Conflict,
    ExchangeUnavailable,
    HoldingsError,
    MailRefused,
    MailUnavailable,
)
from holdings.core.ports import Mail
from holdings.jobs.parts import evaluate_alerts_of, refresh_readings_of
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeMarket,
    FakeQueues,
    FakeRecords,
    Killed,
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
    def __init__(self) -> None:
        self.time = FakeClock()
        self.records, self.cache = FakeRecords(), FakeCache()
        self.kind, self.mailer = FakeKind(), FakeMailer()
        settings = make_settings(
            REFRESH_SECONDS="3600",
            SHARED_CONNECTION="false",
            MAIL_FROM="alerts@holdings.example",
            USER_POOL_ID="pool",
            PUBLIC_WEB_URL="https://holdings.example",
            PUBLIC_API_URL="https://api.holdings.example",
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
        made = holdings.services(settings, clock, Parts(**given))
        self.refresh = refresh_readings_of(settings, made, clock)
        self.job: EvaluateAlerts = evaluate_alerts_of(settings, made, self.mailer, clock)
        self.client = create_app(settings, clock=clock, **given).test_client()
        body = {
            "exchange": "coinbase_exchange",
            "label": "Main",
            "credential": {"name": "key", "secret": "s"},
        }
        self.connection = self.ask("POST", "/connections", json=body).json["id"]
        self.time.advance(10)

    def ask(self, method: str, path: str, viewer: str = "ann", **kwargs: Any) -> Any:
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return self.client.open(path, method=method, environ_overrides=context, **kwargs)

    def set(self, *rules: dict[str, Any], mail: bool = True, figures: bool = True) -> Any:
        body = {"mail": {"enabled": mail, "figures": figures}, "rules": list(rules)}
        response = self.ask("PUT", "/alerts", json=body)
        assert response.status_code == 200, response.text
        return response.json

    def hold(self, balance: str | None) -> None:
        """What there is of BTC from now on, None where the exchange fails."""
        answer: Any = [make_account(currency="BTC", balance=balance)] if balance else []
        if balance is None:
            answer = ExchangeUnavailable("no answer", transient=True)
        self.kind.exchanges.setdefault("key", FakeExchange()).answer = answer

    def hour(self) -> str:
        self.time.advance(HOUR)
        window = int(self.time.clock.now()) // HOUR * HOUR
        self.refresh.run("ann", self.connection, window, seconds=30)
        return self.job.run("ann", window, seconds=30)

    @property
    def window(self) -> int:
        return int(self.time.clock.now()) // HOUR * HOUR

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/alerts/events").json["events"]


FELL = {"kind": "balance_fell", "currency": "BTC", "amount": "0.5"}


@pytest.fixture
def house() -> House:
    made = House()
    made.set(FELL)
    made.hold("2")
    assert made.hour() == "quiet"
    return made


def test_a_fall_is_an_event_and_a_mail_with_its_figures(house: House) -> None:
    house.hold("1.25")
    assert house.hour() == "fired"
    (event,) = house.events
    assert (event["kind"], event["title"], event["mail"]) == (
        "balance_fell",
        "A balance fell",
        "sent",
    )
    assert event["detail"] == "BTC fell by 0.75, from 2 to 1.25."
    assert event["figures"][0] == {"name": "fell_by", "value": "0.75", "unit": "BTC"}
    ((viewer, mail),) = house.mailer.sent
    assert (viewer, mail.subject) == ("ann", "A balance fell")
    assert "BTC fell by 0.75, from 2 to 1.25." in mail.text
    assert "https://holdings.example/alerts" in mail.text
    assert mail.unsubscribe_url.startswith("https://api.holdings.example/alerts/unsubscribe?token=")
    assert house.hour() == "quiet"
    assert len(house.mailer.sent) == 1


def test_without_figures_a_mail_says_only_that_something_changed(house: House) -> None:
    house.set({**FELL, "id": house.ask("GET", "/alerts").json["rules"][0]["id"]}, figures=False)
    house.hold("1")
    assert house.hour() == "fired"
    ((_, mail),) = house.mailer.sent
    assert mail.subject == "Something changed: have a look"
    assert not {"BTC", "0.75", "1.25", "Main", "fell"} & set(mail.text.replace(".", " ").split())
    assert house.events[0]["detail"].startswith("BTC fell")


def test_whoever_wants_no_mail_gets_none(house: House) -> None:
    house.set({**FELL, "id": house.ask("GET", "/alerts").json["rules"][0]["id"]}, mail=False)
    house.hold("1")
    assert house.hour() == "fired"
    assert house.mailer.sent == []
    assert house.events[0]["mail"] == "off"


def test_a_failing_exchange_fires_no_fall(house: House) -> None:
    house.hold(None)
    assert [house.hour() for _ in range(3)] == ["quiet"] * 3
    assert house.events == []


def test_the_same_window_again_and_an_older_one_fire_nothing(house: House) -> None:
    house.hold("1")
    house.hour()
    assert house.job.run("ann", house.window, seconds=30) == "quiet"
    assert house.job.run("ann", house.window - 2 * HOUR, seconds=30) == "old"
    assert len(house.events) == len(house.mailer.sent) == 1


def test_two_at_once_fire_once(house: House) -> None:
    house.hold("1")
    house.time.advance(HOUR)
    house.refresh.run("ann", house.connection, house.window, seconds=30)
    put, nested = house.records.alerts.put_states, [True]

    def meanwhile(*given: Any, **named: Any) -> None:
        if nested.pop() if nested else False:
            house.job.run("ann", house.window, seconds=30)
        put(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.records.alerts, "put_states", meanwhile)
        house.job.run("ann", house.window, seconds=30)
    assert len(house.events) == len(house.mailer.sent) == 1


def test_whoever_goes_on_being_overtaken_gives_up_and_comes_again(house: House) -> None:
    def refused(*_: Any) -> None:
        raise Conflict("changed meanwhile")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.records.alerts, "put_states", refused)
        with pytest.raises(Conflict):
            house.hour()


def test_killed_at_any_write_and_run_again_there_is_one_event_and_a_mail() -> None:
    step = 0
    while step < 10:
        step += 1
        house = House()
        house.set(FELL)
        house.hold("2")
        house.hour()
        house.hold("1")
        house.time.advance(HOUR)
        house.refresh.run("ann", house.connection, house.window, seconds=30)
        house.records.alerts.writes = 0
        house.records.alerts.dies_at = step
        try:
            house.job.run("ann", house.window, seconds=30)
        except Killed:
            house.records.alerts.dies_at = None
            house.job.run("ann", house.window, seconds=30)
        else:
            break
        assert len(house.events) == 1
        assert house.events[0]["mail"] == "sent"
        assert len(house.mailer.sent) == 1
    assert step == 3


def test_killed_before_a_mail_is_noted_it_is_sent_once_more(house: House) -> None:
    house.hold("1")
    house.mailer.error = Killed()
    with pytest.raises(Killed):
        house.hour()
    house.mailer.error = None
    house.job.run("ann", house.window, seconds=30)
    assert len(house.mailer.sent) == 2
    assert len(house.events) == 1


def test_a_mail_that_cannot_be_sent_now_waits_and_one_that_is_refused_does_not(
    house: House,
) -> None:
    house.hold("1")
    house.mailer.error = MailUnavailable("later")
    with pytest.raises(MailUnavailable):
        house.hour()
    assert house.events[0]["mail"] == "waiting"
    house.mailer.error = MailRefused("never")
    house.job.run("ann", house.window, seconds=30)
    assert house.events[0]["mail"] == "failed"
    house.mailer.error = None
    house.hour()
    assert house.mailer.sent == []


def test_what_has_waited_for_a_day_is_no_news(house: House) -> None:
    house.hold("1")
    house.mailer.error = MailUnavailable("later")
    with pytest.raises(MailUnavailable):
        house.hour()
    house.mailer.error = None
    house.time.advance(25 * HOUR)
    house.job.run("ann", house.window, seconds=30)
    assert house.mailer.sent == []


def test_one_click_stops_the_mails_and_the_page_starts_them_again(house: House) -> None:
    house.hold("1")
    house.hour()
    link = house.mailer.sent[0][1].unsubscribe_url.partition("api.holdings.example")[2]
    page = house.client.get(link)
    assert (page.status_code, "<form" in page.text) == (200, True)
    assert house.ask("GET", "/alerts").json["mail"]["stopped"] is None
    done = house.client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    stopped = house.ask("GET", "/alerts").json["mail"]["stopped"]
    assert stopped["code"] == "unsubscribed"
    house.hold("0.1")
    house.time.advance(6 * HOUR)
    assert house.hour() == "fired"
    assert house.events[0]["mail"] == "stopped"
    assert len(house.mailer.sent) == 1
    kept = house.ask("GET", "/alerts").json["rules"]
    mine = {**FELL, "id": kept[0]["id"]}
    assert house.set(mine, mail=False)["mail"]["stopped"]["code"] == "unsubscribed"
    assert house.set(mine)["mail"]["stopped"] is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "é",
        "=" * 9,
        "A" * 10_000,
        base64.urlsafe_b64encode(b"ann wrong").decode(),
        base64.urlsafe_b64encode(b"shared secret").decode(),
        base64.urlsafe_b64encode(b"ann").decode(),
        base64.urlsafe_b64encode(b"bob x").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_wrong_token_is_answered_like_a_right_one_and_stops_nothing(
    house: House, token: str
) -> None:
    right = house.client.post("/alerts/unsubscribe")
    wrong = house.client.post("/alerts/unsubscribe", query_string={"token": token})
    assert (wrong.status_code, wrong.text) == (200, right.text)
    assert house.ask("GET", "/alerts").json["mail"]["stopped"] is None
    assert house.records.alerts.kept.keys() == {"ann"}


def feedback(kind: str, bounce: str = "Permanent", viewer: Any = ("ann",)) -> dict[str, Any]:
    return {
        "detail-type": kind,
        "source": "aws.ses",
        "detail": {
            "mail": {"tags": {"viewer": list(viewer), "ses:configuration-set": ["holdings"]}},
            "bounce": {"bounceType": bounce},
        },
    }


@pytest.mark.parametrize(
    ("event", "stopped"),
    [
        (feedback("Email Bounced"), ("ann", "bounced")),
        (feedback("Email Bounced", "Transient"), None),
        (feedback("Email Complaint Received"), ("ann", "complained")),
        (feedback("Email Delivered"), None),
        (feedback("Email Bounced", viewer=()), None),
        (feedback("Email Bounced", viewer=("ann", "bob")), None),
        (feedback("Email Bounced", viewer=("shared",)), None),
        (feedback("Email Bounced", viewer=(7,)), None),
        ({"detail-type": "Email Bounced", "detail": []}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_only_what_never_arrives_or_is_not_wanted_stops_mail(event: Any, stopped: Any) -> None:
    assert stop_of(event) == stopped


def test_a_bounce_stops_the_mail_of_whom_it_was_for(house: House) -> None:
    job = MailFeedback(records=house.records, clock=house.time.clock)
    assert job.run(feedback("Email Bounced"), seconds=5) == "bounced"
    assert job.run(feedback("Email Complaint Received"), seconds=5) == "complained"
    assert job.run(feedback("Email Bounced", viewer=("bob",)), seconds=5) == "bounced"
    assert house.ask("GET", "/alerts").json["mail"]["stopped"]["code"] == "bounced"
    assert house.records.alerts.kept.keys() == {"ann"}


def test_rules_keep_their_ids_and_nobody_gives_out_another(house: House) -> None:
    (rule,) = house.ask("GET", "/alerts").json["rules"]
    response = house.ask("GET", "/alerts")
    tag = response.headers["ETag"]
    body = {
        "mail": {"enabled": False},
        "rules": [{**FELL, "id": rule["id"]}, {"kind": "connection_failed", "hours": 6}],
    }
    changed = house.ask("PUT", "/alerts", json=body, headers={"If-Match": tag})
    assert [one["id"] == rule["id"] for one in changed.json["rules"]] == [True, False]
    assert house.ask("PUT", "/alerts", json=body, headers={"If-Match": tag}).status_code == 409
    for wrong in ([{**FELL, "id": "other"}], [{**FELL, "id": rule["id"]}] * 2):
        refused = house.ask("PUT", "/alerts", json={**body, "rules": wrong})
        assert refused.status_code == 422
        assert "rules.0.id" in refused.json["errors"]
    other = [{**FELL, "connection_id": "0" * 32}]
    refused = house.ask("PUT", "/alerts", json={**body, "rules": other})
    assert refused.json["errors"] == {"rules.0.connection_id": ["Not a connection of yours."]}
    assert house.records.profiles["ann"].alerts == 2


@pytest.mark.parametrize(
    ("rule", "field_name"),
    [
        ({"kind": "nothing"}, "kind"),
        ({**FELL, "ratio": "0.1"}, "amount"),
        ({"kind": "balance_fell", "currency": "BTC"}, "amount"),
        ({"kind": "balance_fell", "amount": "1"}, "currency"),
        ({"kind": "balance_fell", "currency": "BTC", "ratio": "1"}, "ratio"),
        ({**FELL, "amount": "-1"}, "amount"),
        ({**FELL, "amount": 1}, "amount"),
        ({**FELL, "amount": "1e3"}, "amount"),
        ({**FELL, "currency": "<b>"}, "currency"),
        ({**FELL, "hours": 3}, "hours"),
        ({**FELL, "cooldown_hours": 0}, "cooldown_hours"),
        ({**FELL, "more": 1}, "more"),
        ({"kind": "left_exchange"}, "currency"),
        ({"kind": "value_crossed", "amount": "1"}, "direction"),
        ({"kind": "value_crossed", "amount": "1", "direction": "up"}, "direction"),
        ({"kind": "connection_failed"}, "hours"),
        ({"kind": "connection_failed", "hours": 721}, "hours"),
        ({"kind": "reconciliation_broke", "currency": "BTC"}, "currency"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(
    house: House, rule: dict[str, Any], field_name: str
) -> None:
    body = {"mail": {"enabled": False}, "rules": [rule]}
    refused = house.ask("PUT", "/alerts", json=body)
    assert refused.status_code == 422
    assert f"rules.0.{field_name}" in refused.json["errors"]


def test_there_are_at_most_twenty_rules(house: House) -> None:
    body = {"mail": {"enabled": False}, "rules": [FELL] * 21}
    assert "rules" in house.ask("PUT", "/alerts", json=body).json["errors"]
    house.set(*[FELL] * 20)


def test_what_fired_is_paged(house: House) -> None:
    for balance in ("1", "9", "1", "9", "1"):
        house.hold(balance)
        house.time.advance(6 * HOUR)
        house.hour()
    first = house.ask("GET", "/alerts/events?limit=2").json
    rest = house.ask("GET", f"/alerts/events?limit=2&cursor={first['next']}").json
    assert [len(first["events"]), len(rest["events"]), rest["next"]] == [2, 1, None]
    at = [one["at"] for one in (*first["events"], *rest["events"])]
    assert at == sorted(at, reverse=True)
    assert house.ask("GET", "/alerts/events?cursor=x").status_code == 422
    assert house.ask("GET", "/alerts/events?limit=0").status_code == 422


def test_what_nobody_here_wrote_counts_as_nothing_and_can_be_set_anew(house: House) -> None:
    house.records.alerts.kept["ann"] = b"junk", 7
    house.records.alerts.known["ann"] = b"junk", 3
    assert house.ask("GET", "/alerts").json["rules"] == []
    assert house.hour() == "nothing_to_do"
    house.set(FELL)
    assert house.hour() == "quiet"


def test_a_stranger_has_alerts_of_their_own_and_sees_none_of_others(house: House) -> None:
    house.hold("1")
    house.hour()
    assert house.ask("GET", "/alerts", viewer="bob").json["rules"] == []
    assert house.ask("GET", "/alerts/events", viewer="bob").json == {"events": [], "next": None}
    assert house.client.get("/alerts").status_code == 401


def test_the_value_of_all_is_compared_in_the_viewer_s_currency() -> None:
    house = House()
    house.set({"kind": "value_crossed", "amount": "100000", "direction": "below"})
    house.hold("2")  # at 60,000 USD each
    house.hour()
    house.hold("1")
    assert house.hour() == "fired"
    assert house.events[0]["detail"] == "The value is 60000 USD, below the line of 100000 USD."
    assert Decimal(house.events[0]["figures"][0]["value"]) == 60_000
