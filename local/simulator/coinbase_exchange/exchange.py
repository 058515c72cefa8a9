"""The simulated exchange's state: whose profile, which accounts, what is set to go wrong."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from local.simulator.book import PROFILE_ID, currencies, products, seeded_accounts
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.faults import UNTIL_ROTATED, FaultBoard
from local.simulator.server import Refused


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` is requests a second, `burst` how many may come at once.

    Source: docs.cdp.coinbase.com/exchange/rest-api/rate-limits.
    """

    rate: float
    burst: int
    refusal: str


PUBLIC = Limit(10, 15, "Public rate limit exceeded")
PRIVATE = Limit(15, 30, "Private rate limit exceeded")
ACCOUNTS = Limit(25, 50, "Private rate limit exceeded")


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


class Exchange:
    """Everything that requests read and the control endpoint sets.

    The plain attributes may be assigned at any time, from any thread; a request sees the value
    of the moment. `accounts` is any JSON value, so that nonsense can be served too. `now` gives
    epoch seconds; `on_rotation` is given new credentials before they are taken.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        now: Callable[[], float],
        accounts: object = None,
        on_rotation: Callable[[Credentials], None] | None = None,
    ) -> None:
        self._now = now
        self._seed = seeded_accounts() if accounts is None else accounts
        self._on_rotation = on_rotation
        self._counting = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.credentials = credentials
        self.profile_id = PROFILE_ID
        self.currencies = currencies()
        self.products = products()
        self.faults = FaultBoard()
        self.rate_limits = RateLimits(now)
        self.reset()

    def time(self) -> float:
        """The exchange's clock, which may be set apart from the machine's."""
        return self._now() + self.clock_offset

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def rows(self) -> list[object]:
        """The accounts as a list; what is no list counts as one row."""
        accounts = self.accounts
        return cast("list[object]", accounts) if isinstance(accounts, list) else [accounts]

    def rotate(self, credentials: Credentials) -> None:
        """Take these credentials from now on, and only these."""
        if self._on_rotation is not None:
            self._on_rotation(credentials)
        self.credentials = credentials
        self.faults.clear(UNTIL_ROTATED)

    def count(self, method: str, path: str) -> None:
        with self._counting:
            self._counts[f"{method} {path}"] += 1

    def counts(self) -> dict[str, int]:
        """How many requests came, by "METHOD path", whatever was answered."""
        with self._counting:
            return dict(self._counts)

    def reset(self) -> None:
        """As at the start, but for the credentials: their holders would not know the old ones."""
        self.faults.clear()
        self.rate_limits.refill()
        self.accounts = self._seed
        self.page_size: int | None = None
        self.clock_offset = 0.0
        self.can_view = True
        with self._counting:
            self._counts.clear()
