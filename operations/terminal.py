"""The operator's terminal: whether there is one to ask at, and what may be printed to it."""

import re
import sys
from typing import TextIO

# What a terminal would obey instead of showing: control characters, and turns of direction.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def has_terminal() -> bool:
    """Python leaves sys.stdin None, or closed, where it was started without one."""
    try:
        return bool(sys.stdin and sys.stdin.isatty())
    except ValueError:
        return False


def say(text: str) -> None:
    _print(text, sys.stdout)


def warn(text: str) -> None:
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """Print what AWS, Pulumi or the operator wrote so that no terminal obeys it or fails at it."""
    shown = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    encoding = stream.encoding or "utf-8"
    shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, file=stream, flush=True)
