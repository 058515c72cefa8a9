"""Time as a parameter, so that no test has to sleep."""

import calendar
import time
from collections.abc import Callable
from typing import NamedTuple

_ISO = "%Y-%m-%dT%H:%M:%SZ"


class Clock(NamedTuple):
    """`now` is epoch seconds and may jump; `monotonic` only ever goes forward."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Deadline(NamedTuple):
    """The moment by which all work of one request has to be done."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> "Deadline":
        return cls(clock, clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock.monotonic())


def iso(moment: int) -> str:
    """Epoch seconds as ISO 8601 UTC, such as 2026-11-21T09:30:00Z."""
    return time.strftime(_ISO, time.gmtime(moment))


def from_iso(text: str) -> int:
    """Epoch seconds of what `iso` has written. Raises ValueError."""
    return calendar.timegm(time.strptime(text, _ISO))
