"""Writes docs/performance.md: nothing in it but what this run measured. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import prose, ratios
from bench.contenders import OURS
from bench.ratios import Round, Spread
from bench.targets import Verdict

MILLISECONDS, MEGABYTES = 1000, 1e-6


@dataclass(frozen=True, slots=True)
class Table:
    """Each column is (heading, measure, factor to the unit shown)."""

    title: str
    columns: tuple[tuple[str, str, float], ...]
    compared: str


TABLES = (
    Table(
        "Cold, /holdings from the cache",
        (
            ("wall, ms", "hit.wall", MILLISECONDS),
            ("CPU, ms", "hit.cpu", MILLISECONDS),
            ("peak memory, MB", "hit.memory", MEGABYTES),
        ),
        "hit.wall",
    ),
    Table(
        "Cold, /holdings from Coinbase",
        (
            ("wall, ms", "miss.wall", MILLISECONDS),
            ("CPU, ms", "miss.cpu", MILLISECONDS),
            ("first call alone, ms", "miss.first_call", MILLISECONDS),
            ("peak memory, MB", "miss.memory", MEGABYTES),
        ),
        "miss.wall",
    ),
    Table(
        "Cold, /health",
        (
            ("wall, ms", "health.wall", MILLISECONDS),
            ("CPU, ms", "health.cpu", MILLISECONDS),
            ("peak memory, MB", "health.memory", MEGABYTES),
        ),
        "health.wall",
    ),
    Table(
        "First miss after a snapshot",
        (("first call, ms", "snapshot.first_call", MILLISECONDS),),
        "snapshot.first_call",
    ),
    Table(
        "Warm, /holdings from the cache",
        (
            ("CPU a call, ms", "warm.cpu", MILLISECONDS),
            ("p50, ms", "warm.p50", MILLISECONDS),
            ("p99, ms", "warm.p99", MILLISECONDS),
        ),
        "warm.cpu",
    ),
    Table(
        "Size of the zip",
        (("with .pyc, MB", "zip", MEGABYTES), ("without, MB", "zip.without_pyc", MEGABYTES)),
        "zip",
    ),
)


def render(
    rounds: Sequence[Round],
    verdicts: Sequence[Verdict],
    titles: Mapping[str, str],
    machine: Mapping[str, str],
    calls: int,
) -> str:
    """`titles` names the contenders, ours among them, in the order of the tables."""
    start = shown(ratios.of(rounds, (OURS, "hit.start_cpu")), MILLISECONDS)
    sections = [
        prose.INTRODUCTION.format(rounds=len(rounds), calls=calls),
        "| measured on | |\n|---|---|",
        *(f"| {name} | {value} |" for name, value in machine.items()),
        f"| Python's own start, CPU | {start} ms |",
        "\n## Targets\n",
        targets(verdicts),
        "\n![Medians and quartiles of every contender](performance.svg)\n",
        *(table(each, rounds, titles) for each in TABLES),
        prose.HOW,
    ]
    return "\n".join(sections)


def targets(verdicts: Sequence[Verdict]) -> str:
    lines = ["| ratio | target | measured | quartiles | |", "|---|---|---|---|---|"]
    for verdict in verdicts:
        target, found = verdict.target, verdict.ratio
        if found is None:
            measured, quartiles, word = "", "", "not run"
        else:
            measured = f"{found.median:.2f}"
            quartiles = f"{found.lower:.2f} to {found.upper:.2f}"
            word = "**missed**" if verdict.missed else "met"
        lines.append(
            f"| {target.text} | at most {target.at_most:.2f} | {measured} | {quartiles} | {word} |"
        )
    return "\n".join(lines)


def table(each: Table, rounds: Sequence[Round], titles: Mapping[str, str]) -> str:
    """Medians with quartiles, and how much of each contender's ours takes."""
    headings = " | ".join(heading for heading, _, _ in each.columns)
    lines = [f"## {each.title}\n", f"| | {headings} | ours / theirs |"]
    lines.append("|---" * (len(each.columns) + 2) + "|")
    for name, title in titles.items():
        cells = [
            shown(ratios.of(rounds, (name, measure)), factor) for _, measure, factor in each.columns
        ]
        compared = ratios.ratio(rounds, (OURS, each.compared), (name, each.compared))
        if any(cells):
            last = "" if name == OURS or compared is None else shown(compared, 1, places=2)
            lines.append(f"| {title} | {' | '.join(cells)} | {last} |")
    return "\n".join(lines) + "\n"


def shown(found: Spread | None, factor: float, places: int | None = None) -> str:
    """`12.3 (12.0 to 12.9)`; three digits, or as many places as are asked for."""
    if found is None:
        return ""
    median, lower, upper = (value * factor for value in (found.median, found.lower, found.upper))
    if places is None:
        places = 0 if median >= 100 else 1 if median >= 10 else 2
    if f"{lower:.{places}f}" == f"{upper:.{places}f}":
        return f"{median:.{places}f}"
    return f"{median:.{places}f} ({lower:.{places}f} to {upper:.{places}f})"
