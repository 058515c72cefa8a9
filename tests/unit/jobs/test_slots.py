"""When work is due, without a clock."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from holdings.core.freshness import ready_for
from holdings.core.schedule.slots import SLOTS, Cycle, insights_cycle, slot_of

HOUR, DAY = 3_600, 86_400


def test_an_hour_is_cut_into_minutes() -> None:
    assert Cycle(HOUR).due(10 * HOUR, 10 * HOUR + 180) == [
        (10 * HOUR + 60, 10 * HOUR, 1),
        (10 * HOUR + 120, 10 * HOUR, 2),
        (10 * HOUR + 180, 10 * HOUR, 3),
    ]


def test_who_has_slept_through_days_does_each_slot_once_for_its_last_window() -> None:
    due = Cycle(HOUR).due(0, 100 * HOUR + 90)
    assert sorted(slot for _, _, slot in due) == list(range(SLOTS))
    assert {slot: window for _, window, slot in due} == {
        slot: (100 if slot < 2 else 99) * HOUR for slot in range(SLOTS)
    }


def test_without_a_period_nothing_is_due() -> None:
    assert Cycle(0).due(0, 10**9) == []
    assert ready_for(0) == 0


def test_insights_are_due_once_a_day_in_the_stack_s_hour() -> None:
    day = 20_000 * DAY
    cycle = insights_cycle(DAY, 3)
    assert cycle.due(day, day + 3 * HOUR - 1) == []
    assert cycle.due(day + 3 * HOUR - 1, day + 3 * HOUR) == [(day + 3 * HOUR, day + 3 * HOUR, 0)]
    assert len(cycle.due(day + 3 * HOUR - 1, day + 4 * HOUR - 1)) == SLOTS
    assert cycle.due(day + 4 * HOUR, day + 27 * HOUR - 1) == []


@given(
    period=st.sampled_from([30, 60, 120, HOUR, 6 * HOUR, DAY]),
    offset=st.integers(0, DAY),
    looks=st.lists(st.integers(1, 3 * HOUR), min_size=1, max_size=30),
    start=st.integers(1_700_000_000, 1_800_000_000),
)
def test_however_often_one_looks_each_slot_is_due_once_a_window(
    period: int, offset: int, looks: list[int], start: int
) -> None:
    cycle, now, seen = Cycle(period, offset % period), start, Counter[tuple[int, int]]()
    for pause in looks:
        due = cycle.due(now, now + pause)
        seen.update((window, slot) for _, window, slot in due)
        assert all(now < moment <= now + pause for moment, _, _ in due)
        if pause >= period:
            assert {slot for _, _, slot in due} == set(range(SLOTS))
        now += pause
    assert not seen or max(seen.values()) == 1


def test_a_hash_spreads_viewers_evenly() -> None:
    counts = Counter(slot_of(f"viewer-{number}") for number in range(60_000))
    assert len(counts) == SLOTS
    assert min(counts.values()) > 850
    assert max(counts.values()) < 1_150
