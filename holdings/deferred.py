"""Parts that are made when first needed: an answer from the cache needs neither of them.

With what they import they would be a third of a cold start.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from holdings.core.clock import Deadline
from holdings.core.once import once
from holdings.core.ports import Exchange
from holdings.core.service import SnapshotCodec
from holdings.core.snapshot import Snapshot
from holdings.preload import preload

if TYPE_CHECKING:
    from holdings.core.portfolio import Account


class DeferredExchange:
    """Implements `holdings.core.ports.Exchange` by the one that `make` returns."""

    def __init__(self, make: Callable[[], Exchange], meanwhile: Callable[[], None]) -> None:
        """`meanwhile` is what the first answer will need: it loads while the exchange is asked."""
        self._made = once(make)
        self._meanwhile = once(threading.Thread(target=meanwhile, daemon=True).start)

    def preload(self) -> None:
        preload([self._made()])

    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        exchange = self._made()
        self._meanwhile()
        return exchange.accounts(deadline)


class DeferredCodec:
    """Implements `holdings.core.service.SnapshotCodec` by the one that `make` returns."""

    def __init__(self, make: Callable[[], SnapshotCodec]) -> None:
        self._made = once(make)

    def preload(self) -> None:
        self._made()

    def encode(self, snapshot: Snapshot) -> str:
        return self._made().encode(snapshot)
