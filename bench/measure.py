"""Runs contenders in processes of their own, interleaved, and checks every answer."""

import json
import random
import statistics
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench import expected
from bench.contenders import OURS, Contender
from bench.environment import lambda_environment
from bench.ratios import Round
from bench.services import FORGETFUL

CHILD = Path(__file__).with_name("child.py")
CHILD_SECONDS = 120
WARM_UP = 30


@dataclass(frozen=True, slots=True)
class Case:
    """One process: what it is asked, and which of its measures are kept."""

    name: str
    path: str
    answers: str  # health, hit or miss
    keep: tuple[str, ...]
    warm: bool = False
    snapshot: bool = False
    only: frozenset[str] = frozenset()

    def asks(self, contender: Contender) -> bool:
        if contender.hits_only and self.answers != "hit":
            return False
        return not self.only or contender.name in self.only


CASES = (
    Case("health", "/health", "health", ("wall", "cpu", "memory")),
    Case("hit", "/holdings", "hit", ("wall", "cpu", "memory", "start_cpu")),
    Case("miss", "/holdings", "miss", ("wall", "cpu", "memory", "first_call")),
    Case(
        "snapshot",
        "/holdings",
        "miss",
        ("first_call",),
        snapshot=True,
        only=frozenset({OURS, "fastapi"}),
    ),
    Case("warm", "/holdings", "hit", ("cpu", "p50", "p99"), warm=True),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """`url` is the local cloud's, `bundle` the certificates that it is verified with."""

    python: Path
    url: str
    bundle: Path
    home: Path
    calls: int

    def prepare(self, contenders: list[Contender]) -> None:
        """Let each fill its cache by a miss, in its own format, and see that a hit finds it."""
        hit = next(case for case in CASES if case.name == "hit")
        for contender in contenders:
            with suppress(expected.WrongAnswer):  # nothing is cached yet: this is a miss
                self._run(contender, hit)
            self._run(contender, hit)

    def rounds(
        self, contenders: list[Contender], count: int, tell: Callable[[int], None]
    ) -> list[Round]:
        order = random.Random()  # noqa: S311 - an order, not a secret
        found: list[Round] = []
        for number in range(count):
            tell(number)
            measured: Round = {}
            for case in order.sample(CASES, len(CASES)):
                for contender in order.sample(contenders, len(contenders)):
                    if case.asks(contender):
                        measured |= self._measures(contender, case)
            found.append(measured)
        return found

    def _measures(self, contender: Contender, case: Case) -> Round:
        told = self._run(contender, case)
        if case.warm:
            calls = sorted(cast("list[float]", told["calls"]))
            told["cpu"] = cast("float", told["warm_cpu"]) / len(calls)
            told["p50"] = statistics.median(calls)
            told["p99"] = calls[int(len(calls) * 0.99)]
        return {(contender.name, f"{case.name}.{kept}"): told[kept] for kept in case.keep}

    def _run(self, contender: Contender, case: Case) -> dict[str, Any]:
        job = {
            "path": contender.path,
            "module": contender.module,
            "event": contender.event(case.path),
            "warm_up": WARM_UP if case.warm else 0,
            "calls": self.calls if case.warm else 0,
        }
        done = subprocess.run(  # noqa: S603 - ours
            [str(self.python), "-I", "-S", "-B", str(CHILD)],
            input=json.dumps(job),
            env=lambda_environment(
                self.home,
                contender.path[0],
                table=contender.table + (FORGETFUL if case.answers == "miss" else ""),
                url=self.url,
                bundle=self.bundle,
                snapshot=case.snapshot,
            ),
            cwd=contender.path[0],
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        if done.returncode:
            raise expected.WrongAnswer(f"{contender.name}, {case.name}: {done.stderr}")
        told = cast("dict[str, Any]", json.loads(done.stdout))
        try:
            expected.check(told["response"], case.answers)
        except expected.WrongAnswer as wrong:
            raise expected.WrongAnswer(
                f"{contender.name}, {case.name}: {wrong}\n{done.stderr}"
            ) from None
        return told
