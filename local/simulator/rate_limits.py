"""Coinbase Exchange's request limits: lazy-fill token buckets.

Source: docs.cdp.coinbase.com/exchange/rest-api/rate-limits. A rejected request costs no token,
and no Retry-After has been seen in the wild, so none is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from local.simulator.messages import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` is requests a second, `burst` how many may come at once."""

    rate: float
    burst: int
    refusal: str


PUBLIC = Limit(10, 15, "Public rate limit exceeded")
PRIVATE = Limit(15, 30, "Private rate limit exceeded")
ACCOUNTS = Limit(25, 50, "Private rate limit exceeded")


class TokenBucket:
    def __init__(self, limit: Limit, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._tokens = float(limit.burst)
        self._filled_at = now()

    def take(self) -> bool:
        now = self._now()
        # A wall clock can be set back; that must not drain the bucket.
        gained = max(0.0, now - self._filled_at) * self._limit.rate
        self._tokens = min(float(self._limit.burst), self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class RateLimits:
    """One bucket for each limit and each caller (an IP address, or a profile)."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = Lock()
        self._buckets: dict[tuple[Limit, str], TokenBucket] = {}

    def take(self, limit: Limit, caller: str) -> None:
        """Spend one of `caller`'s tokens, or raise RefusedError (429)."""
        with self._lock:
            if (limit, caller) not in self._buckets:
                self._buckets[limit, caller] = TokenBucket(limit, self._now)
            if not self._buckets[limit, caller].take():
                raise RefusedError(429, limit.refusal)

    def refill(self) -> None:
        with self._lock:
            self._buckets.clear()
