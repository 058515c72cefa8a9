"""A Coinbase Exchange client that reads accounts: signed, paged, retried, all by a deadline."""

import ssl
from collections.abc import Callable, Mapping

from holdings.adapters.coinbase_exchange.client import CoinbaseClient
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
    scope = ""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._user_agent = user_agent
        self._trusted = trusted

    def parse(self, credential: Mapping[str, object]) -> Credential:
        return parse_credential(credential)

    def key_name(self, credential: Credential) -> str:
        return credential["api_key"]

    def secrets(self, credential: Credential) -> tuple[str, ...]:
        return Credentials.of(credential).texts()

    def open(self, credential: Callable[[bool], Credential]) -> CoinbaseClient:
        return CoinbaseClient(
            self._base_url,
            GivenKey(credential, Credentials.of),
            clock=self._clock,
            user_agent=self._user_agent,
            trusted=self._trusted,
        )
