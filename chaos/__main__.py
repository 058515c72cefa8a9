"""`python -m chaos`: break what the app depends on, fuzz it, write docs/reliability.md."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from bench.measure import machine
from chaos import report
from chaos.fuzz import run as fuzz
from chaos.run import FULL, SHORT, run
from local.settings import ROOT, LocalError

PAGE = ROOT / "docs" / "reliability.md"


def main() -> str | None:
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        try:
            done = run(SHORT if options.short else FULL, options.seed, Path(folder))
        except LocalError as error:
            return f"holdings: {error}"
    print(f"{options.cases:,} cases", file=sys.stderr, flush=True)
    fuzzed = fuzz.run(options.cases, options.seed, processes=os.cpu_count() or 1)
    fuzz.keep(fuzzed.found)
    page = report.render(done, fuzzed, machine(Path(sys.executable)))
    if options.short:
        print(page)  # a page for readers is of a whole run
    else:
        PAGE.write_text(page, encoding="utf-8")
    return report.complaint(done, fuzzed)


def _end(number: int, frame: FrameType | None) -> None:
    """Stop what was started, as Ctrl-C has it."""
    del number, frame
    sys.exit("holdings: told to end")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=20_261_127)
    parser.add_argument("--cases", type=int, help="of the fuzzing: 100,000")
    parser.add_argument("--short", action="store_true", help="a minute; nothing is written")
    options = parser.parse_args()
    options.cases = options.cases or (5_000 if options.short else 100_000)
    return options


# Processes of the fuzzing import this module too.
if __name__ == "__main__":
    sys.exit(main())
