"""The market that the simulated exchanges show: one book of trades that moves, the same each run.

Every trade is a function of its book and its number alone, so that the last one of any moment is
known without those before it, and ticker, stats and candles are made of the same trades. What an
asset is worth is a sum of waves around its usual price; books across currencies quote the ratio.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from typing import Literal, get_args

from local.simulator.book import FIAT, KNOWN

State = Literal["online", "offline", "delisted", "auction", "quiet", "missing", "empty"]
STATES: tuple[State, ...] = get_args(State)

DAY = 86_400
GRANULARITIES = (60, 300, 900, 3_600, 21_600, DAY)
MOST_CANDLES = 300
# Trades differ from what the assets are worth at that moment by at most this.
SPREAD = 0.0004
STOPPED: dict[State, int] = {"quiet": 1_790_769_600, "delisted": 1_760_313_600}
"""When those stopped being traded that are quiet or delisted: 2026-09-30 and 2025-10-13."""
_SECOND = 1_000  # moments of trades are whole milliseconds
_SMALLEST = Decimal("1e-8")
_LIQUID = ("BTC", "ETH", "SOL")

# What one is worth in USD, usually; others are between a cent and 20 dollars.
_WORTH = {
    "USD": 1.0,
    "USDC": 1.0,
    "USDT": 0.9996,
    "EUR": 1.09,
    "GBP": 1.28,
    "BTC": 64_000.0,
    "ETH": 3_100.0,
    "SOL": 148.0,
    "DOGE": 0.16,
    "ADA": 0.45,
    "LINK": 14.2,
    "SHIB": 0.000018,
    "DOT": 6.4,
    "MATIC": 0.52,
    "XLM": 0.11,
    "PEPE": 0.0000082,
    "DAI": 0.9999,
    "BONK": 0.000021,
    "LTC": 84.0,
    "BCH": 420.0,
    "AAVE": 96.0,
    "MKR": 2_600.0,
}
_STEADY = {"USD": 0.0, "USDC": 0.0, "USDT": 0.01, "DAI": 0.02, "EUR": 0.1, "GBP": 0.1}

NAMES = {
    **FIAT,
    "BTC": "Bitcoin",
    "ETH": "Ether",
    "SOL": "Solana",
    "DOGE": "Dogecoin",
    "ADA": "Cardano",
    "LINK": "Chainlink",
    "SHIB": "Shiba Inu",
    "DOT": "Polkadot",
    "MATIC": "Polygon",
    "USDC": "USD Coin",
    "USDT": "Tether",
    "XLM": "Stellar Lumens",
    "LTC": "Litecoin",
}
"""Whose names differ from their codes."""

# Fiat currencies that have no book here: how much of it a USD is.
_RATES = {
    "JPY": "151.2",
    "CHF": "0.88",
    "CAD": "1.37",
    "AUD": "1.52",
    "SEK": "10.5",
    "NOK": "10.9",
    "DKK": "6.85",
    "PLN": "3.95",
    "CZK": "23.3",
    "INR": "83.4",
    "BRL": "5.1",
    "MXN": "17.0",
    "SGD": "1.35",
    "HKD": "7.82",
    "KRW": "1370",
    "TRY": "32.5",
    "ZAR": "18.7",
    "NZD": "1.66",
}


@dataclass(frozen=True, slots=True)
class Trade:
    """`at` is epoch milliseconds."""

    number: int
    at: int
    price: Decimal
    size: Decimal


@dataclass(slots=True)
class Market:
    """`states` are those of books that differ from what they begin with."""

    states: dict[str, State] = field(default_factory=dict[str, State])

    def state(self, book: str) -> State:
        return self.states.get(book) or STATES_AT_FIRST.get(book, "online")

    def last(self, book: str, now: float) -> Trade:
        """Return the last trade until `now`, in epoch seconds."""
        until = int(_until(self.state(book), now) * _SECOND)
        gap = _gap(book)
        trade = _trade(book, until // gap)
        return trade if trade.at <= until else _trade(book, until // gap - 1)

    def trades(
        self, book: str, start: float, end: float, now: float | None = None
    ) -> Iterator[Trade]:
        """Yield those at or after `start` and before `end`, in epoch seconds, oldest first.

        `now` is when they are asked for, if that is not `end`: what has stopped was traded before.
        """
        for number in self._numbers(book, start, end, now or end):
            yield _trade(book, number)

    def _numbers(self, book: str, start: float, end: float, now: float) -> range:
        """Which trades were at or after `start` and before `end`."""
        first, last = int(start * _SECOND) // _gap(book), int(end * _SECOND) // _gap(book)
        first += _trade(book, first).at < start * _SECOND
        last -= _trade(book, last).at >= end * _SECOND
        return range(first, min(last, self.last(book, now).number) + 1)

    def stats(self, book: str, now: float) -> dict[str, object]:
        """One book's in the shape of GET /products/stats."""
        if self.state(book) == "empty":
            return {}
        trades = list(self.trades(book, now - DAY, now))
        prices = [trade.price for trade in trades or [self.last(book, now)]]
        volume = sum((trade.size for trade in trades), Decimal())
        return {
            "stats_30day": {"volume": f"{30 * volume:f}"},
            "stats_24hour": {
                "open": f"{prices[0]:f}",
                "high": f"{max(prices):f}",
                "low": f"{min(prices):f}",
                "last": f"{prices[-1]:f}",
                "volume": f"{volume:f}",
            },
        }

    def candles(
        self, book: str, granularity: int, start: float, end: float, now: float | None = None
    ) -> list[list[float]]:
        """[time, low, high, open, close, volume] of each interval with trades, newest first."""
        begin = int(start // granularity * granularity)
        rows: list[list[float]] = []
        for bucket in reversed(range(begin, math.ceil(end), granularity)):
            numbers = self._numbers(book, bucket, min(bucket + granularity, end), now or end)
            if numbers:
                rows.append([bucket, *_candle(book, numbers)])
        return rows

    def rates(self, now: float) -> dict[str, str]:
        """What a USD is in each fiat currency and, frozen as in the wild, in some coins."""
        crossed = {code: f"{1 / worth(code, now):.6f}" for code in FIAT if code != "USD"}
        coins = {code: f"{1 / _usual(code):.12f}" for code in ("BTC", "ETH", "DOGE")}
        return {"USD": "1", **_RATES, **crossed, **coins}


def _until(state: State, now: float) -> float:
    """Until when there were trades: whatever the clock, what has stopped has long done so."""
    stopped = STOPPED.get(state, now)
    return stopped if stopped <= now else (now - 8 * DAY) // (30 * DAY) * 30 * DAY


def _books() -> dict[str, State]:
    """Every book, and the state that it begins in."""
    odd: dict[str, State] = {
        "LINK-USD": "quiet",
        "MATIC-USD": "delisted",
        "MATIC-EUR": "delisted",
        "AXL-USD": "missing",
        "AXS-USD": "empty",
        "BADGER-USD": "offline",
        "ALICE-USD": "auction",
        "SOL-EUR": "quiet",
    }
    across = ["DOT-BTC", "ETH-BTC", "SOL-ETH", "DOGE-BTC", "USDC-EUR", "USDC-GBP"]
    across += [f"{coin}-{fiat}" for fiat in ("EUR", "GBP") for coin in ("BTC", "ETH", "ADA")]
    across += ["DOGE-EUR", "BTC-USDT", "ETH-USDT", "USDT-USD", "USDT-EUR", "BTC-USDC"]
    elsewhere = {*FIAT, "USDC", "USDT", "DOT", "SHIB"}
    coins = [f"{code}-USD" for code in KNOWN if code not in elsewhere]
    return {book: odd.get(book, "online") for book in dict.fromkeys([*coins, *across, *odd])}


STATES_AT_FIRST = _books()


def _draws(words: str) -> tuple[float, float, float]:
    """Three numbers from 0 to 1, the same for the same words."""
    digest = sha256(words.encode()).digest()
    number = int.from_bytes(digest[:18])
    return (number >> 96) / 2**48, (number >> 48) % 2**48 / 2**48, number % 2**48 / 2**48


# Years, months, days and hours: no faster, so that books that trade apart stay together.
_WAVES = ((700 * DAY, 0.5), (83 * DAY, 0.15), (9 * DAY, 0.04), (DAY, 0.012), (5_400, 0.001))


@cache
def _waves(code: str) -> tuple[tuple[float, float, float], ...]:
    """What an asset's worth is the sum of: turns a second, phase, height."""
    steady = _STEADY.get(code, 1.0)
    if not steady:
        return ()
    return tuple(
        (2 * math.pi / length, 2 * math.pi * _draws(f"phase/{code}/{length}")[0], steady * height)
        for length, height in _WAVES
    )


@cache
def _usual(code: str) -> float:
    return _WORTH.get(code) or 0.01 * 2_000 ** _draws(f"worth/{code}")[0]


def worth(code: str, at: float) -> float:
    """What one is worth in USD at a moment, in epoch seconds."""
    waves = [height * math.sin(turns * at + phase) for turns, phase, height in _waves(code)]
    return _usual(code) * math.exp(sum(waves))


@cache
def increment(book: str) -> Decimal:
    """The step of a book's prices: five digits of what is usual, and at least cents."""
    base, quote = book.split("-")
    usual = _usual(base) / _usual(quote)
    return Decimal(1).scaleb(-max(2, 5 - math.floor(math.log10(usual))))


@cache
def _about(book: str) -> tuple[str, str, int]:
    """Base, quote, and milliseconds from trade to trade, more or less."""
    base, quote = book.split("-")
    liquid = base in _LIQUID and quote in FIAT
    gap = 450 if liquid else 1_800 + int(1_800 * _draws(f"gap/{book}")[0])
    return base, quote, gap * _SECOND


def _gap(book: str) -> int:
    return _about(book)[2]


@lru_cache(maxsize=400_000)
def _trade(book: str, number: int) -> Trade:
    at, price, size = _drawn(book, number)
    return Trade(number, at, _in_steps(book, price), Decimal(size).quantize(_SMALLEST))


@lru_cache(maxsize=50_000)
def _candle(book: str, numbers: range) -> tuple[float, float, float, float, float]:
    """Low, high, open, close and volume of some trades: only these prices are put in steps.

    A day of a liquid book has 192 trades, and 300 days of them may be asked for at once.
    """
    trades = [_drawn(book, number) for number in numbers]
    prices = [price for _, price, _ in trades]
    low, high, first, last = (
        float(_in_steps(book, price)) for price in (min(prices), max(prices), prices[0], prices[-1])
    )
    return low, high, first, last, round(math.fsum(size for _, _, size in trades), 8)


def _drawn(book: str, number: int) -> tuple[int, float, float]:
    """A trade's moment in epoch milliseconds, its price before it is put in steps, its size."""
    base, quote, gap = _about(book)
    moment, off, much = _draws(f"{book}/{number}")
    at = number * gap + int(gap * moment)
    fair = worth(base, at / _SECOND) / worth(quote, at / _SECOND)
    return at, fair * (1 + SPREAD * (2 * off - 1)), round(100 * (1 + much) / _usual(base), 8)


def _in_steps(book: str, price: float) -> Decimal:
    step = increment(book)
    return max(step, Decimal(price).quantize(step))
