"""What a stranger may send where a text, a number or any JSON is expected."""

import copy
import json
from random import Random
from typing import Any, cast

KNOWN_ID = "0190" + "0" * 28
"""The connection that the viewer of every case has."""
KNOWN_VIEWER = "3f1c"

# Each has broken a parser somewhere: empty, blank, NUL, lone surrogates' neighbours, other scripts'
# digits, what Python, JSON, SQL, a shell or a template take for more than a text.
TEXTS = (
    *("", " ", "\t\r\n", "\x00", "\x7f", "\u2028", "\ufeff", "\uffff", "\U0001f4a9", "e\u0301"),
    *("0", "-1", "1e400", "NaN", "Infinity", "-0", "0x10", "1_000", "\u0661\u0662", "9" * 40),
    *("null", "true", "[]", "{}", '{"a":', "''", '"', "%", "%00", "%zz", "%c3%28", "+", "&a=b"),
    *("../../etc/passwd", "//", "/./", "..%2f", "{{7*7}}", "${x}", "<script>", "'; --", "\\"),
    *("2026-02-30", "0000-01-01", "9999-12-31", "2026-13-01", "2026-11-21", "2026-W01-1"),
    *("BTC", "usd", "XYZ", "BTC-USD", "a" * 21, "shared", "f" * 32, KNOWN_ID, KNOWN_VIEWER),
    *('"0"', '"1"', "W/", "*", '"999999999999"', '"1", "2"', "day", "month", "asset", "view"),
)
NUMBERS = (0, -1, 1, 2, 50, 101, 10**9, 2**53 + 1, -(10**30), 1.5, 1e308, 253_402_300_800)
JUNK: tuple[Any, ...] = (None, True, False, *NUMBERS, [], {}, [[]], [None], {"": None})
_LONG = 300
_DEEP = 400


def text(rng: Random) -> str:
    roll = rng.random()
    if roll < 0.8:
        return rng.choice(TEXTS)
    if roll < 0.95:
        return "".join(chr(rng.randrange(0xD800)) for _ in range(rng.randrange(12)))
    return rng.choice(TEXTS[:60]) * rng.randrange(_LONG)


def junk(rng: Random) -> Any:
    """Any JSON value, now and then one that is nested deeper than a parser goes."""
    roll = rng.random()
    if roll < 0.45:
        return copy.deepcopy(rng.choice(JUNK))
    if roll < 0.85:
        return text(rng)
    if roll < 0.9:
        value: Any = None
        for _ in range(rng.randrange(_DEEP)):
            value = [value]
        return value
    return {text(rng): junk(rng) for _ in range(rng.randrange(4))}


def damaged(value: Any, rng: Random) -> Any:
    """Return `value` with one of its parts gone, replaced or moved elsewhere; it may be all of it.

    `value` itself is changed where it can be.
    """
    places = list(_places(value))
    if not places or rng.random() < 0.02:
        return junk(rng)
    holder, key = rng.choice(places)
    roll = rng.random()
    if roll < 0.3:
        del holder[key]
    elif roll < 0.5:
        holder[key] = [holder[key]]
    elif roll < 0.6:
        holder[key] = json.dumps(holder[key])
    else:
        holder[key] = junk(rng)
    return value


def _places(value: Any) -> Any:
    """Yield each part as what holds it and under which key."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        pairs: list[tuple[Any, Any]] = list(known.items())
    elif isinstance(value, list):
        pairs = list(enumerate(cast("list[Any]", value)))
    else:
        return
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
