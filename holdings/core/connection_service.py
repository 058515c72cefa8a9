"""What a viewer does with their connections: connect, prove, rename, pause, replace, remove."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from holdings.core.accounts_feed import KEY_REFUSED
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import (
    MAX_CONNECTIONS,
    Connection,
    Credential,
    Once,
    Probe,
    Status,
    is_own_id,
    new_id,
)
from holdings.core.errors import (
    CacheUnavailable,
    ExchangePermissionDenied,
    Forbidden,
    HoldingsError,
    InvalidRequest,
    NotFound,
    TooManyConnections,
)
from holdings.core.invalidation import Invalidation
from holdings.core.ports import ExchangeKind, JobQueues, SnapshotCache
from holdings.core.profile_service import ask_to_forget, changed_meanwhile, recorded
from holdings.core.record_ports import Records
from holdings.core.service import DEADLINE_SECONDS
from holdings.core.side_by_side import side_by_side
from holdings.core.snapshot import Notice
from holdings.core.sources import ViewerSources, report

if TYPE_CHECKING:
    from holdings.core.history.progress import Progress


class ConnectionView(NamedTuple):
    """A connection as its viewer is shown it. `last_read_at` is epoch seconds.

    `progress` is of its history, None where nobody has begun to read it.
    """

    connection: Connection
    last_read_at: int | None
    last_error: Notice | None
    progress: "Progress | None" = None


class Wanted(NamedTuple):
    """What somebody asks to connect. `accept_rights` are those beyond "view" that they accept."""

    exchange: str
    label: str
    credential: Mapping[str, object]
    accept_rights: tuple[str, ...] = ()


class HistoryAsker(Protocol):
    def ask(
        self,
        viewer: str,
        connection: Connection,
        progress: "Progress | None",
        *,
        again: bool = False,
    ) -> None:
        """Have a connection's history read, or read on. Never raises."""
        ...


class ConnectionService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: ViewerSources,
        records: Records | None,
        kinds: Mapping[str, ExchangeKind],
        cache: Callable[[str], SnapshotCache],
        history: "HistoryAsker",
        queues: JobQueues | None,
        clock: Clock,
        hide: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Without `records` nothing can be connected.

        `hide` is given each text that no log may show.
        """
        self._sources = sources
        self._records = records
        self._kinds = kinds
        self._history = history
        self._queues = queues
        self._clock = clock
        self._hide = hide
        self._invalidate = Invalidation(cache, clock)

    def listed(self, viewer: str) -> list[ConnectionView]:
        deadline = self._deadline()
        connections = self._sources.of(viewer, deadline)
        return side_by_side(
            [lambda one=one: self._view(viewer, one, deadline) for one in connections]
        )

    def one(self, viewer: str, connection_id: str) -> ConnectionView:
        """Raises NotFound, also for what is another viewer's."""
        deadline = self._deadline()
        return self._view(viewer, self._find(viewer, connection_id, deadline), deadline)

    def add(self, viewer: str, wanted: Wanted, once: Once | None) -> ConnectionView:
        """Prove a credential at its exchange, and keep it.

        Raises InvalidRequest, Conflict, TooManyConnections, or what the exchange refuses it for;
        then nothing is kept. The same request under the same `once` has the same answer.
        """
        deadline, records = self._deadline(), recorded(self._records)
        if once and (made := records.replay(viewer, once, deadline)):
            return self._view(viewer, records.connection(viewer, made, deadline), deadline)
        if len(records.connections(viewer, deadline)) >= MAX_CONNECTIONS:
            raise TooManyConnections(
                f"there are {MAX_CONNECTIONS} connections already: remove one first"
            )
        kind, credential = self._parse(wanted.exchange, wanted.credential)
        probe = self._probe(kind, credential, wanted.accept_rights, deadline)
        connection = Connection(
            id=new_id(self._clock.now()),
            exchange=kind.name,
            label=wanted.label,
            account=_fingerprint(probe),
            key_hint=kind.key_name(credential)[-4:],
            created_at=int(self._clock.now()),
            rights=probe.rights,
        )
        records.add(viewer, connection, credential, once, deadline)
        self._invalidate.answer(viewer)
        self._history.ask(viewer, connection, None, again=True)
        return self._view(viewer, connection, deadline)

    def change(
        self,
        viewer: str,
        connection_id: str,
        seen: int | None,
        *,
        label: str | None = None,
        status: Status | None = None,
    ) -> ConnectionView:
        """Rename, pause or resume. Raises Conflict where its version is not `seen` any more."""
        deadline = self._deadline()
        known = self._own(viewer, connection_id, seen, deadline)
        changed = known._replace(label=label or known.label)
        if status and status != known.status:
            changed = changed._replace(status=status, last_error=None)
        if changed != known:
            changed = recorded(self._records).change(viewer, changed, None, deadline)
            self._invalidate.answer(viewer)
        if status == "active" and known.status == "paused":
            self._read_on(viewer, changed, deadline)
        return self._view(viewer, changed, deadline)

    def replace_key(
        self,
        viewer: str,
        connection_id: str,
        seen: int | None,
        credential: Mapping[str, object],
        accept_rights: tuple[str, ...],
    ) -> ConnectionView:
        """Prove another key of the same account, and keep it in place of the last one."""
        deadline = self._deadline()
        known = self._own(viewer, connection_id, seen, deadline)
        kind, parsed = self._parse(known.exchange, credential)
        probe = self._probe(kind, parsed, accept_rights, deadline)
        if _fingerprint(probe) != known.account:
            remedy = "this key opens another account: add it as a connection of its own"
            raise InvalidRequest(remedy, {"credential": [remedy]})
        changed = known._replace(
            key_hint=kind.key_name(parsed)[-4:],
            rights=probe.rights,
            status="paused" if known.status == "paused" else "active",
            last_error=None,
        )
        changed = recorded(self._records).change(viewer, changed, parsed, deadline)
        self._invalidate.failure(self._sources.readings(changed))
        self._invalidate.answer(viewer)
        self._read_on(viewer, changed, deadline)
        return self._view(viewer, changed, deadline)

    def remove(self, viewer: str, connection_id: str, seen: int | None) -> None:
        """Forget a connection, its key and what was read with it.

        What there is no time for, a job forgets.
        """
        deadline = self._deadline()
        connection = self._own(viewer, connection_id, seen, deadline)
        ask_to_forget(self._queues, viewer, self._clock)
        recorded(self._records).remove(viewer, connection_id, seen, deadline)
        self._invalidate.reading(self._sources.readings(connection))
        self._invalidate.answer(viewer)

    def _deadline(self) -> Deadline:
        return Deadline.after(DEADLINE_SECONDS, self._clock)

    def _find(self, viewer: str, connection_id: str, deadline: Deadline) -> Connection:
        shared = self._sources.shared
        if shared and connection_id == shared.id:
            return shared
        if not (self._records and is_own_id(connection_id)):
            raise NotFound("there is no such connection: GET /connections lists yours")
        return self._records.connection(viewer, connection_id, deadline)

    def _own(
        self, viewer: str, connection_id: str, seen: int | None, deadline: Deadline
    ) -> Connection:
        connection = self._find(viewer, connection_id, deadline)
        if connection.shared:
            raise Forbidden("the shared connection is the operator's: it cannot be changed here")
        if seen is not None and seen != connection.version:
            raise changed_meanwhile()
        return connection

    def _read_on(self, viewer: str, connection: Connection, deadline: Deadline) -> None:
        """What has stopped its history is over: it is read on at once."""
        history = recorded(self._records).history
        try:
            known = history.progress(viewer, connection.id, deadline)
        except HoldingsError as fault:
            report(fault)
            return
        self._history.ask(viewer, connection, known, again=True)

    def _view(self, viewer: str, connection: Connection, deadline: Deadline) -> ConnectionView:
        """Its last reading and failure are the cache's to know, which may have forgotten them."""
        progress = None
        if self._records and not connection.shared:
            progress = self._records.history.progress(viewer, connection.id, deadline)
        cache, error = self._sources.readings(connection), connection.last_error
        try:
            entry = cache.get(deadline)
            failure = None if error else cache.failure(deadline)
        except CacheUnavailable as fault:
            report(fault)
            return ConnectionView(connection, None, error, progress)
        if failure and failure.counts(self._clock.now()):
            error = Notice(failure.code, failure.detail)
        read_at = entry.as_of if entry and entry.payload else None
        return ConnectionView(connection, read_at, error, progress)

    def _parse(self, exchange: str, given: Mapping[str, object]) -> tuple[ExchangeKind, Credential]:
        kind = self._kinds.get(exchange)
        if not kind:
            known = f"one of {', '.join(sorted(self._kinds))}"
            raise InvalidRequest(f"exchange must be {known}", {"exchange": [f"Must be {known}."]})
        try:
            credential = kind.parse(given)
        except InvalidRequest as error:
            errors = {f"credential.{name}": found for name, found in error.errors.items()}
            raise InvalidRequest(error.detail, errors) from None
        self._hide(kind.secrets(credential))
        return kind, credential

    def _probe(
        self,
        kind: ExchangeKind,
        credential: Credential,
        accepted: Sequence[str],
        deadline: Deadline,
    ) -> Probe:
        try:
            probe = kind.open(lambda _anew: credential).probe(deadline)
        except KEY_REFUSED as error:
            error.viewers_own = True
            raise
        if probe.rights is not None:
            if "view" not in probe.rights:
                refused = ExchangePermissionDenied(
                    f"{kind.name}: the key may not view: allow it to, and nothing else"
                )
                refused.viewers_own = True
                raise refused
            if beyond := [right for right in probe.rights if right not in ("view", *accepted)]:
                named = " and ".join(beyond)
                remedy = f"the key may {named} too: make one that may only view, or accept that"
                raise InvalidRequest(remedy, {"accept_rights": [remedy]})
        return probe


def _fingerprint(probe: Probe) -> str:
    return hashlib.sha256(probe.account.encode()).hexdigest()[:32]
