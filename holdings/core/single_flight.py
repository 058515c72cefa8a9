"""Equal work at one moment is done once, for all threads that ask for it."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class NotLanded(Exception):
    """The thread that does the work takes longer than this one waits."""


class _Flight(Generic[T]):
    """`result` or `error`, once `landed` is set."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.result: list[T] = []
        self.error: BaseException | None = None


class SingleFlight(Generic[T]):
    """Of the threads that call `run` at one moment one does the work; the others wait for it.

    Not a future of concurrent.futures, whose import an answer from the cache does without.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: _Flight[T] | None = None

    def run(self, work: Callable[[], T], *, patience: float) -> tuple[T, bool]:
        """Return the result, and whether this thread did the work.

        Raises what `work` raises and, after a wait of `patience` seconds, NotLanded.
        """
        with self._lock:
            joined = self._flying
            flight = joined or _Flight[T]()
            self._flying = flight
        if joined is None:
            return self._fly(flight, work), True
        if not joined.landed.wait(patience):
            raise NotLanded
        if joined.error:
            raise joined.error.with_traceback(None)  # which every thread would add to
        return joined.result[0], False

    def _fly(self, flight: _Flight[T], work: Callable[[], T]) -> T:
        try:
            result = work()
            flight.result.append(result)
            return result
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                self._flying = None
            flight.landed.set()
