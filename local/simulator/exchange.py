"""A simulated exchange's state: who has keys to which accounts, and what is set to go wrong."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, cast

from local.simulator.faults import UNTIL_ROTATED, FaultBoard
from local.simulator.market import Market
from local.simulator.server import Refused


class Key(Protocol):
    @property
    def name(self) -> str:
        """The public part, by which requests say whose they are."""
        ...

    def credential(self) -> dict[str, str]:
        """The key as its holder is handed it."""
        ...


K = TypeVar("K", bound=Key)


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` is requests a second, `burst` how many may come at once."""

    rate: float
    burst: int
    refusal: str


class RateLimits:
    """A lazy-fill token bucket for each limit and each caller (an IP address, or a profile).

    A rejected request costs no token, and no Retry-After has been seen in the wild.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        # How many tokens there were, and when.
        self._buckets: dict[tuple[Limit, str], tuple[float, float]] = {}

    def take(self, limit: Limit, caller: str) -> None:
        """Spend one of `caller`'s tokens, or raise Refused (429)."""
        with self._lock:
            now = self._now()
            tokens, filled_at = self._buckets.get((limit, caller), (float(limit.burst), now))
            # A wall clock can be set back; that must not drain the bucket.
            tokens = min(float(limit.burst), tokens + max(0.0, now - filled_at) * limit.rate)
            spent = tokens >= 1
            self._buckets[limit, caller] = (tokens - spent, now)
        if not spent:
            raise Refused(429, limit.refusal)

    def refill(self) -> None:
        with self._lock:
            self._buckets.clear()


@dataclass(frozen=True, slots=True)
class Extra:
    """An entry that a test adds behind a ledger, at a moment in microseconds."""

    currency: str
    type: str
    amount: Decimal
    at: int
    details: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Twist:
    """What is wrong with a holder's ledgers: `withhold` has ids of entries that are not shown.

    `break_off_after` is how many of the newest entries an account shows. All but `extra`, which
    has currencies of its own, is of the account in the currency `account`, or of every one.
    """

    account: str | None = None
    extra: tuple[Extra, ...] = ()
    withhold: tuple[str, ...] = ()
    double: bool = False
    reverse_pages: bool = False
    break_off_after: int | None = None

    def of(self, currency: str) -> "Twist":
        """What of this is wrong with one account."""
        return self if self.account in (None, currency) else Twist(extra=self.extra)


@dataclass(slots=True)
class Holder(Generic[K]):
    """Somebody with a key to one profile or portfolio; `seed` is what its accounts are at first.

    `accounts` is any JSON value, so that nonsense can be served too. `may` are the key's rights.
    `owner` is whose past there is, "" where there is none; `twist` what is wrong with it.
    """

    key: K
    profile_id: str
    seed: object
    rights: tuple[str, ...] = ("view",)
    owner: str = ""
    accounts: object = field(init=False)
    may: set[str] = field(init=False)
    twist: Twist = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accounts, self.may, self.twist = self.seed, set(self.rights), Twist()

    def rows(self) -> list[object]:
        """The accounts as a list; what is no list counts as one row."""
        accounts = self.accounts
        return cast("list[object]", accounts) if isinstance(accounts, list) else [accounts]


class Exchange(Generic[K]):
    """Everything that requests read and the control endpoint sets.

    The plain attributes may be assigned at any time, from any thread; a request sees the value
    of the moment. What is set without naming a key is of the first holder. `now` gives epoch
    seconds; `on_rotation` is given all keys before a new one among them is taken.
    """

    def __init__(
        self,
        holders: Sequence[Holder[K]],
        *,
        now: Callable[[], float],
        on_rotation: Callable[[Sequence[K]], None] | None = None,
    ) -> None:
        self._now = now
        self._on_rotation = on_rotation
        self._counting = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.holders = list(holders)
        self.faults = FaultBoard()
        self.rate_limits = RateLimits(now)
        self.market = Market()
        self.reset()

    @property
    def first(self) -> Holder[K]:
        return self.holders[0]

    @property
    def credentials(self) -> K:
        return self.first.key

    @property
    def profile_id(self) -> str:
        return self.first.profile_id

    @property
    def accounts(self) -> Any:
        return self.first.accounts

    @accounts.setter
    def accounts(self, accounts: object) -> None:
        self.first.accounts = accounts

    @property
    def can_view(self) -> bool:
        return "view" in self.first.may

    @can_view.setter
    def can_view(self, can_view: bool) -> None:
        (self.first.may.add if can_view else self.first.may.discard)("view")

    def holder(self, name: str) -> Holder[K] | None:
        """Whoever has the key of this name."""
        # By its bytes: a header may have held any.
        found = [holder for holder in self.holders if holder.key.name == name]
        return found[0] if found else None

    def time(self) -> float:
        """The exchange's clock, which may be set apart from the machine's."""
        return self._now() + self.clock_offset

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def rows(self) -> list[object]:
        return self.first.rows()

    def rotate(self, key: K, holder: Holder[K] | None = None) -> None:
        """Take this key of a holder's from now on, and only this."""
        holder = holder or self.first
        if self._on_rotation is not None:
            self._on_rotation([key if one is holder else one.key for one in self.holders])
        self.faults.clear(UNTIL_ROTATED, holder.key.name)
        holder.key = key

    def count(self, method: str, path: str) -> None:
        with self._counting:
            self._counts[f"{method} {path}"] += 1

    def counts(self) -> dict[str, int]:
        """How many requests came, by "METHOD path", whatever was answered."""
        with self._counting:
            return dict(self._counts)

    def reset(self) -> None:
        """As at the start, but for the keys: their holders would not know the old ones."""
        self.faults.clear()
        self.rate_limits.refill()
        self.market.states.clear()
        for holder in self.holders:
            holder.reset()
        self.page_size: int | None = None
        self.clock_offset = 0.0
        with self._counting:
            self._counts.clear()
