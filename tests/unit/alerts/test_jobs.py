"""The job evaluate-alerts beside the API: what fires is kept once, mailed, and stopped."""

import base64
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.core.alerts.jobs import CLAIM_SECONDS, MailFeedback, stop_of
from holdings.core.errors import Conflict, MailRefused, MailUnavailable, RecordsUnavailable
from tests.builders import Killed
from tests.unit.alerts.house import FELL, HOUR, House


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
    assert house.look() == "quiet"
    assert house.job.run("ann", house.window - 2 * HOUR, seconds=30) == "old"
    assert len(house.events) == len(house.mailer.sent) == 1


def test_two_at_once_fire_once(house: House) -> None:
    house.hold("1")
    house.time.advance(HOUR)
    house.read(house.connection)
    put, nested = house.records.alerts.put_states, [True]

    def meanwhile(*given: Any, **named: Any) -> None:
        if nested.pop() if nested else False:
            house.look()
        put(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.records.alerts, "put_states", meanwhile)
        house.look()
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
        house.read(house.connection)
        house.records.alerts.writes = 0
        house.records.alerts.dies_at = step
        try:
            house.look()
        except Killed:
            house.records.alerts.dies_at = None
            house.time.advance(CLAIM_SECONDS)
            house.look()
        else:
            break
        assert len(house.events) == 1
        assert house.events[0]["mail"] == "sent"
        assert len(house.mailer.sent) == 1
    assert step == 4


def test_killed_before_a_mail_is_noted_it_is_sent_once_more(house: House) -> None:
    house.hold("1")
    house.mailer.error = Killed()
    with pytest.raises(Killed):
        house.hour()
    house.mailer.error = None
    house.look()
    assert len(house.mailer.sent) == 1  # whoever is at it may still live
    house.time.advance(CLAIM_SECONDS)
    house.look()
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
    house.time.advance(CLAIM_SECONDS)
    house.look()
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
    house.look()
    assert house.mailer.sent == []
    assert house.events[0]["mail"] == "failed"


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


def complaint(kind: str) -> dict[str, Any]:
    mail = feedback("Email Complaint Received")["detail"]["mail"]
    return {"mail": mail, "complaint": {"complaintFeedbackType": kind}}


@pytest.mark.parametrize(
    ("event", "stopped"),
    [
        (feedback("Email Bounced"), ("ann", "bounced")),
        (feedback("Email Bounced", "Transient"), None),
        (feedback("Email Complaint Received"), ("ann", "complained")),
        (
            {"detail-type": "Email Complaint Received", "detail": complaint("not-spam")},
            None,
        ),
        (
            {"detail-type": "Email Complaint Received", "detail": complaint("abuse")},
            ("ann", "complained"),
        ),
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


def test_a_rule_may_come_back_as_it_was_answered(house: House) -> None:
    rules = house.ask("GET", "/alerts").json["rules"]
    for rule in rules:
        del rule["state"]
    assert house.set(*rules)["rules"][0]["amount"] == "0.5"


def test_a_rule_that_is_edited_fires_nothing_of_what_was_so_before(house: House) -> None:
    (rule,) = house.ask("GET", "/alerts").json["rules"]
    house.set({**FELL, "id": rule["id"], "currency": "ETH"})
    assert [house.hour(), house.hour()] == ["quiet", "quiet"]
    assert house.events == []


def test_a_currency_that_is_chosen_fires_nothing() -> None:
    house = House()
    house.set({"kind": "value_crossed", "amount": "110000", "direction": "below"})
    house.hold("2")  # 120,000 USD
    house.hour()
    changed = house.ask("PATCH", "/me", json={"currency": "EUR"})
    assert changed.status_code == 200
    assert [house.hour(), house.hour()] == ["quiet", "quiet"]


def test_each_of_two_connections_is_looked_at_when_it_has_been_read(house: House) -> None:
    other = house.connect("Other", "other")
    house.hold("3", "other")
    house.hour()
    house.read(other)
    assert house.look() == "quiet"
    # Moved from one to the other, of which one is read, and looked at, before the other.
    house.time.advance(HOUR)
    house.hold("0.5")
    house.hold("4.5", "other")
    house.read(house.connection)
    assert house.look() == "quiet"
    house.read(other)
    assert house.look() == "quiet"
    # In the same window the second look sees what the first could not.
    house.time.advance(HOUR)
    house.hold("1", "other")
    house.read(house.connection)
    assert house.look() == "quiet"
    house.read(other)
    assert house.look() == "fired"
    assert house.events[0]["detail"] == "BTC fell by 3.5, from 5 to 1.5."


def test_each_message_of_a_window_is_a_look_of_its_own(house: House) -> None:
    other = house.connect("Other", "other")
    house.hold("3", "other")
    house.hour()
    house.read(other)
    house.arrive()
    house.time.advance(HOUR)
    house.hold("1", "other")
    house.read(house.connection)
    house.arrive()
    assert house.events == []
    house.read(other)
    house.arrive()
    house.arrive()
    assert [one["mail"] for one in house.events] == ["sent"]
    assert len(house.mailer.sent) == 1


def test_a_window_of_a_clock_that_was_ahead_keeps_no_other_out(house: House) -> None:
    house.job.run("ann", house.window + 10_000 * HOUR, seconds=30)
    house.hold("1")
    assert house.hour() == "fired"


def test_two_who_mail_at_once_send_each_event_once(house: House) -> None:
    house.hold("1")
    sent, nested = house.mailer.send, [True]

    def meanwhile(*given: Any) -> None:
        if nested.pop() if nested else False:
            assert house.look() == "quiet"
        sent(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.mailer, "send", meanwhile)
        house.hour()
    assert (len(house.events), len(house.mailer.sent)) == (1, 1)


def test_whoever_cannot_be_unsubscribed_now_is_told_so(house: House) -> None:
    house.hold("1")
    house.hour()
    link = house.mailer.sent[0][1].unsubscribe_url.partition("api.holdings.example")[2]
    house.records.error = RecordsUnavailable("later")
    assert house.client.post(link).status_code == 503
    house.records.error = None
    assert house.ask("GET", "/alerts").json["mail"]["stopped"] is None
    assert house.client.post(link).status_code == 200
    assert house.ask("GET", "/alerts").json["mail"]["stopped"]["code"] == "unsubscribed"


def test_what_cannot_be_read_is_not_written_over_by_a_bounce(house: House) -> None:
    house.records.alerts.kept["ann"] = b"of a later version", 7
    job = MailFeedback(records=house.records, clock=house.time.clock)
    job.run(feedback("Email Bounced"), seconds=5)
    assert house.records.alerts.kept["ann"] == (b"of a later version", 7)


def test_a_mail_has_one_line_of_a_label_and_escapes_it(house: House) -> None:
    label = "<b>Main</b> & more"
    changed = house.ask("PATCH", f"/connections/{house.connection}", json={"label": label})
    assert changed.status_code == 200
    (rule,) = house.ask("GET", "/alerts").json["rules"]
    house.set({**FELL, "id": rule["id"], "connection_id": house.connection})
    house.hour()
    house.hold("1")
    house.hour()
    ((_, mail),) = house.mailer.sent
    assert f"BTC in {label} fell by 1" in mail.text
    assert "&lt;b&gt;Main&lt;/b&gt; &amp; more" in mail.html
    assert "<b>" not in mail.html
    assert house.connection not in mail.text + mail.html


MISCHIEF = ("", "", "again", "old", "ahead", "killed 1", "killed 2", "killed 3", "overtaken")


@settings(max_examples=25, deadline=None)
@given(
    seen=st.lists(
        st.tuples(st.sampled_from([None, "9", "6", "5", "1"]), st.sampled_from(MISCHIEF)),
        max_size=8,
    )
)
def test_whatever_happens_to_messages_and_workers_the_same_events_are_kept(
    seen: list[tuple[str | None, str]],
) -> None:
    plain, troubled = House(), House()
    for house in (plain, troubled):
        house.set({**FELL, "cooldown_hours": 1})
    for balance, mischief in seen:
        for house in (plain, troubled):
            house.hold(balance)
            house.time.advance(25 * HOUR)
            house.read(house.connection)
        plain.look()
        make_mischief(troubled, mischief)
        troubled.look()
    assert [one["detail"] for one in troubled.events] == [one["detail"] for one in plain.events]
    assert all(one["mail"] == "sent" for one in troubled.events)
    assert len(troubled.mailer.sent) == len(plain.mailer.sent)


def make_mischief(house: House, mischief: str) -> None:
    alerts = house.records.alerts
    if mischief == "again":
        house.look()
    elif mischief == "old":
        house.job.run("ann", house.window - 9 * HOUR, seconds=30)
    elif mischief == "ahead":
        house.job.run("ann", house.window + 9_000 * HOUR, seconds=30)
    elif mischief.startswith("killed"):
        alerts.writes, alerts.dies_at = 0, int(mischief[-1])
        with suppress(Killed):
            house.look()
        alerts.dies_at = None
        house.time.advance(CLAIM_SECONDS)
    elif mischief == "overtaken":
        put, nested = alerts.put_states, [True]

        def meanwhile(*given: Any) -> None:
            if nested.pop() if nested else False:
                house.look()
            put(*given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(alerts, "put_states", meanwhile)
            house.look()
