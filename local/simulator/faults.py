"""Which faults there are, which of them are in force, and what those of the wire do.

What the others do is in an exchange's own words: its answers.py, and app.py for any exchange.
"""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from werkzeug import Response

from local.simulator.server import HangUp

ANY_PATH = "*"

DEFAULT_SECONDS = 15.0
"""Longer than a patient client's deadline."""

_DRIPS_A_SECOND = 20


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
"""New credentials end these: that is the remedy for a rejected key."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault as it was asked for.

    It spares the first `after` requests for `path` (`*`: for anything), then strikes `times` of
    them (None: until cleared); with `key`, only those that say they are signed by the key of that
    name. `seconds` is how long `slow`, `slow_start` and `hang` take; None leaves each its own
    default. `status`, `headers` and `body` replace those of an answer that the fault puts in
    place of the right one.
    """

    fault: Fault
    times: int | None = None
    path: str = "/accounts"
    after: int = 0
    seconds: float | None = None
    status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One strike of a fault: the `number`-th, from 0. `over` is set once it has been cleared."""

    injection: Injection
    number: int
    over: threading.Event

    @property
    def fault(self) -> Fault:
        return self.injection.fault

    @property
    def seconds(self) -> float:
        seconds = self.injection.seconds
        return DEFAULT_SECONDS if seconds is None else seconds


@dataclass(slots=True)
class _InForce:
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
        self._all: list[_InForce] = []

    def set(self, injection: Injection) -> None:
        """Put a fault in force, in place of an earlier one of that name on that path."""
        with self._lock:
            same = (injection.fault, injection.path, injection.key)
            self._end(lambda old: (old.fault, old.path, old.key) == same)
            self._all.append(_InForce(injection))

    def clear(self, only: frozenset[Fault] = frozenset(Fault), key: str | None = None) -> None:
        """End faults, and let go of every request that is held up by one.

        With `key`, not those that are set for another key.
        """
        with self._lock:
            self._end(lambda old: old.fault in only and (key is None or old.key in (None, key)))

    def _end(self, ends: Callable[[Injection], bool]) -> None:
        for one in self._all:
            if ends(one.injection):
                one.over.set()
        self._all = [one for one in self._all if not one.over.is_set()]

    def take(self, path: str, key: str | None = None) -> Incident | None:
        """The fault that strikes this request, if one does: the first that is in force for it."""
        with self._lock:
            for one in self._all:
                struck = one.injection.path in (path, ANY_PATH)
                if struck and one.injection.key in (None, key) and one.remaining != 0:
                    one.seen += 1
                    if one.strikes:
                        return Incident(one.injection, one.strikes - 1, one.over)
        return None

    def active(self) -> list[tuple[Injection, int | None]]:
        """Each fault in force with its strikes left (None: no end)."""
        with self._lock:
            return [(one.injection, one.remaining) for one in self._all if one.remaining != 0]


WIRE = frozenset({Fault.RESET, Fault.HANG, Fault.SLOW, Fault.SLOW_START, Fault.TRUNCATED})


def strike_first(incident: Incident, connection: socket.socket) -> None:
    """What a fault of the wire does before there is an answer. Raises HangUp for none at all."""
    if incident.fault is Fault.RESET:
        # Lingering for 0 s is how a socket is told to hang up with a TCP reset, and at once:
        # the files made from it would keep it open.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
        raise HangUp
    if incident.fault is Fault.HANG:
        incident.over.wait(incident.injection.seconds)
        raise HangUp
    if incident.fault is Fault.SLOW_START:
        incident.over.wait(incident.seconds)


def strike_last(incident: Incident, response: Response) -> None:
    """What a fault of the wire does to the right answer."""
    if incident.fault in (Fault.SLOW, Fault.TRUNCATED):
        body = response.get_data()
        response.headers["Content-Length"] = str(len(body))
        drip = _drips if incident.fault is Fault.SLOW else _half
        response.response = drip(body, incident)


def _drips(body: bytes, incident: Incident) -> Iterator[bytes]:
    """Never silent for long, so that only a deadline over the whole answer can notice."""
    drips = max(1, min(len(body), round(incident.seconds * _DRIPS_A_SECOND)))
    for drip in range(drips):
        yield body[len(body) * drip // drips : len(body) * (drip + 1) // drips]
        incident.over.wait(incident.seconds / drips)


def _half(body: bytes, _incident: Incident) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise HangUp
