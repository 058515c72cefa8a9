"""`python -m bench`: measure, write docs/performance.md and scale.md; fail if one is missed."""

import argparse
import os
import sys

from bench import contenders, large, measure, past, report, targets
from bench.contenders import NAMES, ROOT, TREES
from bench.invocation import WrongAnswer
from bench.scale import whole
from bench.targets import TITLES
from package import PackagingFailed
from package.build import find_python

PAGE = ROOT / "docs" / "performance.md"


def main() -> str | None:
    options = _options()
    try:
        python = find_python(os.environ)
        found = contenders.make(options.only, python)
        rounds: list[targets.Round] = []
        folder = TREES.parent / "cloud"
        with measure.local_cloud(folder) as url:
            bench = measure.Bench(python, url, folder, options.calls)
            bench.prepare(found)
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
                rounds.append(bench.round(found))
    except (PackagingFailed, WrongAnswer) as error:
        return f"holdings: {error}"
    verdicts = targets.judge(rounds)
    machine = measure.machine(python)
    others = (large.table(), past.table())
    page = report.render(rounds, verdicts, TITLES, machine, options.calls, *others)
    if options.quick or set(options.only) != set(NAMES):
        print(page)  # a page for readers is of a whole run
    else:
        PAGE.write_text(page, encoding="utf-8")
        PAGE.with_suffix(".svg").write_text(report.draw(rounds, TITLES), encoding="utf-8")
        print(report.targets(verdicts))
    missed = (targets.complaint(verdicts), whole.run(quick=options.quick))
    return "\n".join(filter(None, missed)) or None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=300, help="warm calls a round")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="PEER")
    parser.add_argument("--quick", action="store_true", help="3 rounds, printed, nothing written")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.calls = 3, 100
    return options


sys.exit(main())
