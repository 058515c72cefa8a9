"""What is kept of viewers, as the core sees it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from holdings.core.clock import Deadline

if TYPE_CHECKING:
    from holdings.core.connections import Connection, Credential, Once, Profile
    from holdings.core.history.progress import Progress


class KeptMonth(NamedTuple):
    """A month as it is kept: both compressed; `partial` while more of it may come."""

    entries: bytes
    summary: bytes
    partial: bool
    version: int = 0


class KeptSummary(NamedTuple):
    """A month ("2026-11"), its packed summary, and whether more of it may come."""

    month: str
    summary: bytes
    partial: bool


class HistoryRecords(Protocol):
    """What is kept of a connection's history, each call in the name of its viewer alone.

    Raises as Records does.
    """

    def progress(
        self, viewer: str, connection_id: str, deadline: Deadline
    ) -> "Progress | None": ...

    def put_progress(
        self, viewer: str, connection_id: str, progress: "Progress", deadline: Deadline
    ) -> "Progress":
        """Keep it in place of its `version`, 0 for the first; return it with the new one.

        Raises Conflict where that is another by now, NotFound where the connection is gone.
        """
        ...

    def summaries(
        self, viewer: str, connection_id: str, deadline: Deadline
    ) -> "Sequence[KeptSummary]":
        """Return each kept month's, oldest first."""
        ...

    def month_until(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> str | None:
        """Return the last month that is kept up to this one, which counts."""
        ...

    def month(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> "KeptMonth | None":
        """Return a month's packed entries."""
        ...

    def put_month(
        self, viewer: str, connection_id: str, month: str, kept: "KeptMonth", deadline: Deadline
    ) -> None:
        """Keep entries and summary together in place of `version`, 0 for the first.

        Raises Conflict and NotFound as `put_progress` does, ValueError where it is too large.
        """
        ...

    def forget_history(self, viewer: str, connection_id: str, deadline: Deadline) -> None:
        """Forget all of it."""
        ...


class LastRead(NamedTuple):
    """How a connection was last read at its time, all moments in epoch seconds.

    `window` is for which period; `failures` in a row have it left alone until `retry_at`.
    """

    window: int = 0
    failures: int = 0
    retry_at: int = 0


class Readable(NamedTuple):
    """A viewer's connections, how each was last read, and their keys, which are still encrypted.

    `credential` decrypts one. Raises NotFound where it has just been removed, and as Records does.
    """

    connections: "Sequence[Connection]"
    last_read: Mapping[str, LastRead]
    credential: "Callable[[str, Deadline], Credential]"


class RefreshRecords(Protocol):
    """What reading a viewer's connections at their time takes. Raises as Records does."""

    def readable(self, viewer: str, deadline: Deadline) -> Readable:
        """Return all of it in one look."""
        ...

    def put_last_read(
        self, viewer: str, connection: "Connection", last: LastRead, deadline: Deadline
    ) -> None:
        """Keep it, unless a later window is kept, or the key was replaced or removed."""
        ...

    def forget_removed(
        self,
        viewer: str,
        before: int,
        deadline: Deadline,
        first: "Callable[[Sequence[str]], None]",
    ) -> "Sequence[str]":
        """Forget what is left of connections that were made before (epoch seconds) and are gone.

        Returns their ids, which `first` is given while there is something left to find them by.
        """
        ...


InsightPart = Literal["features", "persona", "recommendations"]


class KeptInsight(NamedTuple):
    """A packed document, and the window (epoch seconds) that it is of."""

    document: bytes
    window: int


class InsightRecords(Protocol):
    """What is kept of a viewer's insights. Raises as Records does."""

    def get(self, viewer: str, deadline: Deadline) -> "Mapping[InsightPart, KeptInsight]":
        """Return those that there are."""
        ...

    def put(self, viewer: str, part: InsightPart, kept: KeptInsight, deadline: Deadline) -> None:
        """Keep it in place of one of an older window.

        Raises Conflict where one of this window or a later one is kept, NotFound where the viewer
        has no profile or has insights switched off.
        """
        ...

    def forget(self, viewer: str, deadline: Deadline) -> None:
        """Forget all three."""
        ...


class KeptEvent(NamedTuple):
    """An alert that fired, packed, by a key that sorts by when; `mail` is how far its mail is."""

    key: str
    document: bytes
    mail: str


class AlertRecords(Protocol):
    """What is kept of a viewer's alerts, packed. Raises as Records does."""

    def rules(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        """Return rules and mail settings with their version."""
        ...

    def put_rules(
        self, viewer: str, document: bytes, count: int, seen: int, deadline: Deadline
    ) -> None:
        """Keep them in place of version `seen`, 0 for the first, and count them on the profile.

        Makes a profile where there is none. Raises Conflict.
        """
        ...

    def states(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        """Return what is known of each rule, with its version."""
        ...

    def put_states(
        self,
        viewer: str,
        document: bytes,
        seen: int,
        fired: "Sequence[KeptEvent]",
        expires_at: int,
        deadline: Deadline,
    ) -> None:
        """Keep states and what fired together, in place of version `seen`, 0 for the first.

        Raises Conflict, and NotFound where there are no rules any more.
        """
        ...

    def events(
        self, viewer: str, before: str, limit: int, deadline: Deadline
    ) -> "Sequence[KeptEvent]":
        """Return what fired before a key ("" for all), newest first."""
        ...

    def claim(self, viewer: str, key: str, now: int, until: int, deadline: Deadline) -> bool:
        """Take it on to mail an event that waits, until then (epoch seconds).

        False where it waits no more, or another has taken it on and its time is not up.
        """
        ...

    def mark(self, viewer: str, key: str, mail: str, deadline: Deadline) -> None:
        """Note how far an event's mail is; one that is gone stays gone."""
        ...


class Records(Protocol):
    """What is kept of viewers for good, each call in the name of one viewer alone.

    Every method raises RecordsUnavailable, also when the deadline passes, and Misconfigured where a
    right is missing.
    """

    @property
    def history(self) -> HistoryRecords: ...

    @property
    def refresh(self) -> RefreshRecords: ...

    @property
    def alerts(self) -> AlertRecords: ...

    @property
    def insights(self) -> InsightRecords: ...

    def profile(self, viewer: str, deadline: Deadline) -> "Profile | None": ...

    def put_profile(
        self, viewer: str, profile: "Profile", seen: int | None, deadline: Deadline
    ) -> "Profile":
        """Keep it in place of version `seen`, None for the first one. Raises Conflict."""
        ...

    def connections(self, viewer: str, deadline: Deadline) -> "Sequence[Connection]":
        """Return all of the viewer's, oldest first."""
        ...

    def connection(self, viewer: str, connection_id: str, deadline: Deadline) -> "Connection":
        """Raises NotFound."""
        ...

    def replay(self, viewer: str, once: "Once", deadline: Deadline) -> str | None:
        """Return the id of the connection that this very request has made, if it has.

        Raises Conflict where the key came with another request.
        """
        ...

    def add(
        self,
        viewer: str,
        connection: "Connection",
        credential: "Credential",
        once: "Once | None",
        deadline: Deadline,
    ) -> None:
        """Keep a connection and its encrypted credential, both or neither.

        With the first one, a profile is kept too if there is none.
        Raises Conflict (the account is connected already) or TooManyConnections.
        """
        ...

    def change(
        self,
        viewer: str,
        connection: "Connection",
        credential: "Credential | None",
        deadline: Deadline,
    ) -> "Connection":
        """Keep a changed connection in place of its `version`; with another key where one is given.

        Returns it with its new version, and the key's where there is one. Raises Conflict where the
        version is another by now or the new key's account is connected already, NotFound where it
        is gone.
        """
        ...

    def remove(self, viewer: str, connection_id: str, seen: int | None, deadline: Deadline) -> None:
        """Forget a connection and its credential. Raises NotFound; Conflict where `seen` is old."""
        ...

    def credential(self, viewer: str, connection_id: str, deadline: Deadline) -> "Credential":
        """Decrypt the credential. Raises NotFound."""
        ...

    def forget(self, viewer: str, deadline: Deadline) -> "Sequence[str]":
        """Forget everything of the viewer; return the ids of the connections there were."""
        ...


# What only one may do at a time: read the exchange, or have a refresh honoured.
