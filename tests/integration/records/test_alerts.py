"""What is kept of alerts: rules counted on the profile, states and events together or not."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from holdings.core.alerts.evaluate import Facts, Source
from holdings.core.alerts.jobs import CLAIM_SECONDS, EvaluateAlerts
from holdings.core.alerts.rules import Alerts, MailSettings, Rule, pack
from holdings.core.clock import Deadline
from holdings.core.connections import Profile
from holdings.core.errors import Conflict, NotFound, RecordsUnavailable
from holdings.core.ports import Mail
from holdings.core.record_ports import KeptEvent
from tests.integration.records.conftest import ANN, BOB, Kept, WatchedService, connection_of

FIRST, SECOND, THIRD = (KeptEvent(f"{at:013d}-r", b"fired", "waiting") for at in (1, 2, 30))


def test_rules_are_kept_and_counted_and_make_a_profile(kept: Kept) -> None:
    alerts = kept.records.alerts
    assert alerts.rules(ANN, kept.deadline) is None
    alerts.put_rules(ANN, b"rules", 3, 0, kept.deadline)
    assert alerts.rules(ANN, kept.deadline) == (b"rules", 1)
    profile = kept.records.profile(ANN, kept.deadline)
    assert profile
    assert (profile.alerts, profile.version, profile.insights) == (3, 1, True)
    with pytest.raises(Conflict):
        alerts.put_rules(ANN, b"others", 1, 0, kept.deadline)
    alerts.put_rules(ANN, b"others", 1, 1, kept.deadline)
    assert kept.restarted().alerts.rules(ANN, kept.deadline) == (b"others", 2)
    assert alerts.rules(BOB, kept.deadline) is None


def test_a_profile_that_is_there_keeps_what_it_has(kept: Kept) -> None:
    kept.add(connection_of(1))
    chosen = kept.records.profile(ANN, kept.deadline)
    assert chosen
    changed = Profile(chosen.created_at, currency="EUR", insights=False)
    kept.records.put_profile(ANN, changed, chosen.version, kept.deadline)
    kept.records.alerts.put_rules(ANN, b"rules", 2, 0, kept.deadline)
    found = kept.records.profile(ANN, kept.deadline)
    assert found
    assert (found.currency, found.insights, found.alerts) == ("EUR", False, 2)
    kept.records.put_profile(ANN, found, found.version, kept.deadline)
    again = kept.records.profile(ANN, kept.deadline)
    assert again
    assert again.alerts == 2


def test_states_and_what_fired_are_kept_together(kept: Kept) -> None:
    alerts = kept.records.alerts
    with pytest.raises(NotFound):
        alerts.put_states(ANN, b"states", 0, [FIRST], 99, kept.deadline)
    alerts.put_rules(ANN, b"rules", 1, 0, kept.deadline)
    alerts.put_states(ANN, b"states", 0, [FIRST], 99, kept.deadline)
    with pytest.raises(Conflict):
        alerts.put_states(ANN, b"others", 0, [SECOND], 99, kept.deadline)
    assert alerts.states(ANN, kept.deadline) == (b"states", 1)
    assert list(alerts.events(ANN, "", 10, kept.deadline)) == [FIRST]
    assert kept.dump()[f"viewer#{ANN}", f"alert-event#{FIRST.key}"]["ttl"] == {"N": "99"}


def test_what_fired_is_paged_and_marked(kept: Kept) -> None:
    alerts = kept.records.alerts
    alerts.put_rules(ANN, b"rules", 1, 0, kept.deadline)
    alerts.put_states(ANN, b"states", 0, [FIRST, SECOND, THIRD], 99, kept.deadline)
    assert list(alerts.events(ANN, "", 2, kept.deadline)) == [THIRD, SECOND]
    assert list(alerts.events(ANN, SECOND.key, 2, kept.deadline)) == [FIRST]
    assert list(alerts.events(ANN, "0000000000000-x", 2, kept.deadline)) == []
    alerts.mark(ANN, SECOND.key, "sent", kept.deadline)
    alerts.mark(ANN, "0000000000009-gone", "sent", kept.deadline)
    assert [one.mail for one in alerts.events(ANN, "", 9, kept.deadline)] == [
        "waiting",
        "sent",
        "waiting",
    ]
    assert len([sk for _, sk in kept.dump() if sk.startswith("alert-event#")]) == 3


def test_whoever_leaves_leaves_nothing(kept: Kept) -> None:
    alerts = kept.records.alerts
    alerts.put_rules(ANN, b"rules", 1, 0, kept.deadline)
    alerts.put_states(ANN, b"states", 0, [FIRST], 99, kept.deadline)
    kept.records.forget(ANN, kept.deadline)
    assert kept.dump() == {}


@pytest.mark.parametrize(
    ("sk", "broken"),
    [
        ("alerts", {"document": {"S": "text"}, "version": {"N": "1"}}),
        ("alerts", {"document": {"B": b"x"}, "version": {"N": "-1"}}),
        ("alerts", {"version": {"N": "1"}}),
    ],
)
def test_an_item_of_somebody_else_s_is_refused(kept: Kept, sk: str, broken: dict[str, Any]) -> None:
    kept.put({"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": sk}, **broken})
    with pytest.raises(RecordsUnavailable):
        kept.records.alerts.rules(ANN, kept.deadline)


class Looking:
    """The job over the real records, and what it knows: one balance."""

    def __init__(self, kept: Kept) -> None:
        self.kept, self.balance = kept, "5"
        self.sent: list[Mail] = []
        self.lock = threading.Lock()

    def facts(
        self, viewer: str, rules: Sequence[Rule], currency: str, deadline: Deadline
    ) -> tuple[Facts, Mapping[str, str]]:
        del viewer, rules, deadline
        source = Source("Main", {"BTC": Decimal(self.balance)}, None)
        return Facts({"a": source}, currency), {}

    def send(self, viewer: str, mail: Mail) -> None:
        assert viewer == ANN
        with self.lock:
            self.sent.append(mail)

    def set(self) -> None:
        rule = Rule("f00d", "balance_fell", currency="BTC", amount=Decimal(1))
        alerts = Alerts((rule,), MailSettings(enabled=True, secret="s"))
        self.kept.records.alerts.put_rules(ANN, pack(alerts), 1, 0, self.kept.deadline)

    def run(self) -> str:
        job = EvaluateAlerts(
            records=self.kept.restarted(),
            knows=self,
            mailer=self,
            clock=self.kept.time.clock,
            app_name="Kontor",
            page_url="https://holdings.example",
            api_url="https://api.holdings.example",
        )
        return job.run(ANN, int(self.kept.time.clock.now()), seconds=30)

    @property
    def mails(self) -> list[str]:
        events = self.kept.records.alerts.events(ANN, "", 99, self.kept.deadline)
        return [one.mail for one in events]


@pytest.fixture
def looking(kept: Kept) -> Looking:
    made = Looking(kept)
    made.set()
    assert made.run() == "quiet"
    made.balance = "1"
    made.kept.time.advance(3_600)
    return made


def test_of_many_at_once_one_fires_and_one_mails(looking: Looking) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = [one.result() for one in [pool.submit(looking.run) for _ in range(4)]]
    assert sorted(outcomes) == ["fired", "quiet", "quiet", "quiet"]
    assert looking.mails == ["sent"]
    assert len(looking.sent) == 1
    assert "since you set alerts in Kontor." in looking.sent[0].text


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_dies_at_any_call_leaves_one_event_that_the_next_mails(
    looking: Looking, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = WatchedService.call, [0]

    def dying(self: WatchedService, *given: Any, **named: Any) -> Mapping[str, Any]:
        left[0] -= 1
        if left[0] == 0 and when == "before":
            raise Died
        answer = real(self, *given, **named)
        if left[0] == 0:
            raise Died
        return answer

    monkeypatch.setattr(WatchedService, "call", dying)
    deaths, twice = 0, 0
    for step in range(1, 30):
        fired = len(looking.mails)
        mailed = len(looking.sent)
        left[0] = step
        try:
            looking.run()
        except Died:
            deaths += 1
            left[0] = 0
            looking.kept.time.advance(CLAIM_SECONDS)
            looking.run()
        else:
            break
        finally:
            left[0] = 0
        assert looking.mails[: len(looking.mails) - fired] == ["sent"]
        twice += len(looking.sent) - mailed - 1
        # And falls anew, for the next death.
        looking.balance = str(Decimal(looking.balance) + 9)
        looking.kept.time.advance(7 * 3_600)
        assert looking.run() == "quiet"
        looking.balance = str(Decimal(looking.balance) - 5)
    assert deaths >= 6
    # Only where it was sent and nobody lived to note it.
    assert twice == (1 if when == "before" else 0)


def test_an_event_is_taken_on_by_one_until_its_time_is_up(kept: Kept) -> None:
    alerts, deadline = kept.records.alerts, kept.deadline
    alerts.put_rules(ANN, b"rules", 1, 0, deadline)
    alerts.put_states(ANN, b"states", 0, [FIRST], 99, deadline)
    assert alerts.claim(ANN, FIRST.key, 1_000, 1_120, deadline)
    assert not alerts.claim(ANN, FIRST.key, 1_000, 1_120, deadline)
    assert not alerts.claim(ANN, FIRST.key, 1_119, 1_239, deadline)
    assert alerts.claim(ANN, FIRST.key, 1_120, 1_240, deadline)
    # What lies further ahead than anybody takes it on for is of a clock that was.
    assert alerts.claim(ANN, FIRST.key, 500, 620, deadline)
    alerts.mark(ANN, FIRST.key, "sent", deadline)
    assert not alerts.claim(ANN, FIRST.key, 9_000, 9_120, deadline)
    assert not alerts.claim(ANN, "0000000000009-gone", 9_000, 9_120, deadline)
    assert f"alert-event#{SECOND.key}" not in {sk for _, sk in kept.dump()}
