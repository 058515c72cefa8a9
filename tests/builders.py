"""What tests are made of: accounts, settings, events, and fakes at the core's own Protocols."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.errors import CacheUnavailable, HoldingsError
from holdings.core.freshness import CachedSnapshot, Failure, Lease
from holdings.core.portfolio import Account
from holdings.core.ports import Right
from holdings.settings import Settings

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
    return replace(made, **changes)


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


# Where the shared connection's readings are kept, under ENVIRONMENT.
SHARED_PLACE = "reading#demo-user"


@dataclass
class FakeCache:
    """A cache that several services may share; `entry` is the shared connection's last reading."""

    readable: bool = True
    writable: bool = True
    places: dict[str, "FakePlace"] = field(default_factory=dict[str, "FakePlace"])

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
