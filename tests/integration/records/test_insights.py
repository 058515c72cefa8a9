"""What is kept of insights: in place of an older window, of who wants them, until forgotten."""

from typing import Any

import pytest

from holdings.core.connections import Profile
from holdings.core.errors import Conflict, NotFound, RecordsUnavailable
from holdings.core.record_ports import KeptInsight
from tests.builders import NOW
from tests.integration.records.conftest import ANN, BOB, Kept, connection_of

EARLY, LATE = NOW // 86_400 * 86_400, NOW // 86_400 * 86_400 + 86_400


@pytest.fixture(autouse=True)
def profile(kept: Kept) -> Profile:
    """Ann has one, made with her first connection, and insights are on in it."""
    kept.add(connection_of(1))
    found = kept.records.profile(ANN, kept.deadline)
    assert found
    assert found.insights
    return found


def test_each_is_kept_over_an_older_window_alone(kept: Kept) -> None:
    insights = kept.records.insights
    assert insights.get(ANN, kept.deadline) == {}
    insights.put(ANN, "features", KeptInsight(b"\x00first", EARLY), kept.deadline)
    for window in (EARLY, EARLY - 1):
        with pytest.raises(Conflict):
            insights.put(ANN, "features", KeptInsight(b"again", window), kept.deadline)
    insights.put(ANN, "persona", KeptInsight(b"second", EARLY), kept.deadline)
    insights.put(ANN, "features", KeptInsight(b"later", LATE), kept.deadline)
    insights.put(ANN, "recommendations", KeptInsight(b"third", EARLY), kept.deadline)
    assert kept.restarted().insights.get(ANN, kept.deadline) == {
        "features": KeptInsight(b"later", LATE),
        "persona": KeptInsight(b"second", EARLY),
        "recommendations": KeptInsight(b"third", EARLY),
    }
    assert insights.get(BOB, kept.deadline) == {}


def test_nothing_is_kept_of_who_is_gone_or_has_them_off(kept: Kept, profile: Profile) -> None:
    insights, made = kept.records.insights, KeptInsight(b"x", EARLY)
    with pytest.raises(NotFound):
        insights.put(BOB, "features", made, kept.deadline)
    off = profile._replace(insights=False)
    version = kept.records.put_profile(ANN, off, profile.version, kept.deadline).version
    with pytest.raises(NotFound):
        insights.put(ANN, "features", made, kept.deadline)
    assert not [sk for _, sk in kept.dump() if sk.startswith("insights#")]
    kept.records.put_profile(ANN, profile, version, kept.deadline)
    insights.put(ANN, "features", made, kept.deadline)
    assert insights.get(ANN, kept.deadline) == {"features": made}


def test_all_of_it_is_forgotten_alone_or_with_its_viewer(kept: Kept) -> None:
    insights = kept.records.insights
    for window in (EARLY, LATE):
        insights.put(ANN, "features", KeptInsight(b"x", window), kept.deadline)
        insights.put(ANN, "persona", KeptInsight(b"x", window), kept.deadline)
        if window == EARLY:
            insights.forget(ANN, kept.deadline)
            assert insights.get(ANN, kept.deadline) == {}
            assert len(kept.records.connections(ANN, kept.deadline)) == 1
    kept.records.forget(ANN, kept.deadline)
    assert kept.dump() == {}


def test_it_takes_one_call_to_write_and_one_to_read(kept: Kept) -> None:
    kept.aws.calls.clear()
    kept.records.insights.put(ANN, "features", KeptInsight(b"x", EARLY), kept.deadline)
    kept.records.insights.get(ANN, kept.deadline)
    assert kept.aws.operations() == ["TransactWriteItems", "Query"]


def test_what_is_too_large_is_refused(kept: Kept) -> None:
    with pytest.raises(ValueError, match="too large"):
        kept.records.insights.put(
            ANN, "features", KeptInsight(b"x" * 350_001, EARLY), kept.deadline
        )


@pytest.mark.parametrize(
    "broken",
    [
        {"document": {"S": "x"}},
        {"document": {"N": "1"}},
        {"window": {"S": "1"}},
        {"window": {"N": "-1"}},
        {"window": {"N": "1.5"}},
    ],
    ids=str,
)
def test_an_item_that_was_not_written_by_us_is_an_error(kept: Kept, broken: dict[str, Any]) -> None:
    insights = kept.records.insights
    insights.put(ANN, "features", KeptInsight(b"x", EARLY), kept.deadline)
    item = kept.dump()[f"viewer#{ANN}", "insights#features"]
    kept.put({**item, **broken})
    with pytest.raises(RecordsUnavailable):
        insights.get(ANN, kept.deadline)
    insights.forget(ANN, kept.deadline)
    assert insights.get(ANN, kept.deadline) == {}


def test_whatever_else_lies_there_is_passed_over(kept: Kept) -> None:
    kept.put(
        {
            "pk": {"S": f"viewer#{ANN}"},
            "sk": {"S": "insights#horoscope"},
            "document": {"B": b"x"},
            "window": {"N": "1"},
        }
    )
    assert kept.records.insights.get(ANN, kept.deadline) == {}
