"""Parts that are made when first needed, or ahead of the first request where nobody waits for it.

An answer from the cache does without the exchange: with what it imports it would be a third of a
cold start. Instances that start long before their first request, from a snapshot or kept ready,
load and connect everything in the init phase, where it costs no viewer any time.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from holdings.core.clock import Deadline
from holdings.core.once import loaded_once
from holdings.core.ports import Exchange

if TYPE_CHECKING:
    from holdings.core.portfolio import Account

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

    def __init__(self, make: Callable[[], Exchange]) -> None:
        self._made = loaded_once(make)

    def preload(self) -> None:
        preload([self._made()])

    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        return self._made().accounts(deadline)
