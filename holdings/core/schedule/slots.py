"""When work is due: a period is cut into slots, and a hash of the viewer says which is theirs.

So a million viewers are spread evenly over each period, nothing is written to be due again, and all
that is a viewer's is due at one moment.
"""

from hashlib import blake2s
from typing import NamedTuple

SLOTS = 60

READINGS, INSIGHTS = "readings", "insights"


def slot_of(viewer: str) -> int:
    digest = blake2s(viewer.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % SLOTS


def slot_name(index: str, slot: int) -> str:
    """Return "readings#07": under this name what is due then is found."""
    return f"{index}#{slot:02}"


class Due(NamedTuple):
    """Whose work is due; `connection` is "" where it is all of theirs."""

    viewer: str
    connection: str


class Cycle(NamedTuple):
    """Work that is due once a `period`; all durations and moments are whole seconds.

    A period begins at `offset` after midnight UTC (or after any multiple of a shorter one), and its
    slots are spread over its first `spread`. Without a period nothing is ever due.
    """

    period: int
    offset: int = 0
    spread: int | None = None

    def window(self, moment: int) -> int:
        """Return when the period of a moment began, which is what the work is known by."""
        return (moment - self.offset) // self.period * self.period + self.offset

    def due(self, after: int, until: int) -> list[tuple[int, int, int]]:
        """Return the moment, window and slot of what has become due since `after`, in order.

        `until` counts, `after` does not. Each slot once: whoever has slept through several periods
        does the last of them.
        """
        if self.period <= 0:
            return []
        spread = min(self.period, self.spread or self.period)
        found: list[tuple[int, int, int]] = []
        for slot in range(SLOTS):
            shift = slot * spread // SLOTS
            window = self.window(until - shift)
            if window + shift > after:
                found.append((window + shift, window, slot))
        return sorted(found)


_HOUR = 3_600


def insights_cycle(period: int, hour: int) -> Cycle:
    """Return when insights are made: once a day, in the hour that begins at `hour` UTC."""
    return Cycle(period, hour * _HOUR % period if period else 0, _HOUR)
