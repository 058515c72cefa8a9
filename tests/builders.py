"""What tests are made of: accounts, settings, events, and fakes at the core's own Protocols."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar, cast

from holdings.adapters.exchange_http.bounds import Server
from holdings.adapters.exchange_http.replies import Reply
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import (
    MAX_CONNECTIONS,
    Connection,
    Credential,
    Once,
    Probe,
    Profile,
    made_at,
)
from holdings.core.errors import (
    CacheUnavailable,
    Conflict,
    ExchangeTimeout,
    HoldingsError,
    InvalidRequest,
    NotFound,
    TooManyConnections,
)
from holdings.core.fiat import FIAT
from holdings.core.freshness import CachedSnapshot, Failure, Lease
from holdings.core.history.entries import Entry, LedgerPage
from holdings.core.history.progress import Progress
from holdings.core.market import Asset, Book, BookState, DayStats, FiatRates, Listing, Trade
from holdings.core.portfolio import Account
from holdings.core.ports import Right
from holdings.core.record_ports import (
    InsightPart,
    KeptEvent,
    KeptInsight,
    KeptMonth,
    KeptSummary,
    LastRead,
    Readable,
)
from holdings.core.schedule.slots import Due
from holdings.settings import Settings

T = TypeVar("T")

NOW = 1_795_253_400  # 2026-11-21T09:30:00Z

ENVIRONMENT = {
    "DEFAULT_USER_ID": "demo-user",
    "DDB_TABLE": "holdings",
    "CB_BASE_URL": "https://api-public.sandbox.exchange.coinbase.com",
    "CB_SECRET_NAME": "coinbase-key",
}

CLAIMS = {"sub": "3f1c", "token_use": "access", "scope": "holdings/read"}


def make_settings(**environ: str) -> Settings:
    return Settings.from_env(ENVIRONMENT | environ)


def make_account(
    account_id: str = "a1",
    currency: str = "BTC",
    *,
    balance: str = "1.5",
    available: str = "1",
    hold: str = "0.5",
) -> Account:
    return Account(account_id, currency, Decimal(balance), Decimal(available), Decimal(hold))


def make_connection(
    connection_id: str = "0" * 32, *, label: str = "Main", **changes: Any
) -> Connection:
    made = Connection(
        id=connection_id,
        exchange="coinbase_exchange",
        label=label,
        account=f"account of {connection_id}",
        key_hint="cdef",
        created_at=NOW,
    )
    return made._replace(**changes)


def make_server(url: str = "https://example.com") -> Server:
    return Server("Some Exchange", "CB_BASE_URL", url, key_remedy="store another")


def make_reply(
    status: int = 200, headers: Mapping[str, str] | None = None, *, body: object
) -> Reply:
    """A reply of an exchange; a `body` that is not bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(make_server(), status, headers or {}, [raw])


class FakeClock:
    """A clock that only moves when it is moved, or slept on."""

    def __init__(self, now: float = NOW) -> None:
        self.time = now
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def advance(self, seconds: float) -> None:
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, monotonic=lambda: self.time, sleep=self.sleep)


@dataclass
class FakeExchange:
    """Answers with `answer`: accounts, or an error to raise."""

    answer: Sequence[Account] | HoldingsError = field(default_factory=lambda: [make_account()])
    calls: int = 0

    def accounts(self, deadline: Deadline) -> Sequence[Account]:
        assert deadline.remaining() > 0
        self.calls += 1
        if isinstance(self.answer, HoldingsError):
            raise self.answer
        return self.answer


def unvalued(document: Any) -> Any:
    """A document of GET /holdings without what moves with the market."""
    if isinstance(document, list):
        return [unvalued(one) for one in cast("list[Any]", document)]
    moves = ("value", "change_24h", "price")
    return {
        name: unvalued(of) if name == "holdings" else of
        for name, of in document.items()
        if name not in moves
    }


def make_stats(last: str | None, opened: str | None = None, *, traded: bool = True) -> DayStats:
    return DayStats(
        None if last is None else Decimal(last),
        None if opened is None else Decimal(opened),
        traded,
    )


@dataclass
class FakeMarket:
    """Books that it has, each answer as given: a value, or an error to raise.

    `books` has a book's state by its id, "BTC-USD"; `calls` has the name of what was asked for.
    """

    books: dict[str, BookState] = field(
        default_factory=lambda: {"BTC-USD": "open", "ETH-USD": "open"}
    )
    day: Mapping[str, DayStats] | HoldingsError = field(
        default_factory=lambda: {
            "BTC-USD": make_stats("60000", "50000"),
            "ETH-USD": make_stats("3000", "3000"),
        }
    )
    trades: dict[str, Trade | HoldingsError] = field(
        default_factory=dict[str, "Trade | HoldingsError"]
    )
    usd: Mapping[str, str] | HoldingsError = field(default_factory=lambda: {"JPY": "150"})
    assets: dict[str, str] = field(
        default_factory=lambda: {"BTC": "Bitcoin", "ETH": "Ether", "USD": "US Dollar"}
    )
    listed: HoldingsError | None = None
    daily: Mapping[str, Mapping[int, Decimal]] | HoldingsError = field(
        default_factory=dict[str, "Mapping[int, Decimal]"]
    )
    calls: list[str] = field(default_factory=list[str])

    def closes(self, book: str, first: int, last: int, deadline: Deadline) -> Mapping[int, Decimal]:
        daily = self._called(f"closes {book} {first} {last}", deadline, self.daily)
        return {day: close for day, close in daily.get(book, {}).items() if first <= day <= last}

    def listing(self, deadline: Deadline) -> Listing:
        self._called("listing", deadline, self.listed)
        return Listing(
            tuple(
                Book(book, *book.rsplit("-", 1), state=state) for book, state in self.books.items()
            ),
            tuple(Asset(code, name, code in FIAT) for code, name in self.assets.items()),
        )

    def stats(self, deadline: Deadline) -> Mapping[str, DayStats]:
        return self._called("stats", deadline, self.day)

    def last_trade(self, book: str, deadline: Deadline) -> Trade | None:
        return self._called(f"trade {book}", deadline, self.trades.get(book))

    def rates(self, deadline: Deadline) -> FiatRates:
        usd = self._called("rates", deadline, self.usd)
        return FiatRates("USD", {code: Decimal(rate) for code, rate in usd.items()})

    def _called(self, name: str, deadline: Deadline, answer: T | HoldingsError) -> T:
        # As a client does: on a clock that other threads move, the time may be over already.
        if not deadline.remaining():
            raise ExchangeTimeout("no time was left to ask")
        self.calls.append(name)
        if isinstance(answer, HoldingsError):
            raise answer
        return answer


# Where the shared connection's readings are kept, under ENVIRONMENT.
SHARED_PLACE = "reading#demo-user"


@dataclass
class FakeCache:
    """A cache that several services may share; `entry` is the shared connection's last reading."""

    readable: bool = True
    writable: bool = True
    places: dict[str, "FakePlace"] = field(default_factory=dict[str, "FakePlace"])
    gets: int = 0

    def __call__(self, place: str) -> "FakePlace":
        return self.places.setdefault(place, FakePlace(self))

    @property
    def entry(self) -> CachedSnapshot | None:
        return self(SHARED_PLACE).entry

    @property
    def leases(self) -> dict[Right, Lease]:
        return self(SHARED_PLACE).leases

    @property
    def puts(self) -> int:
        return self(SHARED_PLACE).puts

    def lose(self) -> None:
        """Forget every document, as the table may at any time."""
        for place in self.places.values():
            place.entry = None


@dataclass
class FakePlace:
    cache: FakeCache
    entry: CachedSnapshot | None = None
    leases: dict[Right, Lease] = field(default_factory=dict[Right, Lease])
    puts: int = 0

    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        self.cache.gets += 1
        if not self.cache.readable:
            raise CacheUnavailable("the cache could not be read")
        return self.entry

    def failure(self, deadline: Deadline) -> Failure | None:
        if not self.cache.readable:
            raise CacheUnavailable("the cache could not be read")
        return self.leases["read"].failure if "read" in self.leases else None

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
        self._write()
        self.puts += 1
        if self.entry and self.entry.sequence > entry.sequence:
            return self.entry
        self.entry = entry
        return entry

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        self._write()
        standing = self.leases.get(right)
        if standing and standing.until > wanted.since and standing.since > seen:
            return standing
        self.leases[right] = wanted
        return None

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        self._write()
        self.leases["read"] = Lease(since, failure.until if failure else since, failure)

    def _write(self) -> None:
        if not self.cache.writable:
            raise CacheUnavailable("the cache could not be written")


@dataclass
class FakeKind:
    """An exchange whose keys are {"name", "secret"}; `accounts` are those of each key's name.

    `probe` is what a look with any key finds, or why it fails.
    """

    name: str = "coinbase_exchange"
    scope: str = ""
    probe: Probe | HoldingsError | None = None
    exchanges: dict[str, FakeExchange] = field(default_factory=dict[str, FakeExchange])
    probes: int = 0
    has_ledger: bool = False
    ledger: "FakeLedger | None" = None

    def parse(self, credential: Mapping[str, object]) -> Credential:
        if set(credential) != {"name", "secret"}:
            raise InvalidRequest("correct the key", {"secret": ["Copy it whole."]})
        return {name: str(value).strip() for name, value in credential.items()}

    def key_name(self, credential: Credential) -> str:
        return credential["name"]

    def secrets(self, credential: Credential) -> tuple[str, ...]:
        return (credential["secret"],)

    def open(self, credential: Callable[[bool], Credential]) -> "FakeKeyed | FakeLedger":
        if self.ledger:
            credential(False)
            return self.ledger
        return FakeKeyed(self, credential)


@dataclass
class FakeKeyed:
    """What one key opens at a FakeKind."""

    kind: FakeKind
    credential: Callable[[bool], Credential]

    def accounts(self, deadline: Deadline) -> Sequence[Account]:
        name = self.credential(False)["name"]
        return self.kind.exchanges.setdefault(name, FakeExchange()).accounts(deadline)

    def probe(self, deadline: Deadline) -> Probe:
        assert deadline.remaining() > 0
        self.kind.probes += 1
        name = self.credential(False)["name"]
        found = self.kind.probe or Probe(account=f"account of {name}", rights=None)
        if isinstance(found, HoldingsError):
            raise found
        return found


@dataclass
class FakeLedger:
    """The ledgers of one key: entries by account, oldest first, in pages of `size`.

    `fails` is raised by each call while there is something in it; `calls` has what was asked for.
    """

    kind: FakeKind
    currencies: dict[str, str]
    entries: dict[str, list[Entry]]
    size: int = 3
    fails: list[HoldingsError | None] = field(default_factory=list["HoldingsError | None"])
    balances: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[tuple[str, int, int, str]] = field(default_factory=list[tuple[str, int, int, str]])

    def accounts(self, deadline: Deadline) -> Sequence[Account]:
        self._fail()
        zero = Decimal()
        return [
            Account(one, currency, Decimal(self._balance(one)), zero, zero)
            for one, currency in self.currencies.items()
        ]

    def _balance(self, account: str) -> str:
        entries = self.entries.get(account, [])
        return self.balances.get(account) or (entries[-1].balance if entries else "0")

    def probe(self, deadline: Deadline) -> Probe:
        return Probe(account="one", rights=None)

    def ledger(
        self, account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> LedgerPage:
        self._fail()
        self.calls.append((account_id, since, until, cursor))
        listed = [one for one in self.entries.get(account_id, []) if since <= one.at <= until]
        listed.reverse()
        # A cursor is the id of the last entry before: new ones do not move the pages.
        ids = [entry.id for entry in listed]
        start = ids.index(cursor) + 1 if cursor else 0
        page = listed[start : start + self.size]
        more = start + self.size < len(listed)
        return LedgerPage(page, page[-1].id if more else "")

    def _fail(self) -> None:
        if self.fails and (error := self.fails.pop(0)):
            raise error


@dataclass
class FakeHistory:
    """History in memory, as strict as the port says; of connections that `standing` knows."""

    standing: Callable[[str, str], bool] = lambda _viewer, _connection: True
    places: dict[tuple[str, str], Progress] = field(default_factory=dict[tuple[str, str], Progress])
    kept: dict[tuple[str, str, str], KeptMonth] = field(
        default_factory=dict[tuple[str, str, str], KeptMonth]
    )
    writes: int = 0
    dies_at: int | None = None

    def progress(self, viewer: str, connection_id: str, deadline: Deadline) -> Progress | None:
        return self.places.get((viewer, connection_id))

    def put_progress(
        self, viewer: str, connection_id: str, progress: Progress, deadline: Deadline
    ) -> Progress:
        self._written(viewer, connection_id)
        known = self.places.get((viewer, connection_id))
        if (known.version if known else 0) != progress.version:
            raise Conflict("read further meanwhile")
        kept = progress._replace(version=progress.version + 1)
        self.places[viewer, connection_id] = kept
        return kept

    def summaries(
        self, viewer: str, connection_id: str, deadline: Deadline
    ) -> Sequence[KeptSummary]:
        return [
            KeptSummary(month, kept.summary, kept.partial)
            for (who, connection, month), kept in sorted(self.kept.items())
            if (who, connection) == (viewer, connection_id)
        ]

    def month_until(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> str | None:
        found = [kept.month for kept in self.summaries(viewer, connection_id, deadline)]
        return max((one for one in found if one <= month), default=None)

    def month(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> KeptMonth | None:
        return self.kept.get((viewer, connection_id, month))

    def put_month(
        self, viewer: str, connection_id: str, month: str, kept: KeptMonth, deadline: Deadline
    ) -> None:
        self._written(viewer, connection_id)
        known = self.kept.get((viewer, connection_id, month))
        if (known.version if known else 0) != kept.version:
            raise Conflict("written meanwhile")
        self.kept[viewer, connection_id, month] = kept._replace(version=kept.version + 1)

    def forget_history(self, viewer: str, connection_id: str, deadline: Deadline) -> None:
        self.places.pop((viewer, connection_id), None)
        for key in [key for key in self.kept if key[:2] == (viewer, connection_id)]:
            del self.kept[key]

    def _written(self, viewer: str, connection_id: str) -> None:
        if not self.standing(viewer, connection_id):
            raise NotFound("there is no such connection")
        self.writes += 1
        if self.writes == self.dies_at:
            raise Killed


class Killed(BaseException):
    """The process ends here, as by kill -9: nothing catches it."""


@dataclass
class FakeInsights:
    """Insights in memory, as strict as the port says; of viewers who `wanted` says want them.

    `dies_at` is the write at which the process ends, before it is made; `meanwhile` happens once
    before the next one.
    """

    wanted: Callable[[str], bool] = lambda _viewer: True
    kept: dict[str, dict[InsightPart, KeptInsight]] = field(
        default_factory=dict[str, dict[InsightPart, KeptInsight]]
    )
    writes: int = 0
    dies_at: int | None = None
    meanwhile: Callable[[], object] | None = None
    error: HoldingsError | None = None

    def get(self, viewer: str, deadline: Deadline) -> Mapping[InsightPart, KeptInsight]:
        if self.error:
            raise self.error
        return dict(self.kept.get(viewer, {}))

    def put(self, viewer: str, part: InsightPart, kept: KeptInsight, deadline: Deadline) -> None:
        if self.error:
            raise self.error
        if happens := self.meanwhile:
            self.meanwhile = None
            happens()
        self.writes += 1
        if self.writes == self.dies_at:
            raise Killed
        if not self.wanted(viewer):
            raise NotFound("insights are switched off")
        known = self.kept.get(viewer, {}).get(part)
        if known and known.window >= kept.window:
            raise Conflict("insights of this window, or of a later one, are kept already")
        self.kept.setdefault(viewer, {})[part] = kept

    def forget(self, viewer: str, deadline: Deadline) -> None:
        self.kept.pop(viewer, None)


@dataclass
class FakeQueue:
    """What was asked for: viewer, connection, seconds to wait. `error` fails every call."""

    sent: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    error: HoldingsError | None = None

    def send(self, viewer: str, connection_id: str, *, delay_seconds: int = 0) -> None:
        if self.error:
            raise self.error
        self.sent.append((viewer, connection_id, delay_seconds))


@dataclass
class FakeQueues:
    """What was asked for: (job, viewer, connection, window), and waits in `waits`."""

    sent: list[tuple[str, str, str, int | None]] = field(
        default_factory=list[tuple[str, str, str, int | None]]
    )
    waits: list[int] = field(default_factory=list[int])
    error: HoldingsError | None = None

    def send(
        self,
        job: str,
        viewer: str,
        *,
        window: int | None = None,
        connection: str = "",
        delay_seconds: int = 0,
    ) -> None:
        if self.error:
            raise self.error
        self.sent.append((job, viewer, connection, window))
        self.waits.append(delay_seconds)

    def send_all(self, job: str, work: Sequence[Due], window: int) -> None:
        for one in work:
            self.send(job, one.viewer, connection=one.connection, window=window)


@dataclass
class FakeRefresh:
    """Last reads in memory, of the connections of the records that it belongs to."""

    records: "FakeRecords"
    last: dict[tuple[str, str], LastRead] = field(default_factory=dict[tuple[str, str], LastRead])
    left: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def readable(self, viewer: str, deadline: Deadline) -> Readable:
        self.records.called("readable")
        mine = self.records.kept.get(viewer, {})
        return Readable(
            [connection for connection, _ in mine.values()],
            {one: self.last.get((viewer, one), LastRead()) for one in mine},
            partial(self.records.credential, viewer),
        )

    def put_last_read(
        self, viewer: str, connection: Connection, last: LastRead, deadline: Deadline
    ) -> None:
        self.records.called("put_last_read")
        known = self.last.get((viewer, connection.id), LastRead())
        ahead = known.window > deadline.clock.now() + 2 * 86_400
        standing = self.records.kept.get(viewer, {}).get(connection.id)
        if not standing or standing[0].credential_version != connection.credential_version:
            return
        if known.window <= last.window or ahead:
            self.last[viewer, connection.id] = last

    def forget_removed(
        self,
        viewer: str,
        before: int,
        deadline: Deadline,
        first: Callable[[Sequence[str]], None],
    ) -> Sequence[str]:
        self.records.called("forget_removed")
        standing = self.records.kept.get(viewer, {})
        left = self.left.get(viewer, [])
        removed = [one for one in left if one not in standing and made_at(one) < before]
        first(removed)
        self.left[viewer] = [one for one in left if one not in removed]
        return removed


@dataclass
class FakeAlerts:
    """Alerts in memory, as strict as the port says. `dies_at` is a write after which it ends."""

    records: "FakeRecords"
    kept: dict[str, tuple[bytes, int]] = field(default_factory=dict[str, tuple[bytes, int]])
    known: dict[str, tuple[bytes, int]] = field(default_factory=dict[str, tuple[bytes, int]])
    fired: dict[str, dict[str, KeptEvent]] = field(default_factory=dict[str, dict[str, KeptEvent]])
    claimed: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    writes: int = 0
    dies_at: int | None = None

    def rules(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        self.records.called("alerts")
        return self.kept.get(viewer)

    def put_rules(
        self, viewer: str, document: bytes, count: int, seen: int, deadline: Deadline
    ) -> None:
        self.records.called("put_rules")
        if self.kept.get(viewer, (b"", 0))[1] != seen:
            raise Conflict("changed meanwhile")
        self.kept[viewer] = document, seen + 1
        profile = self.records.profiles.get(viewer, Profile(0))
        self.records.profiles[viewer] = profile._replace(alerts=count)
        self._written()

    def states(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        self.records.called("states")
        return self.known.get(viewer)

    def put_states(
        self,
        viewer: str,
        document: bytes,
        seen: int,
        fired: Sequence[KeptEvent],
        expires_at: int,
        deadline: Deadline,
    ) -> None:
        self.records.called("put_states")
        if viewer not in self.kept:
            raise NotFound("there are no alerts")
        if self.known.get(viewer, (b"", 0))[1] != seen:
            raise Conflict("changed meanwhile")
        self.known[viewer] = document, seen + 1
        self.fired.setdefault(viewer, {}).update({one.key: one for one in fired})
        self._written()

    def events(
        self, viewer: str, before: str, limit: int, deadline: Deadline
    ) -> Sequence[KeptEvent]:
        self.records.called("events")
        mine = sorted(self.fired.get(viewer, {}).values(), key=lambda one: one.key, reverse=True)
        return [one for one in mine if not before or one.key < before][:limit]

    def claim(self, viewer: str, key: str, now: int, until: int, deadline: Deadline) -> bool:
        self.records.called("claim")
        event = self.fired.get(viewer, {}).get(key)
        if not event or event.mail != "waiting":
            return False
        if now < self.claimed.get((viewer, key), 0) <= until:
            return False
        self.claimed[viewer, key] = until
        self._written()
        return True

    def mark(self, viewer: str, key: str, mail: str, deadline: Deadline) -> None:
        self.records.called("mark")
        mine = self.fired.get(viewer, {})
        if key in mine:
            mine[key] = mine[key]._replace(mail=mail)
        self._written()

    def _written(self) -> None:
        self.writes += 1
        if self.writes == self.dies_at:
            raise Killed


@dataclass
class FakeRecords:
    """Records in memory, as strict as the port says. `error` fails every call."""

    kept: dict[str, dict[str, tuple[Connection, Credential]]] = field(
        default_factory=dict[str, dict[str, tuple[Connection, Credential]]]
    )
    profiles: dict[str, Profile] = field(default_factory=dict[str, Profile])
    made: dict[tuple[str, str], tuple[str, str]] = field(
        default_factory=dict[tuple[str, str], tuple[str, str]]
    )
    error: HoldingsError | None = None
    calls: list[str] = field(default_factory=list[str])
    history: FakeHistory = field(init=False)
    refresh: FakeRefresh = field(init=False)
    alerts: FakeAlerts = field(init=False)
    insights: FakeInsights = field(init=False)

    def __post_init__(self) -> None:
        self.refresh = FakeRefresh(self)
        self.alerts = FakeAlerts(self)
        self.insights = FakeInsights(
            lambda viewer: viewer in self.profiles and self.profiles[viewer].insights
        )
        self.history = FakeHistory(lambda viewer, one: one in self.kept.get(viewer, {}))

    def profile(self, viewer: str, deadline: Deadline) -> Profile | None:
        self.called("profile")
        return self.profiles.get(viewer)

    def put_profile(
        self, viewer: str, profile: Profile, seen: int | None, deadline: Deadline
    ) -> Profile:
        self.called("put_profile")
        known = self.profiles.get(viewer)
        if seen != (known and known.version):
            raise Conflict("changed meanwhile")
        self.profiles[viewer] = profile._replace(version=(seen or 0) + 1)
        return self.profiles[viewer]

    def connections(self, viewer: str, deadline: Deadline) -> Sequence[Connection]:
        self.called("connections")
        return [connection for connection, _ in self.kept.get(viewer, {}).values()]

    def connection(self, viewer: str, connection_id: str, deadline: Deadline) -> Connection:
        self.called("connection")
        return self._find(viewer, connection_id)[0]

    def replay(self, viewer: str, once: Once, deadline: Deadline) -> str | None:
        self.called("replay")
        made, digest = self.made.get((viewer, once.key), (None, once.digest))
        if digest != once.digest:
            raise Conflict("this Idempotency-Key came with another request")
        return made

    def add(
        self,
        viewer: str,
        connection: Connection,
        credential: Credential,
        once: Once | None,
        deadline: Deadline,
    ) -> None:
        self.called("add")
        mine = self.kept.setdefault(viewer, {})
        if any(known.account == connection.account for known, _ in mine.values()):
            raise Conflict("the account is connected already")
        if len(mine) >= MAX_CONNECTIONS:
            raise TooManyConnections("remove one first")
        mine[connection.id] = connection, credential
        self.profiles.setdefault(viewer, Profile(created_at=connection.created_at))
        if once:
            self.made[viewer, once.key] = connection.id, once.digest

    def change(
        self,
        viewer: str,
        connection: Connection,
        credential: Credential | None,
        deadline: Deadline,
    ) -> Connection:
        self.called("change")
        known, secret = self._find(viewer, connection.id)
        if known.version != connection.version:
            raise Conflict("changed meanwhile")
        changed = connection._replace(version=connection.version + 1)
        if credential:
            changed = changed._replace(credential_version=known.credential_version + 1)
        self.kept[viewer][connection.id] = changed, credential or secret
        return changed

    def remove(self, viewer: str, connection_id: str, seen: int | None, deadline: Deadline) -> None:
        self.called("remove")
        known, _ = self._find(viewer, connection_id)
        if seen not in (None, known.version):
            raise Conflict("changed meanwhile")
        del self.kept[viewer][connection_id]
        self.history.forget_history(viewer, connection_id, deadline)

    def credential(self, viewer: str, connection_id: str, deadline: Deadline) -> Credential:
        self.called("credential")
        return self._find(viewer, connection_id)[1]

    def forget(self, viewer: str, deadline: Deadline) -> Sequence[str]:
        self.called("forget")
        self.profiles.pop(viewer, None)
        self.insights.forget(viewer, deadline)
        return list(self.kept.pop(viewer, {}))

    def called(self, name: str) -> None:
        self.calls.append(name)
        if self.error:
            raise self.error

    def _find(self, viewer: str, connection_id: str) -> tuple[Connection, Credential]:
        try:
            return self.kept[viewer][connection_id]
        except KeyError:
            raise NotFound("there is no such connection") from None


def unmeasured_environ() -> dict[str, str]:
    """For a process whose imports, or whose room on the disk, coverage would change."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def make_v2_event(
    *,
    method: str = "GET",
    path: str = "/holdings",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = CLAIMS,
    request_id: str = "v2-request",
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0; `claims` None leaves the authorizer out."""
    context: dict[str, Any] = {
        "requestId": request_id,
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1",
            "userAgent": "test",
        },
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": ["holdings/read"]}}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.example.com", **(headers or {})},
        "requestContext": context,
        "isBase64Encoded": False,
    }


def make_v1_event(
    *,
    method: str = "GET",
    path: str = "/holdings",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = CLAIMS,
) -> dict[str, Any]:
    """A REST API event, payload 1.0."""
    context: dict[str, Any] = {"requestId": "v1-request", "httpMethod": method, "stage": "prod"}
    if claims is not None:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
        if query
        else None,
        "requestContext": context,
        "body": None,
        "isBase64Encoded": False,
    }


def make_alb_event(
    *, path: str = "/holdings", headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:..."}},
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {},
        "headers": {"host": "alb.example.com", **(headers or {})},
        "body": "",
        "isBase64Encoded": False,
    }
