"""What one reading of Coinbase may take: time, bytes and accounts, whoever answers."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

from holdings.core.clock import Deadline
from holdings.core.errors import ExchangeInvalidResponse, ExchangeTimeout

T = TypeVar("T")

# A hundred times what 204 accounts are, and the time that a deadline of 10 s leaves for them.
MAX_BYTES = 32 * 1024 * 1024
MAX_ACCOUNTS = 20_000
# A page is at most 1,000 accounts as documented; whoever sends fewer still ends.
MAX_PAGES = 50
# Of ids and currencies together: 36 and 14 for each of 20,000 accounts. What is kept, encoded and
# cached of a reading grows with these alone; an amount has at most 128 digits.
MAX_NAME_CHARACTERS = 1_000_000


class Bounds:
    """Of one reading: asked before each wait, and given the count of everything that came."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._received = 0
        self._unpacked = 0

    def remaining(self) -> float:
        """Seconds left, above zero. Raises ExchangeTimeout."""
        remaining = self._deadline.remaining()
        if not remaining:
            raise timed_out()
        return remaining

    def receive(self, count: int) -> None:
        """Count bytes off the wire. Raises ExchangeInvalidResponse."""
        self._received += count
        _check(self._received)

    def unpack(self, count: int) -> None:
        """Count bytes of bodies, after decompression. Raises ExchangeInvalidResponse or -Timeout.

        A few bytes off the wire may become very many, which takes time too.
        """
        self._unpacked += count
        _check(self._unpacked)
        self.remaining()


def _check(count: int) -> None:
    if count > MAX_BYTES:
        raise ExchangeInvalidResponse(
            f"Coinbase's answers are over {MAX_BYTES} bytes: check CB_BASE_URL"
        )


def within(deadline: Deadline, call: Callable[[], T]) -> T:
    """Return call(), or raise ExchangeTimeout when the deadline passes first.

    A silent name server outlasts every timeout of a socket; only not waiting any longer bounds
    that. All else that `call` waits for is bounded by the deadline too, so that its thread ends.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed over whole to the waiting thread
            future.set_exception(error)

    # In this context: what is logged there has the request's id too.
    threading.Thread(target=copy_context().run, args=(run,), name="coinbase", daemon=True).start()
    try:
        return future.result(timeout=deadline.remaining())
    except TimeoutError:
        raise timed_out() from None


def timed_out() -> ExchangeTimeout:
    return ExchangeTimeout("Coinbase did not answer in time: try again later", transient=True)
