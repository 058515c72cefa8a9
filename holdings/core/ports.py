"""The outside as the core sees it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from holdings.core.clock import Deadline
from holdings.core.freshness import CachedSnapshot, Failure, Lease

if TYPE_CHECKING:
    from holdings.core.portfolio import Account


class Exchange(Protocol):
    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        """Read every account, each id once. Raises UpstreamError; never a part of them."""
        ...


# What only one may do at a time: read the exchange, or have a refresh honoured.
Right = Literal["read", "refresh"]


class SnapshotCache(Protocol):
    """Holds the last reading, and who may make the next one.

    Every method raises CacheUnavailable and nothing else, also when the deadline passes.
    """

    def get(self, deadline: Deadline) -> CachedSnapshot | None: ...

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> "CachedSnapshot":
        """Keep `entry` until then, unless a newer one is kept; return the one that is kept now."""
        ...

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        """Take a right from `wanted.since` until `wanted.until`, or return who has it.

        A lease from before `seen`, when the last known reading was made, has been used already.
        """
        ...

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        """End the lease to read that began at `since`; a failure takes its place for all to see."""
        ...
