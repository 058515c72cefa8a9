"""Answer with the freshest figures that can be had, and say how fresh they are."""

import logging
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import CacheUnavailable, CoinbaseError, HoldingsError
from holdings.core.ports import Exchange, SnapshotCache
from holdings.core.snapshot import CachedSnapshot, FreshnessRules, Notice, Snapshot

logger = logging.getLogger(__name__)

# Every wait of one request for Coinbase ends by then: retries, pages, /time and the secret.
DEADLINE_SECONDS = 10.0

Outcome = Literal["HIT", "MISS", "STALE", "REFRESH"]


class SnapshotCodec(Protocol):
    """Between a snapshot and its JSON document. `decode` raises ValueError."""

    def encode(self, snapshot: Snapshot) -> str: ...

    def decode(self, payload: str) -> Snapshot: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The document to serve, how it came about, and its age as epoch seconds."""

    payload: str
    outcome: Outcome
    as_of: int
    expires_at: int


class HoldingsService:
    def __init__(
        self,
        *,
        exchange: Exchange,
        cache: SnapshotCache,
        codec: SnapshotCodec,
        clock: Clock,
        rules: FreshnessRules,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        """`notices` stand under the warnings of every answer."""
        self._exchange = exchange
        self._cache = cache
        self._codec = codec
        self._clock = clock
        self._rules = rules
        self._notices = notices
        # Also kept here: with the cache down, the cool-down still has to hold.
        self._refreshed_at = 0

    def read(self, *, refresh: bool = False) -> Answer:
        """Serve the cached snapshot while it is fresh, else read the exchange.

        Raises UpstreamError when the exchange cannot be read; a CoinbaseError only if there is
        no last good snapshot to answer with.
        """
        deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
        entry, cache_notice = self._get_cached()
        now = int(self._clock.now())
        refreshed_at = max(self._refreshed_at, entry.refreshed_at if entry else 0)
        refreshing = refresh and self._rules.may_refresh(refreshed_at, now)
        if refreshing:
            self._refreshed_at = refreshed_at = now
        elif entry and self._rules.is_fresh(entry, now):
            return Answer(entry.payload, "HIT", entry.as_of, entry.expires_at)

        try:
            accounts = self._exchange.accounts(deadline)
        except CoinbaseError as error:
            logger.warning(
                "Coinbase could not be read: %s",
                error.detail,
                extra={"event": "coinbase_failure", "code": error.code},
            )
            stale = entry and self._last_good(entry, error)
            if not stale:
                raise
            return stale

        from holdings.core.portfolio import build_portfolio  # which a hit does without

        snapshot = Snapshot(
            as_of=now,
            expires_at=self._rules.expires_at(now),
            portfolio=build_portfolio(accounts),
            warnings=self._notices,
        )
        payload = self._codec.encode(snapshot)
        if cache_notice is None:  # an unreadable cache is not waited for a second time
            cache_notice = self._put_cached(
                self._rules.keep(payload, as_of=now, refreshed_at=refreshed_at)
            )
        if cache_notice:
            snapshot = replace(snapshot, warnings=(*snapshot.warnings, cache_notice))
            payload = self._codec.encode(snapshot)
        return Answer(payload, "REFRESH" if refreshing else "MISS", now, snapshot.expires_at)

    def _get_cached(self) -> tuple[CachedSnapshot | None, Notice | None]:
        try:
            return self._cache.get(), None
        except CacheUnavailable as error:
            return None, _cache_notice(error)

    def _put_cached(self, entry: CachedSnapshot) -> Notice | None:
        try:
            self._cache.put(entry)
        except CacheUnavailable as error:
            return _cache_notice(error)
        return None

    def _last_good(self, entry: CachedSnapshot, error: CoinbaseError) -> Answer | None:
        if not self._rules.is_last_good(entry, self._clock.now()):
            return None
        try:
            snapshot = self._codec.decode(entry.payload)
        except ValueError:
            logger.exception("the cached snapshot is unreadable", extra={"event": "cache_failure"})
            return None
        warnings = (*snapshot.warnings, Notice(error.code, error.detail))
        payload = self._codec.encode(replace(snapshot, stale=True, warnings=warnings))
        logger.warning("answered with the last good snapshot", extra={"event": "stale_answer"})
        return Answer(payload, "STALE", entry.as_of, entry.expires_at)


def _cache_notice(error: HoldingsError) -> Notice:
    logger.warning("%s", error.detail, extra={"event": "cache_failure", "code": error.code})
    return Notice(error.code, error.detail)
