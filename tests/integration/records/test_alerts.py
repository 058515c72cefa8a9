"""What is kept of alerts: rules counted on the profile, states and events together or not."""

from typing import Any

import pytest

from holdings.core.connections import Profile
from holdings.core.errors import Conflict, NotFound, RecordsUnavailable
from holdings.core.ports import KeptEvent
from tests.integration.records.conftest import ANN, BOB, Kept, connection_of

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
