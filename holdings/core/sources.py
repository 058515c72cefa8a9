"""Whose connections are which, and how each is read: what HoldingsService asks for on a miss."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from holdings.core.accounts_feed import AccountsFeed
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import DEFAULT_CURRENCY, Connection, Credential
from holdings.core.errors import (
    CacheUnavailable,
    Conflict,
    HoldingsError,
    Misconfigured,
    NotFound,
    RecordsUnavailable,
)
from holdings.core.freshness import FreshnessRules
from holdings.core.once import KeptFor
from holdings.core.portfolio import Account
from holdings.core.ports import Exchange, ExchangeKind, SnapshotCache
from holdings.core.record_ports import Records
from holdings.core.snapshot import Notice, Part
from holdings.core.source import Source

logger = logging.getLogger(__name__)

# Of the deadline of a request, what reading a key may take.
_KEY_SECONDS = 3.0
_REJECTED = "exchange_credentials_rejected"


class SharedConnection(NamedTuple):
    """The deployment's own key, which every viewer may read with. `place` is its readings'."""

    connection: Connection
    exchange: Exchange
    place: str


class ViewerSources:
    """Implements `holdings.core.service.Sources`. Safe to share between threads."""

    def __init__(
        self,
        *,
        shared: SharedConnection | None,
        records: Records | None,
        kinds: Mapping[str, ExchangeKind],
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
        rules: FreshnessRules,
        keep_for: int,
        hide: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Without `records` there is the shared connection alone.

        A key is kept in memory for `keep_for` seconds; `hide` is given each text that no log may
        show.
        """
        self._shared = shared
        self._records = records
        self._kinds = kinds
        self._cache = cache
        self._clock = clock
        self._rules = rules
        self._keep_for = keep_for
        self._hide = hide

    @property
    def shared(self) -> Connection | None:
        return self._shared.connection if self._shared else None

    def of(self, viewer: str, deadline: Deadline) -> list[Connection]:
        shared = [self._shared.connection] if self._shared else []
        own = self._records.connections(viewer, deadline) if self._records else ()
        return [*shared, *own]

    def currency(self, viewer: str, deadline: Deadline) -> str:
        profile = self._records.profile(viewer, deadline) if self._records else None
        return profile.currency if profile else DEFAULT_CURRENCY

    def open(
        self,
        viewer: str,
        connection: Connection,
        credential: Callable[[Deadline], Credential] | None = None,
    ) -> Source[Part]:
        """Return how a connection is read, with the `credential` that is at hand if there is one.

        That one is decrypted when it is needed; it may raise RecordsUnavailable or Misconfigured.
        """
        return Source(
            AccountsFeed(connection, self._exchange(viewer, connection, credential)),
            cache=self.readings(connection),
            clock=self._clock,
            rules=self._rules,
        )

    def readings(self, connection: Connection) -> SnapshotCache:
        """Return the place in the cache where the connection's readings are kept."""
        if connection.shared and self._shared:
            return self._cache(self._shared.place)
        return self._cache(reading_place(connection.id))

    def scope(self, connection: Connection) -> str:
        kind = self._kinds.get(connection.exchange)
        return kind.scope if kind else ""

    def note(
        self, viewer: str, connection: Connection, failure: Notice, deadline: Deadline
    ) -> None:
        if not self._records or connection.shared or connection.status != "active":
            return
        if failure.code != _REJECTED:
            return
        rejected = connection._replace(status="rejected", last_error=failure)
        try:
            self._records.change(viewer, rejected, None, deadline)
        except (Conflict, NotFound):
            pass  # its owner was quicker
        except HoldingsError as error:
            report(error)

    def has_ledger(self, connection: Connection) -> bool:
        kind = self._kinds.get(connection.exchange)
        return bool(kind and kind.has_ledger)

    def _exchange(
        self,
        viewer: str,
        connection: Connection,
        at_hand: Callable[[Deadline], Credential] | None,
    ) -> Exchange:
        if connection.shared and self._shared:
            return self._shared.exchange
        kind = self._kinds.get(connection.exchange)
        if not (kind and self._records):
            return _Unknown()
        records = self._records

        first = [at_hand] if at_hand else []

        def read() -> Credential:
            deadline = Deadline.after(_KEY_SECONDS, self._clock)
            try:
                # After a rejection it is read anew: its owner may just have replaced it.
                credential = (
                    first.pop()(deadline)
                    if first
                    else records.credential(viewer, connection.id, deadline)
                )
            except NotFound:
                raise RecordsUnavailable("the connection has just been removed") from None
            self._hide(kind.secrets(credential))
            return credential

        kept = KeptFor(self._keep_for, read, self._clock.monotonic)
        return kind.open(lambda anew: kept.refresh() if anew else kept.get())


class _Unknown:
    """Implements `holdings.core.ports.Exchange` for one that this version does not know."""

    def accounts(self, deadline: Deadline) -> Sequence[Account]:
        raise Misconfigured("this version knows no such exchange: remove the connection")


def reading_place(connection_id: str) -> str:
    """Where in the cache the last reading of a viewer's connection is kept."""
    return f"reading#{connection_id}"


def report(error: HoldingsError) -> None:
    """Log what costs the viewer nothing but has to be known."""
    event = "cache_failure" if isinstance(error, CacheUnavailable) else "records_failure"
    logger.warning("%s", error.detail, extra={"event": event, "code": error.code})
