"""A Coinbase Exchange client that reads accounts: signed, paged, retried, all by a deadline."""

from holdings.adapters.coinbase_exchange.client import CoinbaseClient
from holdings.adapters.coinbase_exchange.credentials import Credentials, parse_credentials

__all__ = ["CoinbaseClient", "Credentials", "parse_credentials"]
