"""The outside as the core sees it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from holdings.core.clock import Deadline
from holdings.core.snapshot import CachedSnapshot

if TYPE_CHECKING:
    from holdings.core.portfolio import Account


class Exchange(Protocol):
    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        """Read every account, each id once. Raises UpstreamError; never a part of them."""
        ...


class SnapshotCache(Protocol):
    """Holds at most one snapshot. Both methods raise CacheUnavailable and nothing else."""

    def get(self) -> CachedSnapshot | None: ...

    def put(self, entry: CachedSnapshot) -> None: ...
