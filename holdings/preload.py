"""Load and connect everything in the init phase, where it costs no viewer any time.

For instances that start long before their first request: from a snapshot, or kept ready.
"""

import logging
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

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
