"""Runs cases by their numbers, in processes side by side, and keeps those that went wrong."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from chaos.fuzz import messages, requests
from chaos.fuzz.judge import Case, Judge, Wrong
from chaos.fuzz.targets import Targets

SEEDS = Path(__file__).with_name("seeds")
"""Events that went wrong once, each a file of JSON; `make test` sends them all again."""

BLOCK = 250
"""Cases that share the same records: what one writes, the next meets."""
_JOBS = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    number: int
    case: Case
    why: str


@dataclass(slots=True)
class Fuzzed:
    """`events` are those of each target, `outcomes` what came of them."""

    seed: int
    cases: int = 0
    events: Counter[str] = field(default_factory=Counter[str])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    found: list[Found] = field(default_factory=list[Found])
    seconds: float = 0.0

    def add(self, other: "Fuzzed") -> None:
        self.cases += other.cases
        self.events += other.events
        self.outcomes += other.outcomes
        self.found += other.found


def case(seed: int, number: int) -> Case:
    """Return the case of this number: always the same one."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 - not for secrets
    if rng.random() < _JOBS:
        return Case(*messages.event(rng))
    return Case("http", requests.event(rng))


def block(seed: int, first: int, count: int) -> Fuzzed:
    """Send the cases from `first` on, over records of their own."""
    done, targets = Fuzzed(seed, count), Targets()
    with Judge() as judge:
        for number in range(first, first + count):
            one = case(seed, number)
            done.events[one.target] += 1
            # A handler may change what it is given: what is kept is what was sent.
            sent = json.dumps(one.event)
            try:
                judge.judge(targets, Case(one.target, json.loads(sent)))
            except Wrong as wrong:
                done.found.append(Found(number, one, str(wrong)))
    done.outcomes = judge.outcomes
    return done


def run(cases: int, seed: int, *, processes: int = 1) -> Fuzzed:
    """Send so many cases; `found` are those that went wrong."""
    began, all_of_them = perf_counter(), Fuzzed(seed)
    firsts = range(0, cases, BLOCK)
    counts = [min(BLOCK, cases - first) for first in firsts]
    for done in _blocks(seed, firsts, counts, processes):
        all_of_them.add(done)
    all_of_them.seconds = perf_counter() - began
    return all_of_them


def _blocks(seed: int, firsts: Sequence[int], counts: list[int], processes: int) -> Any:
    seeds = [seed] * len(counts)
    if processes == 1:
        yield from map(block, seeds, firsts, counts)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(block, seeds, firsts, counts)


def keep(found: Sequence[Found], folder: Path = SEEDS) -> None:
    """Write each event that went wrong into a file named after what it is."""
    folder.mkdir(exist_ok=True)
    for one in found:
        text = json.dumps({"target": one.case.target, "event": one.case.event}, indent=1)
        path = folder / f"{one.case.target}-{sha256(text.encode()).hexdigest()[:12]}.json"
        path.write_text(f"{text}\n", "utf-8")


def kept(folder: Path = SEEDS) -> list[Case]:
    read: list[Any] = [
        json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))
    ]
    return [Case(one["target"], one["event"]) for one in read]
