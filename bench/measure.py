"""Runs contenders in processes of their own, interleaved, and checks every answer."""

import json
import os
import platform
import random
import statistics
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench.cloud import FORGETFUL
from bench.contenders import ROOT, Contender
from bench.invocation import WrongAnswer, check, environment
from bench.targets import OURS, Round

CHILD = Path(__file__).with_name("child.py")
VALUING = Path(__file__).with_name("valuing.py")
VALUERS = (OURS, "fastapi")
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
    snapshot: bool = False  # for ours, and the peer that is like it there

    def asks(self, contender: Contender) -> bool:
        if contender.misses_only:
            return self.name == "miss"
        if self.snapshot:
            return contender.name in (OURS, "fastapi")
        return self.answers == "hit" or not contender.hits_only


HIT = Case("hit", "/holdings", "hit", ("wall", "cpu", "memory", "start_cpu"))
CASES = (
    Case("health", "/health", "health", ("wall", "cpu", "memory")),
    HIT,
    Case("miss", "/holdings", "miss", ("wall", "cpu", "memory", "first_call")),
    Case("snapshot", "/holdings", "miss", ("first_call",), snapshot=True),
    Case("warm", "/holdings", "hit", ("cpu", "p50", "p99"), warm=True),
)


@contextmanager
def local_cloud(folder: Path) -> Generator[str]:
    """Give its address; it is a process of its own that ends when its input does."""
    command = [sys.executable, "-m", "bench.cloud", str(folder)]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout  # noqa: S101 - PIPE was asked for
        yield f"https://127.0.0.1:{int(process.stdout.readline())}"


@dataclass(frozen=True, slots=True)
class Bench:
    """`url` is the local cloud's, which keeps its certificates in `folder`."""

    python: Path
    url: str
    folder: Path
    calls: int

    def prepare(self, contenders: Iterable[Contender]) -> None:
        """Let each fill its cache by a miss, in its own format, and see that a hit finds it."""
        (self.folder / "home").mkdir(exist_ok=True)
        for contender in contenders:
            if contender.misses_only:
                continue
            with suppress(WrongAnswer):  # nothing is cached yet: this is a miss
                self.run(contender, HIT)
            self.run(contender, HIT)

    def round(self, contenders: list[Contender]) -> Round:
        """Every case of every contender once, in a shuffled order; and the sizes."""
        measured: Round = {}
        for case in random.sample(CASES, len(CASES)):
            for contender in random.sample(contenders, len(contenders)):
                if case.asks(contender):
                    measured |= self._measures(contender, case)
        for contender in contenders:
            if contender.name in VALUERS:
                measured[contender.name, "value.cpu"] = self._value(contender)
            if not (contender.hits_only or contender.misses_only):
                measured[contender.name, "zip"] = contender.tree.zipped
                measured[contender.name, "zip.without_pyc"] = contender.tree.zipped_without_pyc
        return measured

    def _measures(self, contender: Contender, case: Case) -> Round:
        found = self.run(contender, case)
        if case.warm:
            calls = sorted(cast("list[float]", found["calls"]))
            found["cpu"] = cast("float", found["warm_cpu"]) / len(calls)
            found["p50"] = statistics.median(calls)
            found["p99"] = calls[int(len(calls) * 0.99)]
        return {(contender.name, f"{case.name}.{kept}"): found[kept] for kept in case.keep}

    def _value(self, contender: Contender) -> float:
        """Return the CPU seconds that 500 holdings take: to be valued by us, or read by a peer."""
        done = subprocess.run(  # noqa: S603 - ours
            [str(self.python), "-I", "-S", "-B", str(VALUING), contender.name, *contender.path],
            env=environment(
                self.folder / "home",
                contender.path[0],
                table=contender.table,
                url=self.url,
                bundle=self.folder / "ca.pem",
                snapshot=False,
            ),
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        if done.returncode:
            raise WrongAnswer(f"{contender.name}, valuing: {done.stderr}")
        return float(done.stdout)

    def run(self, contender: Contender, case: Case) -> dict[str, Any]:
        """Return what bench/child.py reports. Raises WrongAnswer."""
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
            env=environment(
                self.folder / "home",
                contender.path[0],
                table=contender.table + (FORGETFUL if case.answers == "miss" else ""),
                url=self.url,
                bundle=self.folder / "ca.pem",
                snapshot=case.snapshot,
            ),
            cwd=contender.path[0],
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        if done.returncode:
            raise WrongAnswer(f"{contender.name}, {case.name}: {done.stderr}")
        found = cast("dict[str, Any]", json.loads(done.stdout))
        try:
            check(found["response"], case.answers)
        except WrongAnswer as wrong:
            raise WrongAnswer(f"{contender.name}, {case.name}: {wrong}\n{done.stderr}") from None
        return found


def machine(python: Path) -> dict[str, str]:
    """What the numbers are measured on; no name of the machine, no path on it. Linux only."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    asked = "import ssl, sys; print(sys.version.split()[0], ssl.OPENSSL_VERSION, sep=', ')"
    said = subprocess.check_output([str(python), "-I", "-S", "-c", asked], text=True)  # noqa: S603 - ours
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": f"{models[0] if models else 'unknown'}, {platform.machine()}",
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 1024**3:.0f} GiB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, "
        f"Linux {platform.release().split('-')[0]}",
        "python": f"CPython {said.strip()}",
        "load average after": f"{os.getloadavg()[0]:.1f}",
    }
