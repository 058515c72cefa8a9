"""Which faults there are, and which of them are in force.

What each one does is in fault_answers.py and fault_wire.py.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY_PATH = "*"


class Fault(StrEnum):
    # On the wire
    RESET = "reset"
    HANG = "hang"
    SLOW = "slow"
    SLOW_START = "slow_start"
    TRUNCATED = "truncated"
    # Another answer instead
    RATE_LIMITED = "rate_limited"
    INTERNAL_ERROR = "internal_error"
    BAD_GATEWAY = "bad_gateway"
    MAINTENANCE = "maintenance"
    INVALID_API_KEY = "invalid_api_key"
    INVALID_SIGNATURE = "invalid_signature"
    INVALID_PASSPHRASE = "invalid_passphrase"  # noqa: S105 - a fault's name, no passphrase
    TIMESTAMP_EXPIRED = "timestamp_expired"
    FORBIDDEN = "forbidden"
    HTML = "html"
    REDIRECT = "redirect"
    BODY = "body"
    # The right answer, spoilt
    HALF_JSON = "half_json"
    MISSING_BALANCE = "missing_balance"
    NAN_BALANCE = "nan_balance"
    REPEAT_PAGE = "repeat_page"
    ENDLESS_PAGES = "endless_pages"


UNTIL_ROTATED = frozenset(
    {Fault.INVALID_API_KEY, Fault.INVALID_SIGNATURE, Fault.INVALID_PASSPHRASE}
)
"""New credentials end these: that is how a rejected key is mended."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault as it was asked for.

    It spares the first `after` requests for `path` (`*`: for anything), then strikes `times` of
    them (None: until cleared). `seconds` is how long `slow`, `slow_start` and `hang` take; None
    leaves each its own default. `status`, `headers` and `body` replace those of an answer that
    the fault puts in place of the right one.
    """

    fault: Fault
    times: int | None = None
    path: str = "/accounts"
    after: int = 0
    seconds: float | None = None
    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One strike of a fault: the `number`-th, from 0. `over` is set once it has been cleared."""

    injection: Injection
    number: int
    over: threading.Event


@dataclass(slots=True)
class _Posted:
    injection: Injection
    over: threading.Event = field(default_factory=threading.Event)
    seen: int = 0

    @property
    def strikes(self) -> int:
        return max(0, self.seen - self.injection.after)

    @property
    def remaining(self) -> int | None:
        times = self.injection.times
        return None if times is None else max(0, times - self.strikes)


class FaultBoard:
    """The faults in force, in the order in which they were set. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posted: list[_Posted] = []

    def set(self, injection: Injection) -> None:
        """Put a fault in force, in place of an earlier one of that name on that path."""
        with self._lock:
            for posted in self._posted:
                if (posted.injection.fault, posted.injection.path) == (
                    injection.fault,
                    injection.path,
                ):
                    posted.over.set()
                    self._posted.remove(posted)
                    break
            self._posted.append(_Posted(injection))

    def clear(self, only: frozenset[Fault] = frozenset(Fault)) -> None:
        """End faults, and let go of every request that is held up by one."""
        with self._lock:
            for posted in self._posted:
                if posted.injection.fault in only:
                    posted.over.set()
            self._posted = [posted for posted in self._posted if posted.injection.fault not in only]

    def take(self, path: str) -> Incident | None:
        """The fault that strikes this request, if one does: the first that is in force for it."""
        with self._lock:
            for posted in self._posted:
                if posted.injection.path not in {path, ANY_PATH} or posted.remaining == 0:
                    continue
                posted.seen += 1
                if posted.strikes:
                    return Incident(posted.injection, posted.strikes - 1, posted.over)
        return None

    def active(self) -> list[tuple[Injection, int | None]]:
        """Each fault in force with its strikes left (None: no end)."""
        with self._lock:
            return [
                (posted.injection, posted.remaining)
                for posted in self._posted
                if posted.remaining != 0
            ]
