"""Sample holdings for `DEMO_MODE=true flask run`: nothing outside the process is asked."""

from decimal import Decimal

from holdings.core.clock import Deadline
from holdings.core.freshness import CachedSnapshot, Failure, Lease
from holdings.core.portfolio import Account
from holdings.core.ports import Right
from holdings.core.snapshot import Notice

DEMO_NOTICE = Notice("demo_mode", "These are sample figures. Unset DEMO_MODE to see real ones.")

# currency, available, hold; one account is empty and one holds less than can be shown.
_SAMPLE = (
    ("BTC", "1.2", "0.034567890123"),
    ("ETH", "12.5000000000000000", "0.0000000000000000"),
    ("EUR", "2500.75", "120"),
    ("SOL", "0", "3.5"),
    ("USD", "10432.1900000000000000", "0"),
    ("USDC", "815.25", "0"),
    ("ADA", "0.0000000000000000", "0"),
    ("SHIB", "0.0000000000004", "0"),
)


class DemoExchange:
    """Implements `holdings.core.ports.Exchange`."""

    def accounts(self, deadline: Deadline) -> list[Account]:
        return [
            Account(
                id=f"demo-{currency.lower()}",
                currency=currency,
                balance=Decimal(available) + Decimal(hold),
                available=Decimal(available),
                hold=Decimal(hold),
            )
            for currency, available, hold in _SAMPLE
        ]


class MemoryCache:
    """A cache that lasts as long as this one process."""

    def __init__(self) -> None:
        self._places: dict[str, MemorySnapshotCache] = {}

    def __call__(self, place: str) -> "MemorySnapshotCache":
        return self._places.setdefault(place, MemorySnapshotCache())


class MemorySnapshotCache:
    """Implements `holdings.core.ports.SnapshotCache` for as long as this one process lives."""

    def __init__(self) -> None:
        self._entry: CachedSnapshot | None = None
        self._leases: dict[Right, Lease] = {}

    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        return self._entry

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
        self._entry = entry
        return entry

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        standing = self._leases.get(right)
        if standing and standing.until > wanted.since and standing.since > seen:
            return standing
        self._leases[right] = wanted
        return None

    def failure(self, deadline: Deadline) -> Failure | None:
        return None

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        self._leases["read"] = Lease(since, failure.until if failure else since, failure)
