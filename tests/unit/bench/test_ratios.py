"""Medians, quartiles, and ratios that are taken within a round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ratios import Round, Spread, of, ratio, spread

OURS, THEIRS = ("ours", "wall"), ("theirs", "wall")
seconds = st.floats(min_value=1e-6, max_value=1e3)


def test_a_spread_is_the_median_with_the_quartiles_around_it() -> None:
    assert spread([5, 1, 3, 2, 4]) == Spread(3, 2, 4)


def test_one_value_is_its_own_spread() -> None:
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)


def test_nothing_has_no_spread() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


@given(st.lists(seconds, min_size=1))
def test_a_median_lies_between_its_quartiles_and_they_between_the_extremes(
    values: list[float],
) -> None:
    found = spread(values)
    assert min(values) <= found.lower <= found.median <= found.upper <= max(values)


def test_a_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_medians() -> None:
    rounds: list[Round] = [
        {OURS: 1, THEIRS: 2},
        {OURS: 10, THEIRS: 20},
        {OURS: 3, THEIRS: 4},
    ]
    assert ratio(rounds, OURS, THEIRS) == Spread(0.5, 0.5, 0.625)


@given(st.lists(st.tuples(seconds, seconds), min_size=1), st.floats(0.1, 10))
def test_rounds_in_which_the_machine_was_slow_for_both_leave_the_ratio_alone(
    pairs: list[tuple[float, float]], slow: float
) -> None:
    found = ratio([{OURS: a, THEIRS: b} for a, b in pairs], OURS, THEIRS)
    slowed = ratio([{OURS: a * slow, THEIRS: b * slow} for a, b in pairs], OURS, THEIRS)
    assert found
    assert slowed
    assert slowed.median == pytest.approx(found.median)


def test_a_round_without_both_counts_for_no_ratio() -> None:
    rounds: list[Round] = [{OURS: 1}, {OURS: 1, THEIRS: 4}]
    assert ratio(rounds, OURS, THEIRS) == Spread(0.25, 0.25, 0.25)
    assert ratio([{OURS: 1}], OURS, THEIRS) is None
    assert of([{OURS: 1}], THEIRS) is None
