"""Several waits at once."""

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def side_by_side(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call all at once, the first in this thread; raise the first error that one raises."""
    results: list[T | None] = [None] * len(calls)
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            results[index] = calls[index]()
        except BaseException as error:  # noqa: BLE001 - handed over whole to the waiting thread
            errors.append(error)

    threads = [
        # In this context: what is logged there has the request's id too.
        threading.Thread(target=copy_context().run, args=(run, index), daemon=True)
        for index in range(1, len(calls))
    ]
    for thread in threads:
        thread.start()
    if calls:
        run(0)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [result for result in results if result is not None]


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Call both at once, the first in this thread; raise the first error that one raises."""
    one: list[T] = []
    other: list[U] = []
    side_by_side([lambda: one.append(first()), lambda: other.append(second())])
    return one[0], other[0]
