"""A Coinbase Exchange client that reads accounts: signed, paged, retried, all by a deadline."""

import ssl
from collections.abc import Callable, Mapping

from holdings.adapters.coinbase_exchange.client import CoinbaseClient, Profile, connect
from holdings.adapters.coinbase_exchange.credentials import (
    Credentials,
    parse_credential,
    parse_credentials,
)
from holdings.adapters.exchange_http.client import GivenKey
from holdings.core.clock import Clock
from holdings.core.connections import Credential

__all__ = ["CoinbaseClient", "Credentials", "Kind", "parse_credentials"]


class Kind:
    """Implements `holdings.core.ports.ExchangeKind`."""

    name = "coinbase_exchange"
    has_ledger = True
    scope = ""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
    ) -> None:
        self._http = connect(base_url, clock=clock, user_agent=user_agent, trusted=trusted)

    def parse(self, credential: Mapping[str, object]) -> Credential:
        return parse_credential(credential)

    def key_name(self, credential: Credential) -> str:
        return credential["api_key"]

    def secrets(self, credential: Credential) -> tuple[str, ...]:
        return Credentials.of(credential).texts()

    def open(self, credential: Callable[[bool], Credential]) -> Profile:
        return Profile(self._http, GivenKey(credential, Credentials.of))
