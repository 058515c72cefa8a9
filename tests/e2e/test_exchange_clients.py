"""Clients that others wrote for Coinbase Exchange read balances, told nothing but the address.

That is the best evidence there is, short of Coinbase, that the simulator is faithful.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.request import Request, urlopen

import ccxt
import coinbasepro
import pytest
from coinbasepro.exceptions import InvalidAPIKey, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

AMOUNTS = ("balance", "available", "hold")
CREDENTIALS = ("api_key", "api_secret", "passphrase")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulator") / "state.json"


@pytest.fixture(scope="module")
def url(state: Path) -> Iterator[str]:
    """Where `python -m local.simulator` listens, in a process of its own."""
    settings = {"SIMULATOR_PORT": "0", "SIMULATOR_STATE": str(state)}
    with subprocess.Popen(
        [sys.executable, "-m", "local.simulator"],
        env=os.environ | settings | {"SIMULATOR_EXIT_WITH_PARENT": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.fixture
def credentials(url: str, state: Path) -> tuple[str, str, str]:
    del url  # Only a running simulator has written them.
    kept: dict[str, str] = json.loads(state.read_text())
    api_key, api_secret, passphrase = (kept[name] for name in CREDENTIALS)
    return api_key, api_secret, passphrase


@pytest.fixture
def ccxt_client(url: str, credentials: tuple[str, str, str]) -> Any:
    return ccxt_with(url, *credentials)


@pytest.fixture
def coinbasepro_client(url: str, credentials: tuple[str, str, str]) -> Any:
    api_key, secret, passphrase = credentials
    return coinbasepro.AuthenticatedClient(api_key, secret, passphrase, api_url=url)


def ccxt_with(url: str, api_key: str, secret: str, passphrase: str) -> Any:
    client: Any = ccxt.coinbaseexchange(
        {"apiKey": api_key, "secret": secret, "password": passphrase}
    )
    client.urls["api"] = {"public": url, "private": url}
    # A setting of ccxt's own: amounts as text, where its default is floats.
    client.number = str
    return client


def inject(url: str, **fault: object) -> None:
    order = Request(f"{url}/_simulator/faults", json.dumps(fault).encode(), method="PUT")  # noqa: S310 - our own address
    with urlopen(order, timeout=60) as reply:  # noqa: S310 - our own address
        assert reply.status == 200


def test_two_independent_clients_read_the_same_balances(
    ccxt_client: Any, coinbasepro_client: Any
) -> None:
    balances = ccxt_client.fetch_balance()
    accounts = cast("list[dict[str, Any]]", coinbasepro_client.get_accounts())
    assert len(accounts) == 204
    assert [tuple(row[name] for name in ("id", "currency", *AMOUNTS)) for row in accounts] == [
        (row["id"], row["currency"], *(Decimal(row[name]) for name in AMOUNTS))
        for row in cast("list[dict[str, str]]", balances["info"])
    ]
    for row in accounts:
        parsed = balances[ccxt_client.safe_currency_code(row["currency"])]
        for name, ccxt_name in zip(AMOUNTS, ("total", "free", "used"), strict=True):
            assert Decimal(parsed[ccxt_name]) == row[name]


def test_the_figures_are_the_ones_that_the_account_holds(
    ccxt_client: Any, coinbasepro_client: Any
) -> None:
    bitcoin = ccxt_client.fetch_balance()["BTC"]
    assert bitcoin == {"free": "1.2", "used": "0.034567890123", "total": "1.2345678901230000"}
    by_currency = {row["currency"]: row for row in coinbasepro_client.get_accounts()}
    assert by_currency["BTC"]["hold"] == Decimal("0.034567890123")
    assert by_currency["SHIB"]["balance"] == Decimal("123456789012345678.1234567890123456")


def test_ccxt_reads_markets_currencies_and_the_time(ccxt_client: Any) -> None:
    markets = ccxt_client.load_markets()
    assert markets["BTC/USD"]["active"]
    assert ccxt_client.currencies["BTC"]["active"]
    assert ccxt_client.fetch_time() > 1_700_000_000_000


def test_each_client_recognises_a_rejected_key(url: str, credentials: tuple[str, str, str]) -> None:
    _, secret, passphrase = credentials
    other = coinbasepro.AuthenticatedClient("another", secret, passphrase, api_url=url)
    with pytest.raises(InvalidAPIKey, match="Invalid API Key"):
        other.get_accounts()
    with pytest.raises(ccxt.AuthenticationError, match="Invalid API Key"):
        ccxt_with(url, "another", secret, passphrase).fetch_balance()


def test_each_client_recognises_a_rate_limit(
    url: str, ccxt_client: Any, coinbasepro_client: Any
) -> None:
    inject(url, fault="rate_limited", times=2)
    with pytest.raises(RateLimitError, match="Private rate limit exceeded"):
        coinbasepro_client.get_accounts()
    with pytest.raises(ccxt.RateLimitExceeded, match="Private rate limit exceeded"):
        ccxt_client.fetch_balance()
    assert len(coinbasepro_client.get_accounts()) == 204
