"""Medians, ratios as medians of each round's ratio, and how low these have to be. Pure."""

import statistics
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Who is compared, by what, and how low that has to be: data, which the page too is made from.
PAGE = tomllib.loads(Path(__file__).with_name("page.toml").read_text(encoding="utf-8"))
TITLES: dict[str, str] = PAGE["contenders"]
OURS, *_ = TITLES

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


def measured(rounds: Sequence[Round], key: Key) -> Spread | None:
    """The spread of one measure; None if no round has it."""
    values = [found[key] for found in rounds if key in found]
    return spread(values) if values else None


def ratio(rounds: Sequence[Round], ours: Key, theirs: Key) -> Spread | None:
    """The spread of ours / theirs, each from one round; None if no round has both.

    A machine that is slow for a while is slow for both, so the ratio of a round says more than the
    ratio of two medians.
    """
    ratios = [found[ours] / found[theirs] for found in rounds if ours in found and theirs in found]
    return spread(ratios) if ratios else None


@dataclass(frozen=True, slots=True)
class Target:
    """`their_measure` is the same as ours where it is empty."""

    text: str
    ours: str
    theirs: str
    at_most: float
    their_measure: str = ""


TARGETS = tuple(Target(**each) for each in PAGE["targets"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ratio` is None when the run left the peer out."""

    target: Target
    ratio: Spread | None

    @property
    def missed(self) -> bool:
        return self.ratio is not None and self.ratio.median > self.target.at_most


def judge(rounds: Sequence[Round], targets: Iterable[Target] = TARGETS) -> list[Verdict]:
    return [
        Verdict(
            each,
            ratio(rounds, (OURS, each.ours), (each.theirs, each.their_measure or each.ours)),
        )
        for each in targets
    ]


def complaint(verdicts: Iterable[Verdict]) -> str:
    """One line a target that was missed; nothing if all were met."""
    return "\n".join(
        f"missed: {verdict.target.text}: {verdict.ratio.median:.2f}, at most "
        f"{verdict.target.at_most:.2f}"
        for verdict in verdicts
        if verdict.ratio and verdict.missed
    )
