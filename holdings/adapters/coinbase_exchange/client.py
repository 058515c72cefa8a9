"""Reads one Coinbase Exchange profile: every account of it, or which profile it is."""

import random
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from holdings.adapters.coinbase_exchange.credentials import Credentials
from holdings.adapters.coinbase_exchange.replies import (
    parse_page,
    parse_profile,
    parse_time,
    raise_for_error,
)
from holdings.adapters.coinbase_exchange.signing import ExchangeAuth
from holdings.adapters.exchange_http.accounts import Page, all_pages
from holdings.adapters.exchange_http.bounds import Bounds, Server
from holdings.adapters.exchange_http.client import ExchangeHttp, KeySource
from holdings.core.clock import Clock, Deadline, iso
from holdings.core.connections import Probe
from holdings.core.portfolio import Account

if TYPE_CHECKING:
    from holdings.core.history.entries import LedgerPage

_MICROSECONDS = 1_000_000
# A page is at most 1,000 accounts as documented; whoever sends fewer still ends.
MAX_PAGES = 50
_ACCOUNTS = "/accounts"


class CredentialsSource(KeySource[Credentials], Protocol):
    def preload(self) -> None:
        """Get ready to read a key, without reading it."""
        ...


def connect(
    base_url: str,
    *,
    clock: Clock,
    user_agent: str,
    trusted: Callable[[], ssl.SSLContext],
    jitter: Callable[[], float] = random.random,
) -> ExchangeHttp:
    """Return what asks this exchange. `jitter` gives numbers from 0 to 1 that spread retries."""
    server = Server(
        name="Coinbase Exchange",
        setting="CB_BASE_URL",
        base_url=base_url,
        key_remedy="store a valid key, its secret and its passphrase for this environment",
    )
    return ExchangeHttp(
        server,
        clock=clock,
        user_agent=user_agent,
        trusted=trusted,
        time=("/time", parse_time),
        raise_for_error=raise_for_error,
        jitter=jitter,
    )


class Profile:
    """Implements `holdings.core.ports.ProbedExchange` for the one profile that a key shows."""

    def __init__(self, http: ExchangeHttp, credentials: KeySource[Credentials]) -> None:
        self._http = http
        self._credentials = credentials

    def accounts(self, deadline: Deadline) -> list[Account]:
        """Read all pages of GET /accounts, each id once, in bounded time and memory.

        Raises UpstreamError, or what the credentials' source raises.
        """
        return self._http.call(self._credentials, deadline, self._all_pages)

    def probe(self, deadline: Deadline) -> Probe:
        """Read whose accounts a key shows. What else it may do, no endpoint says.

        Raises UpstreamError, or what the credentials' source raises.
        """
        return self._http.call(self._credentials, deadline, self._profile)

    def ledger(
        self, account_id: str, since: int, until: int, cursor: str, deadline: Deadline
    ) -> "LedgerPage":
        """Read one page of an account's entries. Raises as `accounts` does."""
        from holdings.adapters.coinbase_exchange import ledger

        # Without both dates the exchange lists the last day only.
        params = {
            "start_date": iso(since // _MICROSECONDS),
            "end_date": iso(-(-until // _MICROSECONDS)),
            "limit": str(ledger.LIMIT),
        }
        if cursor:
            params["after"] = cursor
        path = f"{_ACCOUNTS}/{quote(account_id, safe='')}/ledger"

        def read(credentials: Credentials, bounds: Bounds) -> "LedgerPage":
            auth = self._auth(credentials)
            return self._http.get(path, params, auth, bounds, ledger.parse_ledger)

        return self._http.call(self._credentials, deadline, read)

    def _all_pages(self, credentials: Credentials, bounds: Bounds) -> list[Account]:
        page = partial(self._page, self._auth(credentials), bounds)
        return all_pages(self._http.server, page, most=MAX_PAGES)

    def _page(self, auth: ExchangeAuth, bounds: Bounds, cursor: str) -> Page:
        params = {"after": cursor} if cursor else {}
        return self._http.get(_ACCOUNTS, params, auth, bounds, parse_page)

    def _profile(self, credentials: Credentials, bounds: Bounds) -> Probe:
        auth = self._auth(credentials)
        profile = self._http.get(_ACCOUNTS, {}, auth, bounds, parse_profile)
        return Probe(account=profile, rights=None)

    def _auth(self, credentials: Credentials) -> ExchangeAuth:
        return ExchangeAuth(credentials, self._http.now)


class CoinbaseClient(Profile):
    """A profile by connections of its own, which can be made ready ahead of the first request."""

    def __init__(
        self,
        base_url: str,
        credentials: CredentialsSource,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` gives numbers from 0 to 1 that spread retries of many clients."""
        http = connect(base_url, clock=clock, user_agent=user_agent, trusted=trusted, jitter=jitter)
        super().__init__(http, credentials)
        self._preloads = (credentials.preload, http.preload)

    def preload(self) -> None:
        """Reach Coinbase once, for what that loads; the connection would not last until used."""
        for preload in self._preloads:
            preload()
