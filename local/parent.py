"""A background process that ends with whoever started it, however that one ended.

The emulator's own Python imports this file too: standard library only.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType


def _end_this_process() -> None:
    # A signal rather than an exit: the process's own handler then puts things away.
    os.kill(os.getpid(), signal.SIGTERM)


def exit_with_parent(
    *,
    interval: float = 0.5,
    parent: Callable[[], int] = os.getppid,
    end: Callable[[], None] = _end_this_process,
) -> threading.Thread:
    """Call `end` once this process has another parent than now; look every `interval` seconds.

    A killed parent can clean up nothing, so its children watch it. Returns the watching thread,
    a daemon.
    """
    started_by = parent()

    def watch() -> None:
        while parent() == started_by:
            time.sleep(interval)
        end()

    thread = threading.Thread(target=watch, name="exit-with-parent", daemon=True)
    thread.start()
    return thread


def ending(*, with_parent: bool) -> threading.Event:
    """Return what is set when this process is told to end, or its parent has, if that counts."""
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    if with_parent:
        exit_with_parent()
    return told
