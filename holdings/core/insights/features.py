"""Figures of 7, 30 and 90 days: a pure function of what there is, the same bytes for the same.

Each says of how many samples it is made, and where there are too few it is null with the reason.
docs/insights.md has the formulas; a change of one is a new VERSION.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from itertools import pairwise
from typing import Any, Literal

from holdings.core.history.entries import KINDS, OTHER
from holdings.core.history.months import day_text
from holdings.core.insights.facts import DayFacts, Facts, Reading, is_cash, is_stablecoin
from holdings.core.money import EXACT, format_amount, round_amount

VERSION = 1
PERIODS = (7, 30, 90)
MOST_WEIGHTS = 20
REST = "other"
FIGURES = (
    *("asset_count", "largest_weight", "hhi", "cash_share", "stablecoin_share"),
    *("held_back_share", "unpriced_share", "drawdown", "volatility"),
)

Reason = Literal["too_few_days", "nothing_priced", "no_reading", "no_ledger"]
REASONS: tuple[Reason, ...] = ("too_few_days", "nothing_priced", "no_reading", "no_ledger")

Figure = dict[str, Any]

_ZERO, _ONE = Decimal(), Decimal(1)
# Far more digits than the 12 decimals that are shown of a quotient or a root.
_QUOTIENT = Context(prec=80, rounding=ROUND_HALF_EVEN)


def periods(facts: Facts) -> list[dict[str, Any]]:
    """Return `periods` of the document of GET /insights."""
    held_back = _held_back(facts.reading)
    return [_period(facts, length, held_back) for length in PERIODS]


def enough(samples: int, possible: int) -> bool:
    """Whether two thirds of what there could be is there."""
    return 3 * samples >= 2 * possible


def returns(days: Sequence[DayFacts]) -> list[Decimal]:
    """Return what each day made of what there was, deposits and withdrawals being neither.

    (value + withdrawals) / (value of the day before + deposits) - 1, so that a deposit counts from
    the beginning of its day and a withdrawal until the end. Left out is a day of which one of them
    is not known, that follows on such a day, or on which other assets lack a price than before.
    """
    found: list[Decimal] = []
    for before, day in pairwise(days):
        if not (before.covered and day.covered) or day.day != before.day + 1:
            continue
        if day.deposits is None or day.withdrawals is None or day.unpriced != before.unpriced:
            continue
        ended = EXACT.add(day.value or _ZERO, day.withdrawals)
        began = EXACT.add(before.value or _ZERO, day.deposits)
        if began > 0:
            found.append(_QUOTIENT.subtract(_QUOTIENT.divide(ended, began), _ONE))
    return found


def drawdown(changes: Iterable[Decimal]) -> Decimal:
    """Return the largest fall of the index that grows by these, as a share of its peak before."""
    index, peak, deepest = _ONE, _ONE, _ZERO
    for change in changes:
        index = _QUOTIENT.multiply(index, _QUOTIENT.add(_ONE, change))
        peak = max(peak, index)
        deepest = max(deepest, _QUOTIENT.subtract(_ONE, _QUOTIENT.divide(index, peak)))
    return deepest


def volatility(changes: Sequence[Decimal]) -> Decimal:
    """Return the sample standard deviation (by n - 1) of at least two."""
    count = Decimal(len(changes))
    mean = _QUOTIENT.divide(_sum(changes), count)
    apart = [_QUOTIENT.subtract(change, mean) for change in changes]
    squares = _sum(_QUOTIENT.multiply(one, one) for one in apart)
    return _QUOTIENT.sqrt(_QUOTIENT.divide(squares, _QUOTIENT.subtract(count, _ONE)))


def _period(facts: Facts, length: int, held_back: Figure) -> dict[str, Any]:
    last = facts.last_day
    first = last - length + 1
    within = [day for day in facts.days if first <= day.day <= last]
    covered = [day for day in within if day.covered]
    sums, priced, held = _composition(covered)
    known = enough(len(covered), length)
    whole = _sum(sums.values())
    made_up = _made_up(len(covered), known=known, priced=whole > 0)
    changes = returns(within)
    moved = _moved(facts, len(changes), known=known and enough(len(changes), length - 1))
    counts = _counts(facts, first, last)
    return {
        "days": length,
        "from": day_text(first),
        "to": day_text(last),
        "days_covered": len(covered),
        "days_active": sum(first <= day <= last for day in facts.active),
        "asset_count": _figure(Decimal(len({code for code, _ in held})), len(covered))
        if known
        else _missing("too_few_days", len(covered)),
        "largest_weight": made_up or _figure(_ratio(max(sums.values()), whole), len(covered)),
        "hhi": made_up
        or _figure(
            _ratio(_sum(EXACT.multiply(one, one) for one in sums.values()), whole, whole),
            len(covered),
        ),
        "cash_share": made_up or _figure(_share(sums, is_cash, whole), len(covered)),
        "stablecoin_share": made_up or _figure(_share(sums, is_stablecoin, whole), len(covered)),
        "held_back_share": held_back,
        "unpriced_share": _unpriced(len(held), priced, known=known),
        "drawdown": moved or _figure(drawdown(changes), len(changes)),
        "volatility": moved or _figure(volatility(changes), len(changes)),
        "weights": [] if made_up else _weights(sums, whole),
        "changes": counts,
    }


def _composition(
    covered: Sequence[DayFacts],
) -> tuple[dict[str, Decimal], int, list[tuple[str, int]]]:
    """Return each asset's values summed over the days, how many had a price, and what was held."""
    sums: dict[str, Decimal] = {}
    held: list[tuple[str, int]] = []
    priced = 0
    for day in covered:
        for asset in day.assets:
            held.append((asset.currency, day.day))
            if asset.value is not None:
                priced += 1
                known = sums.get(asset.currency, _ZERO)
                sums[asset.currency] = EXACT.add(known, asset.value)
    return {code: value for code, value in sums.items() if value > 0}, priced, held


def _made_up(covered: int, *, known: bool, priced: bool) -> Figure | None:
    """Return what stands for each figure of what the value is made up of, if none can be had."""
    if not known:
        return _missing("too_few_days", covered)
    return None if priced else _missing("nothing_priced", covered)


def _moved(facts: Facts, samples: int, *, known: bool) -> Figure | None:
    """The same for what the value went through."""
    if not facts.flows_known:
        return _missing("no_ledger", 0)
    return None if known else _missing("too_few_days", samples)


def _unpriced(held: int, priced: int, *, known: bool) -> Figure:
    if not known:
        return _missing("too_few_days", held)
    if not held:
        return _missing("nothing_priced", 0)
    return _figure(_ratio(Decimal(held - priced), Decimal(held)), held)


def _held_back(reading: Reading | None) -> Figure:
    """Return how much of the value orders and withdrawals held back in the last reading."""
    if reading is None:
        return _missing("no_reading", 0)
    rows = [one for one in reading.holdings if one.value and one.balance > 0]
    whole = _sum(one.value or _ZERO for one in rows)
    if whole <= 0:
        return _missing("nothing_priced", 0)
    shares = (
        _QUOTIENT.divide(
            EXACT.multiply(one.value or _ZERO, min(max(one.hold, _ZERO), one.balance)), one.balance
        )
        for one in rows
    )
    return _figure(_ratio(reduce(_QUOTIENT.add, shares, _ZERO), whole), len(rows))


def _weights(sums: Mapping[str, Decimal], whole: Decimal) -> list[dict[str, str]]:
    listed = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    rest = _sum(value for _, value in listed[MOST_WEIGHTS:])
    found = [(code, value) for code, value in listed[:MOST_WEIGHTS]]
    return [
        {"currency": code, "ratio": format_amount(_ratio(value, whole))}
        for code, value in [*found, *([(REST, rest)] if rest else [])]
    ]


def _counts(facts: Facts, first: int, last: int) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for one in facts.entries:
        if first <= one.day <= last:
            kind = one.kind if one.kind in KINDS else OTHER
            counts[kind] = counts.get(kind, 0) + one.entries
    return [{"kind": kind, "count": counts[kind]} for kind in KINDS if counts.get(kind)]


def _share(sums: Mapping[str, Decimal], counts: Any, whole: Decimal) -> Decimal:
    return _ratio(_sum(value for code, value in sums.items() if counts(code)), whole)


def _ratio(part: Decimal, *wholes: Decimal) -> Decimal:
    """Return `part` divided by each, cut to 12 decimals."""
    return round_amount(_QUOTIENT.divide(part, reduce(EXACT.multiply, wholes)))


def _sum(values: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, values, _ZERO)


def _figure(value: Decimal, samples: int) -> Figure:
    return {"value": format_amount(round_amount(value)), "reason": None, "samples": samples}


def _missing(reason: Reason, samples: int) -> Figure:
    return {"value": None, "reason": reason, "samples": samples}
