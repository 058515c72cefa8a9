"""Clients that others wrote read balances, told nothing but the address and whom to trust.

That is the best evidence there is, short of Coinbase, that the simulators are faithful.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.request import Request, urlopen

import ccxt
import coinbasepro
import pytest
from coinbase.rest import RESTClient
from coinbasepro.exceptions import InvalidAPIKey, RateLimitError
from requests import HTTPError

from holdings.adapters.coinbase_exchange.market import CoinbaseMarket
from holdings.adapters.demo import MemoryCache
from holdings.core.clock import Clock
from holdings.core.money import round_amount
from holdings.core.price_service import PriceService
from holdings.core.valuation import Valuation
from local.simulator import CdpKey
from local.simulator.ledger import BEGINNING, END, SECOND, history, past

if TYPE_CHECKING:
    from collections.abc import Iterator

AMOUNTS = ("balance", "available", "hold")
CREDENTIALS = ("api_key", "api_secret", "passphrase")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulator") / "state.json"


@dataclass(frozen=True)
class Addresses:
    exchange: str
    advanced: str


@pytest.fixture(scope="module")
def addresses(state: Path) -> Iterator[Addresses]:
    """Where `python -m local.simulator` listens, in a process of its own."""
    ports = {"SIMULATOR_PORT": "0", "SIMULATOR_ADVANCED_PORT": "0"}
    settings = {**ports, "SIMULATOR_STATE": str(state)}
    with subprocess.Popen(
        [sys.executable, "-m", "local.simulator"],
        env=os.environ | settings | {"SIMULATOR_EXIT_WITH_PARENT": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "Ctrl-C stops both.\n"))
            exchange, advanced = re.findall(r"simulator: (\S+)", said)
            yield Addresses(exchange, advanced)
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.fixture
def url(addresses: Addresses) -> str:
    return addresses.exchange


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


API = "/api/v3/brokerage"


@dataclass(frozen=True)
class AdvancedKey:
    """A sample key, the certificate to trust, and what the simulator says it holds."""

    url: str
    name: str
    private_key: str
    authority: Path

    @property
    def host(self) -> str:
        return self.url.removeprefix("https://")


@pytest.fixture(params=["ES256", "EdDSA"])
def advanced_key(request: pytest.FixtureRequest, addresses: Addresses, state: Path) -> AdvancedKey:
    samples = json.loads(state.with_name("sample-keys.json").read_text())
    first, second = (s["credential"] for s in samples if s["exchange"] == "coinbase_advanced")
    key = first if request.param == "ES256" else second
    authority = state.with_name("advanced-ca.pem")
    return AdvancedKey(addresses.advanced, key["name"], key["privateKey"], authority)


@pytest.fixture
def ccxt_advanced(advanced_key: AdvancedKey) -> Any:
    return ccxt_advanced_with(advanced_key, advanced_key.private_key)


def ccxt_advanced_with(key: AdvancedKey, private_key: str) -> Any:
    client: Any = ccxt.coinbase({"apiKey": key.name, "secret": private_key})
    client.urls["api"]["rest"] = key.url
    client.validateServerSsl = str(key.authority)
    client.number = str
    return client


@pytest.fixture
def sdk(advanced_key: AdvancedKey, monkeypatch: pytest.MonkeyPatch) -> RESTClient:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(advanced_key.authority))
    return sdk_with(advanced_key, advanced_key.private_key)


def sdk_with(key: AdvancedKey, private_key: str) -> RESTClient:
    return RESTClient(api_key=key.name, api_secret=private_key, base_url=key.host)


def answer(response: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", response.to_dict())


def sdk_accounts(sdk: RESTClient) -> list[dict[str, Any]]:
    """Every page, as the SDK's own users read them."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = answer(sdk.get_accounts(limit=100, cursor=cursor))
        found += page["accounts"]
        if not page["has_next"]:
            return found
        cursor = page["cursor"]


def test_two_independent_clients_read_the_same_balances_of_advanced_trade(
    ccxt_advanced: Any, sdk: RESTClient
) -> None:
    balances = ccxt_advanced.fetch_balance({"v3": True})
    rows = sdk_accounts(sdk)
    listed = {
        row["uuid"]: (row["available_balance"], row["hold"]) for row in balances["info"]["accounts"]
    }
    assert {row["uuid"]: (row["available_balance"], row["hold"]) for row in rows} == listed
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row["type"] == "ACCOUNT_TYPE_VAULT":
            continue  # which ccxt lists, and adds to no balance
        held = Decimal(row["available_balance"]["value"]) + Decimal(row["hold"]["value"])
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + held
    parsed = {
        currency: Decimal(balances[ccxt_advanced.safe_currency_code(currency)]["total"])
        for currency in sums
    }
    assert parsed == sums


def test_ccxt_reads_markets_and_the_sdk_the_key_s_rights(
    ccxt_advanced: Any, sdk: RESTClient
) -> None:
    markets = ccxt_advanced.load_markets()
    assert markets["BTC/USD"]["active"]
    rights = answer(sdk.get_api_key_permissions())
    assert (rights["can_view"], rights["can_trade"], rights["can_transfer"]) == (True, False, False)
    (portfolio,) = answer(sdk.get_portfolios())["portfolios"]
    assert portfolio["uuid"] == rights["portfolio_uuid"]
    assert int(answer(sdk.get_unix_time())["epoch_seconds"]) > 1_700_000_000


def test_each_client_of_advanced_trade_recognises_a_rejected_key(
    advanced_key: AdvancedKey, sdk: RESTClient, addresses: Addresses
) -> None:
    del sdk, addresses
    another = CdpKey.random("EdDSA").private_key
    with pytest.raises(HTTPError, match=r"401 Client Error: .*Unauthorized"):
        sdk_with(advanced_key, another).get_accounts()
    with pytest.raises(ccxt.AuthenticationError):
        ccxt_advanced_with(advanced_key, another).fetch_accounts()


def test_independent_clients_read_the_market(ccxt_client: Any, coinbasepro_client: Any) -> None:
    markets = {market["id"]: market for market in ccxt_client.fetch_markets()}
    assert markets["BTC-USD"]["active"] is True
    assert markets["MATIC-USD"]["active"] is False
    names = {row["id"]: row["display_name"] for row in coinbasepro_client.get_products()}
    assert names.keys() == markets.keys()
    assert ccxt_client.fetch_currencies()["BTC"]["name"] == "Bitcoin"

    ticker = ccxt_client.fetch_ticker("ETH/USD")
    other = coinbasepro_client.get_product_ticker("ETH-USD")
    candles = ccxt_client.fetch_ohlcv("ETH/USD", "1d", limit=30)
    days = coinbasepro_client.get_product_historic_rates("ETH-USD", granularity=86_400)
    closes = {int(row["time"].timestamp()) * 1_000: row["close"] for row in days}
    last = Decimal(str(candles[-1][4]))
    # A trade may come between two of these.
    for price in (Decimal(ticker["last"]), other["price"], Decimal(str(closes[candles[-1][0]]))):
        assert abs(price / last - 1) < MOVE
    assert Decimal(str(candles[0][4])) == Decimal(str(closes[candles[0][0]]))


def test_ccxt_reads_the_past_as_it_was_written(ccxt_client: Any) -> None:
    since, until = BEGINNING * 1_000, END * 1_000
    for code in ("ETH", "USDC"):
        rows = ccxt_client.fetch_ledger(code, since, 1_000, {"until": until})
        found = [(row["id"], Decimal(row["info"]["amount"]), row["timestamp"]) for row in rows]
        assert found == [
            (str(one.id), one.amount, one.at // 1_000) for one in history("default")[code]
        ]
        after = [Decimal(row["info"]["balance"]) for row in rows]
        assert after == [one.balance for one in history("default")[code]]
    trades = ccxt_client.fetch_my_trades("ETH/USD", since, 1_000)
    fills = [fill for fill in past("default").fills if fill.book == "ETH-USD"]
    assert {(row["id"], Decimal(row["info"]["price"]), row["side"]) for row in trades} == {
        (str(fill.trade_id), fill.price, fill.side) for fill in fills
    }


def test_ccxt_reads_candles_around_the_trades_of_the_past(ccxt_client: Any) -> None:
    fills = [fill for fill in past("default").fills if fill.book == "ETH-USD"]
    days: dict[int, list[str]] = {}
    for day in range(BEGINNING, END, 300 * 86_400):
        rows = ccxt_client.fetch_ohlcv("ETH/USD", "1d", day * 1_000, 300)
        days |= {int(row[0]) // 1_000: row for row in rows}
    assert len(days) >= (END - BEGINNING) // 86_400
    for fill in fills:
        _, _, high, low, _, _ = days[fill.at // SECOND // 86_400 * 86_400]
        # Its last trade may be of the day before.
        assert Decimal(low) * (1 - MOVE) <= fill.price <= Decimal(high) * (1 + MOVE)


# What a price here moves between two trades, and with them two of these requests, at most.
MOVE = Decimal("0.005")
DAY_MS = 86_400_000


def test_a_portfolio_is_worth_what_it_is_by_another_clients_tickers(
    url: str, ccxt_client: Any
) -> None:
    totals = ccxt_client.fetch_balance()["total"]
    rounded = {code: round_amount(Decimal(amount)) for code, amount in totals.items()}
    held = {code: amount for code, amount in rounded.items() if amount}
    clock = Clock()
    service = PriceService(
        market=lambda: CoinbaseMarket(
            url, url, clock=clock, user_agent="holdings/test", trusted=ssl.create_default_context
        ),
        cache=MemoryCache(),
        clock=clock,
        cooldown=10,
    )
    rows = [{"currency": code, "balance": f"{amount:f}"} for code, amount in held.items()]
    for currency in ("USD", "EUR"):
        valued = Valuation(service.of(held, currency), currency).document(rows)
        ours = {one["currency"]: one["value"] for one in valued["holdings"]}
        assert ours["QX7"] is None
        theirs = {code: _worth(ccxt_client, code, currency) for code in ours if ours[code]}
        for code, price in theirs.items():
            worth = held[code] * price
            assert abs(Decimal(ours[code]) - worth) <= worth * MOVE + Decimal("1e-12"), code
        total = sum(held[code] * price for code, price in theirs.items())
        assert abs(Decimal(valued["value"]["amount"]) / total - 1) < MOVE


def _worth(client: Any, code: str, currency: str) -> Decimal:
    """By tickers alone, over bitcoin where there is no other way."""
    if code == currency:
        return Decimal(1)
    if f"{code}/{currency}" in client.markets:
        ticker = client.fetch_ticker(f"{code}/{currency}")
        quiet = client.milliseconds() - ticker["timestamp"] > DAY_MS
        if not quiet or currency == "USD":
            return Decimal(ticker["last"])
    if code in ("USD", "EUR"):
        return _worth(client, "BTC", currency) / _worth(client, "BTC", code)
    if code == "USDC":
        return _worth(client, "USD", currency)
    through = "USD" if f"{code}/USD" in client.markets else "BTC"
    return _worth(client, code, through) * _worth(client, through, currency)
