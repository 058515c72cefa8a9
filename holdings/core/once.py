"""Things that are made when first needed, and then kept."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


# Packages import in circles, and of two threads that import one at once, one may see half of it.
_importing = threading.RLock()


def loaded_once(make: Callable[[], T]) -> Callable[[], T]:
    """As `once`, for what `make` imports: in the whole process one is made at a time."""
    return once(make, _importing)


def once(make: Callable[[], T], lock: AbstractContextManager[Any] | None = None) -> Callable[[], T]:
    """Call `make` at the first use, also when several threads come first."""
    lock = lock or threading.Lock()
    made: list[T] = []

    def get() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(make())
        return made[0]

    return get


class LeastRecent(Generic[K, T]):
    """At most `limit` things, each made when first asked for; the least recently used goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._made: dict[K, T] = {}

    def get(self, key: K, make: Callable[[], T]) -> T:
        """`make` must be quick: everybody waits for it."""
        with self._lock:
            made = self._made.pop(key) if key in self._made else make()
            self._made[key] = made
            if len(self._made) > self._limit:
                del self._made[next(iter(self._made))]
            return made


class KeptFor(Generic[T]):
    """A thing that is read when it is first needed, and anew after `seconds` or on request."""

    def __init__(
        self, seconds: float, read: Callable[[], T], monotonic: Callable[[], float]
    ) -> None:
        """What `read` raises is raised to who asks, and then nothing is kept."""
        self._seconds = seconds
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: tuple[T, float] | None = None

    def get(self) -> T:
        with self._lock:
            if self._kept and self._monotonic() < self._kept[1]:
                return self._kept[0]
            return self._read_anew()

    def refresh(self) -> T:
        with self._lock:
            return self._read_anew()

    def _read_anew(self) -> T:
        self._kept = None
        found = self._read()
        self._kept = found, self._monotonic() + self._seconds
        return found
