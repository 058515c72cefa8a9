"""What an account is like, by the first rule of a table that matches. Of the account, nobody else.

A change of the table is a new RULE_VERSION.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from holdings.core.money import EXACT, format_amount

RULE_VERSION = 1
DAYS = 30

Code = Literal["unknown", "cash_holder", "concentrated", "active", "diversified", "balanced"]
Comparison = Literal["<", "<=", ">", ">="]
COMPARISONS: tuple[Comparison, ...] = ("<", "<=", ">", ">=")

CASH_AND_STABLECOINS, TRADES = "cash_and_stablecoin_share", "trades"


class Condition(NamedTuple):
    """A figure against its threshold; `without` says whether it holds where there is no figure."""

    figure: str
    comparison: Comparison
    threshold: Decimal
    without: bool = False

    def met(self, value: Decimal | None) -> bool:
        if value is None:
            return self.without
        match self.comparison:
            case "<":
                return value < self.threshold
            case "<=":
                return value <= self.threshold
            case ">":
                return value > self.threshold
            case _:
                return value >= self.threshold


class Rule(NamedTuple):
    """Matches where `every` condition holds, or any; one without conditions always does."""

    code: Code
    title: str
    sentence: str
    conditions: tuple[Condition, ...] = ()
    every: bool = True

    def matches(self, figures: Mapping[str, Decimal | None]) -> bool:
        met = [one.met(figures.get(one.figure)) for one in self.conditions]
        return all(met) if self.every else any(met)


RULES = (
    Rule(
        "unknown",
        "Too little is known",
        "Fewer than 20 of the last 30 days are known, nothing was held, nothing that was has a "
        "price, or more than 80% of it by assets and days has none.",
        (
            Condition("days_covered", "<", Decimal(20), without=True),
            Condition("asset_count", "<", Decimal(1), without=True),
            Condition("largest_weight", "<=", Decimal(0), without=True),
            Condition("unpriced_share", ">", Decimal("0.8"), without=True),
        ),
        every=False,
    ),
    Rule(
        "cash_holder",
        "Mostly cash",
        "Fiat money and stablecoins were at least 80% of the value over 30 days.",
        (Condition(CASH_AND_STABLECOINS, ">=", Decimal("0.8")),),
    ),
    Rule(
        "concentrated",
        "Mostly one asset",
        "One asset was at least 60% of the value over 30 days.",
        (Condition("largest_weight", ">=", Decimal("0.6")),),
    ),
    Rule(
        "active",
        "Traded often",
        "The ledgers have at least 20 entries of trades in 30 days, and balances changed on at "
        "least 10 of them.",
        (
            Condition(TRADES, ">=", Decimal(20)),
            Condition("days_active", ">=", Decimal(10)),
        ),
    ),
    Rule(
        "diversified",
        "Spread over many assets",
        "At least 5 assets were held, with a Herfindahl-Hirschman index of at most 0.25, over 30 "
        "days.",
        (
            Condition("asset_count", ">=", Decimal(5)),
            Condition("hhi", "<=", Decimal("0.25")),
        ),
    ),
    Rule("balanced", "In between", "None of the rules before it holds."),
)
CODES = tuple(rule.code for rule in RULES)


def persona(periods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return code, version and evidence, given `periods` of the features.

    The evidence is every condition of the rule that matches and of those before it, in order: why
    this one, and why none of the others.
    """
    figures = figures_of(periods)
    evidence: list[dict[str, Any]] = []
    for rule in RULES:
        evidence += [_evidence(rule, one, figures.get(one.figure)) for one in rule.conditions]
        if rule.matches(figures):
            return {"code": rule.code, "rule_version": RULE_VERSION, "evidence": evidence}
    raise AssertionError("the last rule matches always")


def figures_of(periods: Sequence[Mapping[str, Any]]) -> dict[str, Decimal | None]:
    """Return what the rules look at, of the features' period of 30 days."""
    period = next(one for one in periods if one["days"] == DAYS)
    found: dict[str, Decimal | None] = {
        name: None if period[name]["value"] is None else Decimal(period[name]["value"])
        for name in ("asset_count", "largest_weight", "hhi", "unpriced_share")
    }
    cash, stable = (period[name]["value"] for name in ("cash_share", "stablecoin_share"))
    both = None if None in (cash, stable) else EXACT.add(Decimal(cash), Decimal(stable))
    trades = sum(one["count"] for one in period["changes"] if one["kind"] == "trade")
    return found | {
        CASH_AND_STABLECOINS: both,
        TRADES: Decimal(trades),
        "days_covered": Decimal(period["days_covered"]),
        "days_active": Decimal(period["days_active"]),
    }


def rule_of(code: str) -> Rule:
    """Raises StopIteration for a code that is none."""
    return next(rule for rule in RULES if rule.code == code)


def _evidence(rule: Rule, condition: Condition, value: Decimal | None) -> dict[str, Any]:
    return {
        "rule": rule.code,
        "figure": condition.figure,
        "days": DAYS,
        "value": None if value is None else format_amount(value),
        "comparison": condition.comparison,
        "threshold": format_amount(condition.threshold),
        "met": condition.met(value),
    }
