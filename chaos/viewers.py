"""Viewers who keep reading and changing things, and hold every answer to what is true."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chaos.fleet import Answer, Fleet
from chaos.kept import Kept
from chaos.truth import Truth, Wrong
from chaos.world import TTL_SECONDS, World
from holdings.core.connections import SHARED_ID

# What a page asks for, by how often.
_READS = {
    "/holdings": 10,
    "/holdings?currency=EUR": 2,
    "/holdings?refresh=true": 2,
    "/connections": 2,
    "/prices?of=BTC,ETH": 1,
    "/history": 1,
    "/activity": 1,
    "/me": 1,
    "/alerts": 1,
    "/insights": 1,
}
_PAUSE_SECONDS = 0.02
_BETWEEN_WRITES_SECONDS = 0.2
_HISTORY_SECONDS = 120.0
_LOOK_SECONDS = 0.3


@dataclass
class Tally:
    """What came of the requests of a while. Safe to add to from any thread."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    seconds: list[float] = field(default_factory=list[float])
    slowest: tuple[float, str] = (0.0, "")
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answer: Answer, outcome: str, *, write: bool) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
            self.seconds.append(answer.seconds)
            self.slowest = max(self.slowest, (answer.seconds, f"{answer.method} {answer.path}"))
            self.writes += write

    def blame(self, why: str) -> None:
        with self._lock:
            self.wrong.append(why)


class Viewer:
    """Somebody with a key at each exchange, and a spare one."""

    def __init__(self, world: World, fleet: Fleet, number: int) -> None:
        self._fleet = fleet
        self._rng = random.Random(f"{world.seed}/{number}")  # noqa: S311 - not for secrets
        self.token = world.token(world.users[number])
        own: dict[str, int] = {SHARED_ID: world.shared_number}
        labels: dict[str, str] = {}
        for exchange, past in (("coinbase_exchange", "second"), ("coinbase_advanced", "")):
            key_number, key = world.book.add(exchange, past=past)
            made = fleet.ask(self.token, "POST", "/connections", {**key, "label": exchange})
            if made.status != 201:
                raise RuntimeError(f"no connection to begin with: {made.body.decode()}")
            own[made.json()["id"]] = key_number
            labels[made.json()["id"]] = exchange
        spare_number, spare = world.book.add("coinbase_exchange")
        self.kept = Kept(fleet, self.token, labels, spare)
        self.truth = Truth(world.book, own, frozenset({*own.values(), spare_number}), TTL_SECONDS)

    def await_history(self) -> None:
        """Return when the past of the key is read, for its entries to be kept from then on."""
        until = time.monotonic() + _HISTORY_SECONDS
        while True:
            listed = self._fleet.ask(self.token, "GET", "/connections").json()["connections"]
            if all(one["history"]["state"] in ("done", "none") for one in listed):
                break
            if time.monotonic() > until:
                raise RuntimeError("the past was not read: see the emulator's log")
            time.sleep(_LOOK_SECONDS)
        self.kept.entries = frozenset(self.kept.newest_entries())

    def read(self, tally: Tally) -> None:
        path = self._rng.choices(list(_READS), list(_READS.values()))[0]
        self._judge(self._fleet.ask(self.token, "GET", path), tally)

    def write(self, tally: Tally) -> None:
        self._judge(self.kept.write(), tally, write=True)

    def is_well(self) -> bool:
        """Whether all figures are fresh again."""
        answer = self._fleet.ask(self.token, "GET", "/holdings")
        return answer.status == 200 and not answer.json()["warnings"]

    def _judge(self, answer: Answer, tally: Tally, *, write: bool = False) -> None:
        try:
            outcome = self.truth.check(answer)
        except Wrong as wrong:
            tally.blame(f"{answer.method} {answer.path}: {wrong}")
            outcome = "wrong"
        except (KeyError, TypeError, ValueError) as broken:
            tally.blame(f"{answer.method} {answer.path}: {broken!r} in {answer.body[:200]!r}")
            outcome = "wrong"
        tally.add(answer, outcome, write=write)


class Crowd:
    """Viewers, each reading in one thread and writing in another, from start() to stop()."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self.viewers = viewers
        self.tally = Tally()
        self._reading = threading.Event()
        self._writing = threading.Event()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._changed = threading.Condition()

    def start(self) -> None:
        for viewer in self.viewers:
            for step, go, pause in (
                (viewer.read, self._reading, _PAUSE_SECONDS),
                (viewer.write, self._writing, _BETWEEN_WRITES_SECONDS),
            ):
                thread = threading.Thread(target=self._go_on, args=(step, go, pause), daemon=True)
                thread.start()
                self._threads.append(thread)

    def observe(self, *, writing: bool = True) -> Tally:
        """Begin a new tally, and have them go on."""
        self.tally = Tally()
        self._reading.set()
        if writing:
            self._writing.set()
        return self.tally

    def rest(self) -> None:
        """Have them end what they are at, and return when they have."""
        self._reading.clear()
        self._writing.clear()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)

    def stop(self) -> None:
        self._ended.set()
        self._reading.set()
        self._writing.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, step: Any, go: threading.Event, pause: float) -> None:
        while not self._ended.is_set():
            go.wait()
            with self._changed:
                if not go.is_set() or self._ended.is_set():
                    continue
                self._busy += 1
            try:
                step(self.tally)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()
            time.sleep(pause)
