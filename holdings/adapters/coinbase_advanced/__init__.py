"""A Coinbase Advanced Trade client that reads accounts by keys of the Developer Platform (CDP).

Nothing else imports `cryptography` and `jwt`: they take longer to load than all of a hit.
"""

import ssl
from collections.abc import Callable, Mapping

from holdings.adapters.coinbase_advanced.client import Portfolio, connect
from holdings.adapters.coinbase_advanced.credential import (
    SigningKey,
    parse_credential,
    secret_texts,
)
from holdings.adapters.exchange_http.client import GivenKey
from holdings.core.clock import Clock
from holdings.core.connections import Credential

__all__ = ["Kind"]


class Kind:
    """Implements `holdings.core.ports.ExchangeKind`."""

    name = "coinbase_advanced"
    has_ledger = False
    # docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/guides/portfolios; that staked funds
    # are in neither figure: ccxt/ccxt#23853.
    scope = (
        "The accounts of the one portfolio that the key was made for, its vault accounts among "
        "them. A balance is available + hold, as Coinbase names no total; what is staked or lent "
        "is in neither."
    )

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
        return credential["name"]

    def secrets(self, credential: Credential) -> tuple[str, ...]:
        return secret_texts(credential)

    def open(self, credential: Callable[[bool], Credential]) -> Portfolio:
        return Portfolio(self._http, GivenKey(credential, SigningKey.of))
