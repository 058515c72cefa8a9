"""Reads one Coinbase Exchange profile: every account of it, or which profile it is."""

import random
import ssl
from collections.abc import Callable
from functools import partial

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
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Probe
from holdings.core.portfolio import Account

# A page is at most 1,000 accounts as documented; whoever sends fewer still ends.
MAX_PAGES = 50
_ACCOUNTS = "/accounts"


class CoinbaseClient:
    """Implements `holdings.core.ports.ProbedExchange`."""

    def __init__(
        self,
        base_url: str,
        credentials: KeySource[Credentials],
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` gives numbers from 0 to 1 that spread retries of many clients."""
        self._http = ExchangeHttp(
            Server(
                name="Coinbase Exchange",
                setting="CB_BASE_URL",
                base_url=base_url,
                key_remedy="store a valid key, its secret and its passphrase for this environment",
            ),
            credentials,
            clock=clock,
            user_agent=user_agent,
            trusted=trusted,
            time=("/time", parse_time),
            raise_for_error=raise_for_error,
            jitter=jitter,
        )

    def accounts(self, deadline: Deadline) -> list[Account]:
        """Read all pages of GET /accounts, each id once, in bounded time and memory.

        Raises UpstreamError, or what the credentials' source raises.
        """
        return self._http.call(deadline, self._all_pages)

    def probe(self, deadline: Deadline) -> Probe:
        """Read whose accounts a key shows. What else it may do, no endpoint says.

        Raises UpstreamError, or what the credentials' source raises.
        """
        return self._http.call(deadline, self._profile)

    def preload(self) -> None:
        """Reach Coinbase once, for what that loads; the connection would not last until used."""
        self._http.preload()

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
