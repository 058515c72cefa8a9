"""The outside as the core sees it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from holdings.core.clock import Deadline
from holdings.core.freshness import CachedSnapshot, Failure, Lease

if TYPE_CHECKING:
    from decimal import Decimal

    from holdings.core.connections import Credential, Probe
    from holdings.core.history.entries import LedgerPage
    from holdings.core.market import DayStats, FiatRates, Listing, Trade
    from holdings.core.portfolio import Account


class Exchange(Protocol):
    """One account at an exchange, opened by one key."""

    def accounts(self, deadline: Deadline) -> "Sequence[Account]":
        """Read every account, each id once. Raises UpstreamError; never a part of them."""
        ...


class ProbedExchange(Exchange, Protocol):
    def probe(self, deadline: Deadline) -> "Probe":
        """Prove the key by one look at what it opens. Raises UpstreamError."""
        ...


class LedgerExchange(ProbedExchange, Protocol):
    """One that lists what changed each account's balance, with the balance after it."""

    def ledger(
        self, account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> "LedgerPage":
        """Read a page of an account's entries between two moments, in microseconds, newest first.

        The one that `cursor` leads to, "" for the newest. Raises UpstreamError.
        """
        ...


class ExchangeKind(Protocol):
    """An exchange that a viewer's keys may be for."""

    name: str
    # Whether what it opens is a LedgerExchange.
    has_ledger: bool
    # What its figures cover and leave out, in a sentence; "" where there is nothing to say.
    scope: str

    def parse(self, credential: "Mapping[str, object]") -> "Credential":
        """Return the credential in the form in which it is kept, each field stripped.

        Raises InvalidRequest: `errors` name each field ("api_secret") and its remedy, no value.
        """
        ...

    def key_name(self, credential: "Credential") -> str:
        """Return the public part of a parsed credential, by which its owner knows it."""
        ...

    def secrets(self, credential: "Credential") -> "tuple[str, ...]":
        """Return every text of it that no log may show."""
        ...

    def open(self, credential: "Callable[[bool], Credential]") -> ProbedExchange:
        """Return the account that a kept credential opens.

        `credential(False)` returns it, from memory or not; `credential(True)` reads it anew, which
        is asked for once after the exchange has rejected it.
        """
        ...


class Market(Protocol):
    """The public market data of an exchange, which needs no key and is the same for everybody.

    Every method raises ExchangeError, and is bounded by the deadline, in memory and in what it
    takes: a row that makes no sense is left out, a body that makes none is the error.
    """

    def listing(self, deadline: Deadline) -> "Listing":
        """Return the books and assets that there are."""
        ...

    def stats(self, deadline: Deadline) -> "Mapping[str, DayStats]":
        """Return the last 24 hours of every book, by its id."""
        ...

    def last_trade(self, book: str, deadline: Deadline) -> "Trade | None":
        """Return the last trade of one book; None where the exchange knows of none."""
        ...

    def closes(
        self, book: str, first: int, last: int, deadline: Deadline
    ) -> "Mapping[int, Decimal]":
        """Return a book's last price of each day with a trade, of at most 300 days.

        Days are since the epoch, both included. A book that nobody knows has none.
        """
        ...

    def rates(self, deadline: Deadline) -> "FiatRates":
        """Return what one USD is in every fiat currency."""
        ...


Right = Literal["read", "refresh"]


class JobQueue(Protocol):
    """Work without a request, for whoever takes it from the queue."""

    def send(self, viewer: str, connection_id: str, *, delay_seconds: int = 0) -> None:
        """Ask for the history of a connection to be read. Raises RecordsUnavailable."""
        ...


class Mail(NamedTuple):
    """A mail to a viewer, in text and in HTML, and where it can be stopped by one click."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str


class Mailer(Protocol):
    def send(self, viewer: str, mail: Mail) -> None:
        """Send it to the address that the viewer signs in with.

        Raises MailRefused where it will never arrive, MailUnavailable where it may later.
        """
        ...


class JobQueues(Protocol):
    """The queues of all jobs, by the names of these ("compute-features")."""

    def send(
        self,
        job: str,
        viewer: str,
        *,
        window: int | None = None,
        connection: str = "",
        delay_seconds: int = 0,
    ) -> None:
        """Ask for a job to be done for a viewer, or one of their connections.

        `window` is when the period began (epoch seconds) for which it is done, once. Raises
        RecordsUnavailable, and Misconfigured where this deployment has no such queue.
        """
        ...


class SnapshotCache(Protocol):
    """One place in the cache: holds the last document of its kind, and who may make the next one.

    Every method raises CacheUnavailable and nothing else, also when the deadline passes.
    """

    def get(self, deadline: Deadline) -> CachedSnapshot | None: ...

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> "CachedSnapshot":
        """Keep `entry` until then, unless one of a later sequence is; return what is kept now."""
        ...

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        """Take a right from `wanted.since` until `wanted.until`, or return who has it.

        A lease from before `seen`, when the last known reading was made, has been used already.
        """
        ...

    def failure(self, deadline: Deadline) -> Failure | None:
        """Return why the last reading failed, if it did; it may count no more."""
        ...

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        """End the lease to read that began at `since`; a failure takes its place for all to see."""
        ...
