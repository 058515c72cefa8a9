"""What one reading of an exchange may take: time, bytes and accounts, whoever answers."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import NamedTuple, TypeVar

from holdings.core.clock import Deadline
from holdings.core.errors import ExchangeInvalidResponse, ExchangeTimeout

T = TypeVar("T")

# A hundred times what 204 accounts are, and the time that a deadline of 10 s leaves for them.
MAX_BYTES = 32 * 1024 * 1024


class Server(NamedTuple):
    """Whose API is read, in the words of the errors about it.

    `name` is what people call the exchange and `setting` the variable that `base_url` comes from;
    `key_remedy` says what to do about a key that it rejects.
    """

    name: str
    setting: str
    base_url: str
    key_remedy: str

    def invalid(self, what: str, *, transient: bool = False) -> ExchangeInvalidResponse:
        """Return the error of an answer that has `what` ("a body without end: try again")."""
        return ExchangeInvalidResponse(f"{self.name}'s answer {what}", transient=transient)

    def timed_out(self) -> ExchangeTimeout:
        return ExchangeTimeout(
            f"{self.name} did not answer in time: try again later", transient=True
        )


class Bounds:
    """Of one reading: asked before each wait, and given the count of everything that came."""

    def __init__(self, server: Server, deadline: Deadline) -> None:
        self.server = server
        self._deadline = deadline
        self._received = 0
        self._unpacked = 0

    def remaining(self) -> float:
        """Seconds left, above zero. Raises ExchangeTimeout."""
        remaining = self._deadline.remaining()
        if not remaining:
            raise self.server.timed_out()
        return remaining

    def receive(self, count: int) -> None:
        """Count bytes off the wire. Raises ExchangeInvalidResponse."""
        self._received += count
        self._check(self._received)

    def unpack(self, count: int) -> None:
        """Count bytes of bodies, after decompression. Raises ExchangeInvalidResponse or -Timeout.

        A few bytes off the wire may become very many, which takes time too.
        """
        self._unpacked += count
        self._check(self._unpacked)
        self.remaining()

    def _check(self, count: int) -> None:
        if count > MAX_BYTES:
            raise self.server.invalid(f"is over {MAX_BYTES} bytes: check {self.server.setting}")


def within(server: Server, deadline: Deadline, call: Callable[[], T]) -> T:
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
    threading.Thread(target=copy_context().run, args=(run,), name="exchange", daemon=True).start()
    try:
        return future.result(timeout=deadline.remaining())
    except TimeoutError:
        raise server.timed_out() from None
