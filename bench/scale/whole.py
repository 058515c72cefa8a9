"""Measures crowds of three sizes, writes docs/scale.md, and says which goals are missed."""

import sys
from pathlib import Path

from bench.contenders import ROOT
from bench.measure import machine
from bench.scale import page
from bench.scale.run import Crowd, crowd

PAGE = ROOT / "docs" / "scale.md"


def measured(*, quick: bool = False) -> list[Crowd]:
    """Return the crowds, the largest last. Quick is a tenth of the largest, and fewer rounds."""
    rounds, most = (3, 1_000) if quick else (9, 10_000)
    found: list[Crowd] = []
    for viewers in (1, 100, most):
        print(f"{viewers:,} viewers", file=sys.stderr, flush=True)
        large = viewers == most
        found.append(
            crowd(viewers, rounds=rounds if large else 3, workers=4 if large else 1, loops=large)
        )
    return found


def run(*, quick: bool) -> str | None:
    """Measure and write; return which goals are missed."""
    crowds = measured(quick=quick)
    written = page.render(crowds, machine(Path(sys.executable)))
    if quick:
        print(written)
    else:
        PAGE.write_text(written, encoding="utf-8")
    return complaint(crowds)


def complaint(crowds: list[Crowd]) -> str | None:
    missed = [goal for goal in page.goals(crowds) if goal.missed]
    lines = (f"missed: {goal.text}: {goal.found:.2f}, at most {goal.at_most:g}" for goal in missed)
    return "\n".join(lines) or None
