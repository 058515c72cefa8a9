"""One run: a crowd reads while all is well, then through each fault of each dependency."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.aws_faults import Fault
from chaos.faults import DEPENDENCIES, injected, struck
from chaos.fleet import Fleet
from chaos.viewers import Crowd, Tally, Viewer
from chaos.world import World

# How long it may take after a fault until everybody's figures are fresh again.
RECOVERY_SECONDS = 30.0
_LOOK_SECONDS = 0.2
# What is asked for seldom is asked for within this.
_STRUCK_SECONDS = 20.0
# Of what went wrong.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` are those of a fault, `slow` those of one that has to meet a deadline."""

    viewers: int
    processes: int
    load: float
    seconds: float
    slow: float
    faults: Sequence[tuple[str, Fault]]
    past: bool = True
    restart_always: bool = True


FULL = Plan(
    viewers=6,
    processes=2,
    load=10.0,
    seconds=2.0,
    slow=11.0,
    faults=[(name, fault) for name, about in DEPENDENCIES.items() for fault in about.faults],
)
# One fault of each dependency, and each fault once; no ledger is read before.
SHORT = Plan(
    viewers=2,
    processes=2,
    load=0.7,
    seconds=0.7,
    slow=2.0,
    faults=[
        ("dynamodb", Fault.REFUSE),
        ("cache", Fault.LIE),
        ("records", Fault.RESET),
        ("kms", Fault.THROTTLE),
        ("sts", Fault.DENY),
        ("secrets", Fault.REFUSE),
        ("sqs", Fault.SLOW),
        ("exchange", Fault.LIE),
        ("market", Fault.RESET),
        ("advanced", Fault.DENY),
    ],
    past=False,
    restart_always=False,
)


@dataclass(frozen=True, slots=True)
class Phase:
    """What came of a fault, which `struck` so many requests of the app, None if nobody counted.

    `recovery` is seconds until all was fresh, None if it never was.
    """

    name: str
    fault: Fault
    tally: Tally
    struck: int | None
    recovery: float | None
    lost: Sequence[str]


@dataclass(frozen=True, slots=True)
class Load:
    """Of answers while all is well: how many a second, and their seconds."""

    viewers: int
    processes: int
    seconds: float
    tally: Tally

    @property
    def rate(self) -> float:
        return len(self.tally.seconds) / self.seconds

    def quantile(self, of_100: int) -> float:
        return statistics.quantiles(self.tally.seconds, n=100)[of_100 - 1]


@dataclass(slots=True)
class Run:
    seed: int
    load: Load
    phases: list[Phase] = field(default_factory=list[Phase])
    acknowledged: int = 0


def run(plan: Plan, seed: int, folder: Path) -> Run:
    """Start everything in `folder`, and stop it. Raises LocalError if it cannot be started."""
    with World(folder, seed, plan.viewers) as world:
        fleet = Fleet(world, plan.processes)
        fleet.start()
        viewers = [Viewer(world, fleet, number) for number in range(plan.viewers)]
        for viewer in viewers if plan.past else ():
            viewer.await_history()
        world.book.start()
        crowd = Crowd(viewers)
        crowd.start()
        try:
            done = Run(seed, _load(plan, crowd))
            for name, fault in plan.faults:
                done.phases.append(_phase(plan, world, fleet, crowd, name, fault))
                _say(done.phases[-1])
            done.acknowledged = sum(viewer.kept.acknowledged for viewer in viewers)
        finally:
            crowd.stop()
            world.book.stop()
    return done


def _load(plan: Plan, crowd: Crowd) -> Load:
    tally = crowd.observe()
    began = time.monotonic()
    time.sleep(plan.load)
    crowd.rest()
    return Load(plan.viewers, plan.processes, time.monotonic() - began, tally)


def _phase(plan: Plan, world: World, fleet: Fleet, crowd: Crowd, name: str, fault: Fault) -> Phase:
    about, seconds = DEPENDENCIES[name], plan.seconds
    if fault is Fault.SLOW:
        # An exchange is waited for until the deadline, AWS for three seconds.
        seconds = plan.slow if name in world.exchanges else 2 * plan.seconds
    with injected(world, name, fault, seconds):
        if plan.restart_always or about.restart:
            fleet.replace_one()
        if about.forget:
            world.forget_prices()
        before = struck(world, name, fault) or 0
        tally = crowd.observe()
        time.sleep(seconds)
        hit = _struck(world, name, fault, before)
    began = time.monotonic()
    crowd.rest()
    recovery = _recovered(crowd.viewers, began)
    lost = [
        f"viewer {number}: {one}"
        for number, viewer in enumerate(crowd.viewers)
        for one in viewer.kept.lost()
    ]
    return Phase(name, fault, tally, hit, recovery, lost)


def _struck(world: World, name: str, fault: Fault, before: int) -> int | None:
    """Wait until the fault struck somebody at least; return how many requests it did."""
    until = time.monotonic() + _STRUCK_SECONDS
    while (now := struck(world, name, fault)) == before and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return None if now is None else now - before


def _recovered(viewers: Sequence[Viewer], began: float) -> float | None:
    ill = list(viewers)
    while ill and time.monotonic() - began < RECOVERY_SECONDS:
        ill = [viewer for viewer in ill if not viewer.is_well()]
        if ill:
            time.sleep(_LOOK_SECONDS)
    return None if ill else time.monotonic() - began


def _say(phase: Phase) -> None:
    tally = phase.tally
    print(
        f"{phase.name}, {phase.fault}: {sum(tally.outcomes.values())} answers, "
        f"{phase.struck} struck, {len(tally.wrong)} wrong, {len(phase.lost)} lost, "
        f"worst {tally.slowest[0]:.1f} s, "
        + (f"fresh again after {phase.recovery:.1f} s" if phase.recovery else "never fresh again"),
        file=sys.stderr,
        flush=True,
    )
    for what in (*tally.wrong[:_SHOWN], *phase.lost[:_SHOWN]):
        print(f"  {what[:500]}", file=sys.stderr, flush=True)
