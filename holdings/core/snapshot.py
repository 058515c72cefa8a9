"""A reading of the portfolio, and the form in which it is kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdings.core.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the reader of an answer has to know, under a stable `code`."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The document of GET /holdings. `as_of` and `expires_at` are epoch seconds."""

    as_of: int
    expires_at: int
    portfolio: "Portfolio"
    stale: bool = False
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class CachedSnapshot:
    """What the cache keeps: the finished document and the moments that judge it.

    All in epoch seconds. `payload` is fresh until `expires_at` and last good until `keep_until`;
    `refreshed_at` is when a forced refresh was last honoured, 0 for never.
    """

    payload: str
    as_of: int
    expires_at: int
    keep_until: int
    refreshed_at: int = 0


@dataclass(frozen=True, slots=True)
class FreshnessRules:
    """Durations in seconds. Judged on every read, never left to the cache's own deletion."""

    fresh_for: int = 180
    last_good_for: int = 86_400
    refresh_cooldown: int = 10

    def keep(self, payload: str, *, as_of: int, refreshed_at: int) -> CachedSnapshot:
        expires_at = self.expires_at(as_of)
        return CachedSnapshot(
            payload, as_of, expires_at, expires_at + self.last_good_for, refreshed_at
        )

    def expires_at(self, as_of: int) -> int:
        return as_of + self.fresh_for

    def is_fresh(self, entry: CachedSnapshot, now: float) -> bool:
        return now < entry.expires_at

    def is_last_good(self, entry: CachedSnapshot, now: float) -> bool:
        return now < entry.keep_until

    def may_refresh(self, refreshed_at: int, now: float) -> bool:
        return now - refreshed_at >= self.refresh_cooldown
