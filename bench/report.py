"""Writes docs/performance.md and its picture: nothing in them but what this run measured. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.targets import OURS, PAGE, Round, Spread, Verdict, measured, ratio

PROSE = Path(__file__).with_name("page.md")


@dataclass(frozen=True, slots=True)
class Table:
    """Each column is (heading, measure, factor to the unit shown)."""

    title: str
    columns: list[tuple[str, str, float]]
    compared: str


TABLES = tuple(Table(**each) for each in PAGE["tables"])


def render(
    rounds: Sequence[Round],
    verdicts: Sequence[Verdict],
    titles: Mapping[str, str],
    machine: Mapping[str, str],
    calls: int,
    large: str,
    past: str,
) -> str:
    """`titles` names the contenders, ours among them, in the order of the tables.

    `large` is the table of bench/large.py, `past` those of bench/past.py.
    """
    own = shown(measured(rounds, (OURS, "hit.start_cpu")), 1000)
    on = {**machine, "Python's own start, CPU": f"{own} ms"}
    return PROSE.read_text(encoding="utf-8").format(
        rounds=len(rounds),
        calls=calls,
        machine="\n".join(f"| {name} | {value} |" for name, value in on.items()),
        targets=targets(verdicts),
        tables="\n".join(table(each, rounds, titles) for each in TABLES),
        large=large,
        past=past,
    )


def targets(verdicts: Sequence[Verdict]) -> str:
    lines = ["| ratio | target | measured | quartiles | |", "|---|---|---|---|---|"]
    for verdict in verdicts:
        target, found = verdict.target, verdict.ratio
        word = "**missed**" if verdict.missed else "met" if found else "not run"
        ratio = f"{found.median:.2f}" if found else ""
        quartiles = f"{found.lower:.2f} to {found.upper:.2f}" if found else ""
        limit = f"at most {target.at_most:.2f}"
        lines.append(f"| {target.text} | {limit} | {ratio} | {quartiles} | {word} |")
    return "\n".join(lines)


def table(each: Table, rounds: Sequence[Round], titles: Mapping[str, str]) -> str:
    """Medians with quartiles, and how much of each contender's ours takes."""
    headings = " | ".join(heading for heading, _, _ in each.columns)
    lines = [f"## {each.title}\n", f"| | {headings} | ours / theirs |"]
    lines.append("|---" * (len(each.columns) + 2) + "|")
    for name, title in titles.items():
        cells = [
            shown(measured(rounds, (name, measure)), factor) for _, measure, factor in each.columns
        ]
        compared = ratio(rounds, (OURS, each.compared), (name, each.compared))
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


_WIDTH, _LEFT, _BAR, _GAP, _HEAD = 780, 280, 16, 8, 44
_LONGEST = _WIDTH - _LEFT - 70
_INK, _BLUE, _GRAY = "#57606a", "#1f6feb", "#8c959f"  # legible on white and on black


def draw(rounds: Sequence[Round], titles: Mapping[str, str]) -> str:
    """An SVG: a bar a contender, its quartiles as a whisker."""
    parts: list[str] = []
    y = 0
    for heading, measure, factor in (panel.values() for panel in PAGE["panels"]):
        found = {name: measured(rounds, (name, measure)) for name in titles}
        spreads = {name: each for name, each in found.items() if each}
        scale = _LONGEST / max((each.upper for each in spreads.values()), default=1.0)
        text = f'<text x="8" y="{y + 28}" font-size="14" font-weight="bold">{escape(heading)}'
        parts.append(f"{text}</text>")
        y += _HEAD
        for name, each in spreads.items():
            parts += _bar(titles[name], each, factor, scale, y, _BLUE if name == OURS else _GRAY)
            y += _BAR + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + _GAP}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bar(title: str, found: Spread, factor: float, scale: float, y: int, fill: str) -> list[str]:
    middle, length, left, right = y + _BAR * 0.75, found.median * scale, found.lower, found.upper
    left, right = _LEFT + left * scale, _LEFT + right * scale
    end = max(_LEFT + length, right) + 6
    return [
        f'<text x="{_LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(title)}</text>',
        f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{fill}"/>',
        f'<path d="M{left:.1f} {y + _BAR / 2}H{right:.1f}" stroke="{_INK}"/>',
        f'<text x="{end:.1f}" y="{middle:.0f}">{found.median * factor:.3g}</text>',
    ]
