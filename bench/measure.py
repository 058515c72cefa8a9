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
from bench.ratios import Round
from bench.services import FORGETFUL, SECRET_NAME

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
        """Let each fill its own cache, in its own format, and see that a hit finds it."""
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
                    if not case.only or contender.name in case.only:
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
            env=self._environment(contender, case),
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

    def _environment(self, contender: Contender, case: Case) -> dict[str, str]:
        """What Lambda sets, the app's settings, and where the cloud is."""
        bundle = str(self.bundle)
        return {
            "AWS_ACCESS_KEY_ID": "ASIABENCHBENCHBENCH0",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_SESSION_TOKEN": "bench-session-token" * 20,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": "holdings",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if case.snapshot else "on-demand",
            "LAMBDA_TASK_ROOT": contender.path[0],
            "HOME": str(self.home),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "APP_NAME": expected.NAME,
            "APP_VERSION": expected.VERSION,
            "DEFAULT_USER_ID": "bench",
            "DDB_TABLE": contender.name + (FORGETFUL if case.answers == "miss" else ""),
            "CB_BASE_URL": self.url,
            "CB_SECRET_NAME": SECRET_NAME,
            "CACHE_TTL_SECONDS": "86400",  # longer than a run, so that a hit stays one
            "CORS_ALLOW_ORIGIN": "http://localhost:5173",
            "LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "holdings",
        }
