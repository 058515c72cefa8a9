"""Reads the portfolio of one Coinbase Advanced Trade key: its accounts, or what the key may do."""

import random
import ssl
from collections.abc import Callable
from functools import partial

from holdings.adapters.coinbase_advanced.credential import SigningKey
from holdings.adapters.coinbase_advanced.replies import (
    parse_page,
    parse_permissions,
    parse_time,
    raise_for_error,
)
from holdings.adapters.coinbase_advanced.signing import AdvancedAuth
from holdings.adapters.exchange_http.accounts import Page, all_pages
from holdings.adapters.exchange_http.bounds import Bounds, Server
from holdings.adapters.exchange_http.client import ExchangeHttp, KeySource
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Probe
from holdings.core.portfolio import Account

# The most that the exchange lists at once, and as many pages as 20,000 accounts are.
PAGE_SIZE = 250
MAX_PAGES = 80
_API = "/api/v3/brokerage"


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
        name="Coinbase Advanced Trade",
        setting="CB_ADVANCED_URL",
        base_url=base_url,
        key_remedy=(
            "replace it by one that exists at portal.cdp.coinbase.com, made with ECDSA if this one "
            "is Ed25519"
        ),
    )
    return ExchangeHttp(
        server,
        clock=clock,
        user_agent=user_agent,
        trusted=trusted,
        time=(f"{_API}/time", parse_time),
        raise_for_error=raise_for_error,
        jitter=jitter,
    )


class Portfolio:
    """Implements `holdings.core.ports.ProbedExchange` for the one portfolio that a key is for.

    A valid token is refused now and then: a rejection is answered once with a fresh one, by the
    key read anew.
    """

    def __init__(self, http: ExchangeHttp, keys: KeySource[SigningKey]) -> None:
        self._http = http
        self._keys = keys

    def accounts(self, deadline: Deadline) -> list[Account]:
        """Read all pages of GET /accounts, each uuid once, in bounded time and memory.

        Raises UpstreamError.
        """
        return self._http.call(self._keys, deadline, self._all_pages)

    def probe(self, deadline: Deadline) -> Probe:
        """Read GET /key_permissions. Raises UpstreamError, also where the key may not view."""
        return self._http.call(self._keys, deadline, self._permissions)

    def _all_pages(self, key: SigningKey, bounds: Bounds) -> list[Account]:
        page = partial(self._page, AdvancedAuth(key, self._http.now), bounds)
        return all_pages(self._http.server, page, most=MAX_PAGES)

    def _page(self, auth: AdvancedAuth, bounds: Bounds, cursor: str) -> Page:
        params = {"limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {})
        return self._http.get(f"{_API}/accounts", params, auth, bounds, parse_page)

    def _permissions(self, key: SigningKey, bounds: Bounds) -> Probe:
        auth = AdvancedAuth(key, self._http.now)
        return self._http.get(f"{_API}/key_permissions", {}, auth, bounds, parse_permissions)
