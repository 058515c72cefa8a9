"""The statistics: medians, and ratios as medians of per-round ratios. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# One round's measures: (contender, measure) -> value, in seconds or bytes.
Key = tuple[str, str]
Round = dict[Key, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the quartiles around it."""

    median: float
    lower: float
    upper: float


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError for no values; of one, all three are that one."""
    if not values:
        raise ValueError("nothing was measured")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, lower, upper)


def of(rounds: Sequence[Round], key: Key) -> Spread | None:
    """The spread of one measure; None if no round has it."""
    values = [measured[key] for measured in rounds if key in measured]
    return spread(values) if values else None


def ratio(rounds: Sequence[Round], ours: Key, theirs: Key) -> Spread | None:
    """The spread of ours / theirs, each from one round; None if no round has both.

    A machine that is slow for a while is slow for both, so the ratio of a round says more than the
    ratio of two medians.
    """
    ratios = [
        measured[ours] / measured[theirs]
        for measured in rounds
        if ours in measured and theirs in measured
    ]
    return spread(ratios) if ratios else None
