"""Medians, ratios taken within a round, and a guard that names every target that is missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import CASES
from bench.targets import (
    OURS,
    TARGETS,
    TITLES,
    Round,
    Spread,
    Target,
    complaint,
    judge,
    measured,
    ratio,
    spread,
)

HIT = Target("cold hit vs FastAPI", "hit.wall", "fastapi", 0.35)
ZIP = Target("zip vs FastAPI", "zip", "fastapi", 0.30)


def one_round(ours: float, theirs: float) -> Round:
    return {
        (OURS, "hit.wall"): ours,
        ("fastapi", "hit.wall"): theirs,
        (OURS, "zip"): 1,
        ("fastapi", "zip"): 5,
    }


def test_a_target_that_is_missed_is_named_with_its_figures() -> None:
    verdicts = judge([one_round(4, 10), one_round(5, 10), one_round(6, 10)], (HIT, ZIP))
    assert complaint(verdicts) == "missed: cold hit vs FastAPI: 0.50, at most 0.35"


def test_every_missed_target_is_named() -> None:
    tight = Target("zip vs FastAPI", "zip", "fastapi", 0.10)
    assert len(complaint(judge([one_round(4, 10)], (HIT, tight))).splitlines()) == 2


def test_a_ratio_at_the_target_meets_it() -> None:
    assert complaint(judge([one_round(0.35, 1)], (HIT, ZIP))) == ""


def test_the_median_decides_not_the_worst_round() -> None:
    assert complaint(judge([one_round(3, 10), one_round(3, 10), one_round(9, 10)], (HIT,))) == ""


def test_a_peer_that_was_left_out_is_no_miss() -> None:
    (verdict,) = judge([{(OURS, "hit.wall"): 1}], (HIT,))
    assert (verdict.ratio, verdict.missed) == (None, False)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.text)
def test_each_target_compares_what_a_run_measures(target: Target) -> None:
    kept = {f"{case.name}.{measure}" for case in CASES for measure in case.keep} | {
        "zip",
        "value.cpu",
    }
    assert target.ours in kept
    assert (target.their_measure or target.ours) in kept
    assert target.theirs in TITLES
    assert 0 < target.at_most < 1.3


US, THEM = ("ours", "wall"), ("theirs", "wall")
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
        {US: 1, THEM: 2},
        {US: 10, THEM: 20},
        {US: 3, THEM: 4},
    ]
    assert ratio(rounds, US, THEM) == Spread(0.5, 0.5, 0.625)


@given(st.lists(st.tuples(seconds, seconds), min_size=1), st.floats(0.1, 10))
def test_rounds_in_which_the_machine_was_slow_for_both_leave_the_ratio_alone(
    pairs: list[tuple[float, float]], slow: float
) -> None:
    found = ratio([{US: a, THEM: b} for a, b in pairs], US, THEM)
    slowed = ratio([{US: a * slow, THEM: b * slow} for a, b in pairs], US, THEM)
    assert found
    assert slowed
    assert slowed.median == pytest.approx(found.median)


def test_a_round_without_both_counts_for_no_ratio() -> None:
    rounds: list[Round] = [{US: 1}, {US: 1, THEM: 4}]
    assert ratio(rounds, US, THEM) == Spread(0.25, 0.25, 0.25)
    assert ratio([{US: 1}], US, THEM) is None
    assert measured([{US: 1}], THEM) is None
