"""`python -m bench`: measure, write docs/performance.md, and fail if a target is missed."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from bench import certificates, contenders, machine, plot, report, targets
from bench.contenders import NAMES, Contender
from bench.expected import WrongAnswer
from bench.measure import Bench
from bench.ratios import Round
from bench.trees import ROOT, TREES, TreeFailed
from package import interpreter
from package.errors import PackagingFailed

WORK = TREES.parent
PAGE = ROOT / "docs" / "performance.md"


def main() -> str | None:
    options = _options()
    try:
        python = interpreter.find(os.environ)
        found = contenders.make(set(options.only), python)
        rounds = _measure(found, python, options)
    except (PackagingFailed, TreeFailed, WrongAnswer) as error:
        return f"holdings: {error}"
    verdicts = targets.judge(rounds)
    titles = {contender.name: contender.title for contender in found}
    described = machine.describe(python) | {"load average after": machine.load()}
    page = report.render(rounds, verdicts, titles, described, options.calls)
    if options.quick or set(options.only) != set(NAMES):
        print(page)  # a page for readers is of a whole run
    else:
        PAGE.write_text(page, encoding="utf-8")
        PAGE.with_suffix(".svg").write_text(plot.draw(rounds, titles), encoding="utf-8")
        print(report.targets(verdicts))
    return targets.complaint(verdicts) or None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=300, help="warm calls a round")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="PEER")
    parser.add_argument("--quick", action="store_true", help="3 rounds, printed, nothing written")
    parser.add_argument("--latency", type=float, default=0.0, help="of every answer, in ms")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.calls = 3, 100
    return options


def _measure(found: list[Contender], python: Path, options: argparse.Namespace) -> list[Round]:
    bundle, home = certificates.make(WORK / "tls"), WORK / "home"
    home.mkdir(exist_ok=True)
    with _cloud(options.latency) as url:
        bench = Bench(python, url, bundle, home, options.calls)
        bench.prepare(found)
        rounds = bench.rounds(found, options.rounds, _tell(options.rounds))
    sizes = {
        (contender.name, measure): float(size)
        for contender in found
        if not contender.hits_only
        for measure, size in (
            ("zip", contender.tree.zipped),
            ("zip.without_pyc", contender.tree.zipped_without_pyc),
        )
    }
    return [measured | sizes for measured in rounds]


def _tell(rounds: int) -> Callable[[int], None]:
    def tell(number: int) -> None:
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)

    return tell


@contextmanager
def _cloud(latency: float) -> Generator[str]:
    """The local cloud, in a process of its own that ends when its input does."""
    command = [sys.executable, "-m", "bench.cloud", str(WORK / "tls"), str(latency)]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout  # noqa: S101 - PIPE was asked for
        yield f"https://127.0.0.1:{int(process.stdout.readline())}"


sys.exit(main())
