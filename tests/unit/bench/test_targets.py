"""The guard names every target that is missed, and no other."""

import pytest

from bench.contenders import NAMES, OURS
from bench.measure import CASES
from bench.ratios import Round
from bench.targets import TARGETS, Target, complaint, judge

HIT = Target("cold hit vs FastAPI", "hit.wall", ("fastapi", "hit.wall"), 0.35)
ZIP = Target("zip vs FastAPI", "zip", ("fastapi", "zip"), 0.30)


def measured(ours: float, theirs: float) -> Round:
    return {
        (OURS, "hit.wall"): ours,
        ("fastapi", "hit.wall"): theirs,
        (OURS, "zip"): 1,
        ("fastapi", "zip"): 5,
    }


def test_a_target_that_is_missed_is_named_with_its_figures() -> None:
    verdicts = judge([measured(4, 10), measured(5, 10), measured(6, 10)], (HIT, ZIP))
    assert complaint(verdicts) == "missed: cold hit vs FastAPI: 0.50, at most 0.35"


def test_every_missed_target_is_named() -> None:
    tight = Target("zip vs FastAPI", "zip", ("fastapi", "zip"), 0.10)
    assert len(complaint(judge([measured(4, 10)], (HIT, tight))).splitlines()) == 2


def test_a_ratio_at_the_target_meets_it() -> None:
    assert complaint(judge([measured(0.35, 1)], (HIT, ZIP))) == ""


def test_the_median_decides_not_the_worst_round() -> None:
    assert complaint(judge([measured(3, 10), measured(3, 10), measured(9, 10)], (HIT,))) == ""


def test_a_peer_that_was_left_out_is_no_miss() -> None:
    (verdict,) = judge([{(OURS, "hit.wall"): 1}], (HIT,))
    assert (verdict.ratio, verdict.missed) == (None, False)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.text)
def test_each_target_compares_what_a_run_measures(target: Target) -> None:
    kept = {f"{case.name}.{measure}" for case in CASES for measure in case.keep} | {"zip"}
    assert target.ours in kept
    assert target.theirs[1] in kept
    assert target.theirs[0] in NAMES
    assert 0 < target.at_most < 1
