"""The table of rules: each boundary from both sides, the first that matches, and its evidence."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from holdings.core.insights.documents import pack, persona_document, unpack
from holdings.core.insights.features import periods
from holdings.core.insights.persona import CODES, DAYS, RULES, persona
from tests.unit.insights.people import make_facts

PAGE = (Path(__file__).parents[3] / "docs/insights.md").read_text()

# Of which no rule but the last is true.
BALANCED = {
    "days_covered": 30,
    "days_active": 0,
    "asset_count": "4",
    "largest_weight": "0.5",
    "hhi": "0.3",
    "cash_share": "0.2",
    "stablecoin_share": "0.1",
    "unpriced_share": "0",
    "trades": 0,
}


def make_periods(**figures: Any) -> list[dict[str, Any]]:
    """The three periods; that of 30 days has these figures, where the others would be unknown."""
    given: dict[str, Any] = {**BALANCED, **figures}
    whole = ("days_covered", "days_active", "trades")
    found: dict[str, Any] = {
        name: value if name in whole else {"value": value, "reason": None, "samples": 1}
        for name, value in given.items()
    }
    trades = {"kind": "trade", "count": found.pop("trades")}
    found |= {"days": DAYS, "changes": [{"kind": "deposit", "count": 99}, trades]}
    other = {**found, "days_covered": 0}
    return [{**other, "days": 7}, found, {**other, "days": 90}]


CASES: list[tuple[Mapping[str, Any], str]] = [
    ({}, "balanced"),
    ({"days_covered": 20}, "balanced"),
    ({"days_covered": 19}, "unknown"),
    ({"asset_count": "1"}, "balanced"),
    ({"asset_count": "0"}, "unknown"),
    ({"asset_count": None}, "unknown"),
    ({"largest_weight": "0"}, "unknown"),
    ({"largest_weight": "0.000000000001"}, "balanced"),
    ({"largest_weight": None, "hhi": None}, "unknown"),
    ({"unpriced_share": "0.8"}, "balanced"),
    ({"unpriced_share": "0.800000000001"}, "unknown"),
    ({"unpriced_share": None}, "unknown"),
    ({"cash_share": "0.3", "stablecoin_share": "0.5"}, "cash_holder"),
    ({"cash_share": "0.3", "stablecoin_share": "0.499999999999"}, "balanced"),
    ({"cash_share": "0.8", "stablecoin_share": "0"}, "cash_holder"),
    ({"cash_share": None, "stablecoin_share": "0.9"}, "balanced"),
    ({"largest_weight": "0.6"}, "concentrated"),
    ({"largest_weight": "0.599999999999"}, "balanced"),
    ({"trades": 20, "days_active": 10}, "active"),
    ({"trades": 19, "days_active": 10}, "balanced"),
    ({"trades": 20, "days_active": 9}, "balanced"),
    ({"asset_count": "5", "hhi": "0.25"}, "diversified"),
    ({"asset_count": "4", "hhi": "0.25"}, "balanced"),
    ({"asset_count": "5", "hhi": "0.250000000001"}, "balanced"),
    ({"asset_count": "5", "hhi": None}, "balanced"),
]


@pytest.mark.parametrize(("figures", "code"), CASES, ids=str)
def test_each_boundary_from_both_sides(figures: Mapping[str, Any], code: str) -> None:
    found = persona(make_periods(**figures))
    assert found["code"] == code
    assert unpack("persona", pack(found)) == found


def test_the_first_of_those_that_match_is_it() -> None:
    """All are true at once; what makes the first untrue is then taken away, one by one."""
    every: dict[str, Any] = {
        "days_covered": 3,
        "cash_share": "0.9",
        "largest_weight": "0.9",
        "trades": 50,
        "days_active": 20,
        "asset_count": "9",
        "hhi": "0.1",
    }
    less: list[dict[str, Any]] = [
        {"days_covered": 30},
        {"cash_share": "0"},
        {"largest_weight": "0.2"},
        {"trades": 0},
        {"hhi": "0.9"},
    ]
    codes = [persona(make_periods(**every))["code"]]
    for change in less:
        every |= change
        codes.append(persona(make_periods(**every))["code"])
    assert tuple(codes) == CODES


def test_the_evidence_says_why_this_and_why_none_before() -> None:
    found = persona(make_periods(largest_weight="0.83", cash_share=None))
    assert [(one["rule"], one["met"]) for one in found["evidence"]] == [
        *[("unknown", False)] * 4,
        ("cash_holder", False),
        ("concentrated", True),
    ]
    assert found["evidence"][-1] == {
        "rule": "concentrated",
        "figure": "largest_weight",
        "days": 30,
        "value": "0.83",
        "comparison": ">=",
        "threshold": "0.6",
        "met": True,
    }
    assert found["evidence"][-2]["value"] is None
    last = persona(make_periods())
    assert {one["rule"] for one in last["evidence"]} == set(CODES) - {"balanced"}


def test_a_rule_s_sentence_has_its_thresholds_and_the_page_has_the_rules_in_order() -> None:
    places = [PAGE.index(f"| `{code}` |") for code in CODES]
    assert all(one < other for one, other in pairwise(places))
    for rule in RULES:
        assert rule.sentence in PAGE
        for condition in rule.conditions:
            one = condition.threshold
            percent = f"{int(one * 100)}%"
            texts = {str(one), percent} if one > 1 or one == Decimal("0.25") else {percent}
            assert one in (0, 1) or any(text in rule.sentence for text in texts), condition


@pytest.mark.parametrize(
    ("days", "code"), [(90, "concentrated"), (20, "concentrated"), (19, "unknown"), (0, "unknown")]
)
def test_it_is_of_real_features(days: int, code: str) -> None:
    assert persona_document({"periods": periods(make_facts(days))})["code"] == code
