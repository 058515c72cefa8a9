"""Draws docs/performance.svg by hand: a bar a contender, its quartiles as a whisker. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

from bench import ratios
from bench.contenders import OURS
from bench.ratios import Round

PANELS = (
    ("Cold hit: import to answer, ms", "hit.wall", 1000),
    ("Cold miss: import to answer, ms", "miss.wall", 1000),
    ("Warm hit: CPU a call, ms", "warm.cpu", 1000),
    ("Cold hit: peak memory, MB", "hit.memory", 1e-6),
)
WIDTH, LEFT, BAR, GAP, HEAD = 780, 280, 16, 8, 44
_LONGEST = WIDTH - LEFT - 70
_INK, _OURS, _THEIRS = "#57606a", "#1f6feb", "#8c959f"  # legible on white and on black


def draw(rounds: Sequence[Round], titles: Mapping[str, str]) -> str:
    parts: list[str] = []
    top = 0
    for title, measure, factor in PANELS:
        parts += _panel(rounds, titles, title, measure, factor, top)
        top += HEAD + sum((name, measure) in rounds[0] for name in titles) * (BAR + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + GAP}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(
    rounds: Sequence[Round],
    titles: Mapping[str, str],
    title: str,
    measure: str,
    factor: float,
    top: int,
) -> list[str]:
    spreads = {name: found for name in titles if (found := ratios.of(rounds, (name, measure)))}
    scale = _LONGEST / max((found.upper for found in spreads.values()), default=1.0)
    parts = [f'<text x="8" y="{top + 28}" font-size="14" font-weight="bold">{escape(title)}</text>']
    y = top + HEAD
    for name, found in spreads.items():
        middle = y + BAR * 0.75
        end, lower, upper = (
            LEFT + value * scale for value in (found.median, found.lower, found.upper)
        )
        label = escape(titles[name])
        shown = f"{found.median * factor:.3g}"
        fill = _OURS if name == OURS else _THEIRS
        parts += [
            f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">{label}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" fill="{fill}"/>',
            f'<path d="M{lower:.1f} {y + BAR / 2}H{upper:.1f}" stroke="{_INK}"/>',
            f'<text x="{max(end, upper) + 6:.1f}" y="{middle:.0f}">{shown}</text>',
        ]
        y += BAR + GAP
    return parts
