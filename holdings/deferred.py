"""Parts that are made when first needed, or ahead of the first request where nobody waits for it.

An answer from the cache needs neither the exchange nor the codec: with what they import they would
be a third of a cold start. Instances that start long before their first request, from a snapshot or
kept ready, load and connect everything in the init phase, where it costs no viewer any time.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from holdings.core.clock import Deadline
from holdings.core.once import loaded_once, once
from holdings.core.ports import Exchange

if TYPE_CHECKING:
    from holdings.core.accounts_feed import ReadingCodec
    from holdings.core.portfolio import Account, Portfolio

logger = logging.getLogger(__name__)


@runtime_checkable
class Preloadable(Protocol):
    """A part that makes and connects at its first use what `preload` does ahead of it."""

    def preload(self) -> None: ...


def preload(parts: Iterable[object]) -> None:
    """Preload each part that can be; one that fails is tried again when it is needed."""
    for part in parts:
        if isinstance(part, Preloadable):
            try:
                part.preload()
            except Exception:  # whatever it is, the instance has to start
                logger.exception("%s cannot be preloaded", type(part).__name__)


class DeferredExchange:
    """Implements `holdings.core.ports.Exchange` by the one that `make` returns."""

    def __init__(self, make: Callable[[], Exchange], meanwhile: Callable[[], None]) -> None:
        """`meanwhile` is what the first answer will need: it loads while the exchange is asked."""
        self._made = loaded_once(make)
        self._meanwhile = once(threading.Thread(target=meanwhile, daemon=True).start)

    def preload(self) -> None:
        preload([self._made()])

    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        exchange = self._made()
        self._meanwhile()
        return exchange.accounts(deadline)


class DeferredCodec:
    """Implements `holdings.core.accounts_feed.ReadingCodec` by the one that `make` returns."""

    def __init__(self, make: "Callable[[], ReadingCodec]") -> None:
        self._made = once(make)

    def preload(self) -> None:
        self._made()

    def encode(self, connection_id: str, portfolio: "Portfolio") -> str:
        return self._made().encode(connection_id, portfolio)
