"""How fast it has to be, beside whom; and the guard that says where it is not. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.contenders import OURS
from bench.ratios import Key, Round, Spread, ratio

FASTAPI, POWERTOOLS, BY_HAND = "fastapi", "powertools", "botocore"


@dataclass(frozen=True, slots=True)
class Target:
    text: str
    ours: str
    theirs: Key
    at_most: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ratio` is None when the run left the peer out."""

    target: Target
    ratio: Spread | None

    @property
    def missed(self) -> bool:
        return self.ratio is not None and self.ratio.median > self.target.at_most


TARGETS = (
    Target("cold hit vs FastAPI + Mangum", "hit.wall", (FASTAPI, "hit.wall"), 0.35),
    Target("cold hit vs Powertools", "hit.wall", (POWERTOOLS, "hit.wall"), 0.60),
    Target("cold hit vs the handler by hand", "hit.wall", (BY_HAND, "hit.wall"), 0.80),
    Target("cold miss vs FastAPI + Mangum", "miss.wall", (FASTAPI, "miss.wall"), 0.60),
    Target(
        "first miss after a snapshot vs the first call of FastAPI + Mangum's cold miss",
        "snapshot.first_call",
        (FASTAPI, "miss.first_call"),
        0.40,
    ),
    Target("warm hit, CPU a call, vs FastAPI + Mangum", "warm.cpu", (FASTAPI, "warm.cpu"), 0.35),
    Target("warm hit, CPU a call, vs the handler by hand", "warm.cpu", (BY_HAND, "warm.cpu"), 0.45),
    Target("zip with boto3 and .pyc vs FastAPI's full zip", "zip", (FASTAPI, "zip"), 0.30),
    Target(
        "peak memory, cold hit, vs FastAPI + Mangum", "hit.memory", (FASTAPI, "hit.memory"), 0.60
    ),
)


def judge(rounds: Sequence[Round], targets: Iterable[Target] = TARGETS) -> list[Verdict]:
    return [
        Verdict(target, ratio(rounds, (OURS, target.ours), target.theirs)) for target in targets
    ]


def complaint(verdicts: Iterable[Verdict]) -> str:
    """One line a target that was missed; nothing if all were met."""
    return "\n".join(
        f"missed: {verdict.target.text}: {verdict.ratio.median:.2f}, at most "
        f"{verdict.target.at_most:.2f}"
        for verdict in verdicts
        if verdict.ratio and verdict.missed
    )
