"""Who holds what at which moment: figures that say whose they are and how old.

Every key has a number. Each of its balances is that number and, behind the point, the version of
the book at which it was read, so that an answer's figures can be held to its `as_of`.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulator import book as simulated
from local.simulator.coinbase_advanced.signing import CdpKey
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.exchange import Exchange, Holder

CURRENCIES = ("BTC", "ETH", "USD")
_DIGITS = 6


def balance(number: int, version: int) -> str:
    return f"{number}.{version:0{_DIGITS}d}1"


def read(text: str) -> tuple[int, int] | None:
    """Return the number and the version of a balance, None for what is none of the book's."""
    whole, _, digits = text.partition(".")
    if not (whole.isdigit() and len(digits) == _DIGITS + 1 and digits[-1] == "1"):
        return None
    return int(whole), int(digits[:-1])


@dataclass
class Book:
    """The accounts of all keys, which change together every `tick` seconds."""

    exchange: Exchange[Credentials]
    advanced: Exchange[CdpKey]
    tick: float = 0.5
    version: int = 0
    _numbers: dict[str, int] = field(default_factory=dict[str, int], init=False)
    # Since when (epoch seconds) each version stood at all keys, and at some.
    _whole: list[float] = field(default_factory=list[float], init=False)
    _begun: list[float] = field(default_factory=list[float], init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        self.turn()

    def add(self, exchange: str, *, past: str = "") -> tuple[int, Mapping[str, Any]]:
        """Open an account; return its number and its key, as POST /connections takes it.

        `past` is an owner of the simulator's whose ledger it has.
        """
        number = len(self._numbers) + 1
        owner = simulated.profile(f"chaos {number}")
        if exchange == "coinbase_exchange":
            key: Any = Credentials.random()
            self.exchange.holders.append(Holder(key, owner, [], owner=past))
        else:
            key = CdpKey.random("EdDSA")
            self.advanced.holders.append(Holder(key, owner, []))
        self._numbers[key.name] = number
        self._write()
        return number, {"exchange": exchange, "credential": key.credential()}

    def turn(self) -> None:
        """Go on to the next version."""
        self._begun.append(time.time())
        self._write()
        self._whole.append(time.time())
        self.version += 1

    def stood(self, version: int, since: float, until: float) -> bool:
        """Whether a version could be read at some moment from `since` to `until`."""
        if not 0 <= version < len(self._begun):
            return False
        over = self._whole[version + 1] if version + 1 < len(self._whole) else until
        return self._begun[version] <= until and over >= since

    def begun(self, version: int) -> float:
        """Return since when a version stood at some key, in epoch seconds."""
        return self._begun[version]

    def start(self) -> None:
        threading.Thread(target=self._go_on, name="book", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _go_on(self) -> None:
        while not self._ended.wait(self.tick):
            self.turn()

    def _write(self) -> None:
        for holders, row in ((self.exchange.holders, _account), (self.advanced.holders, _wallet)):
            for holder in holders:
                if number := self._numbers.get(holder.key.name):
                    text = balance(number, self.version)
                    holder.accounts = [row(holder, currency, text) for currency in CURRENCIES]


def _account(holder: Holder[Any], currency: str, text: str) -> dict[str, object]:
    return {
        "id": simulated.identity(holder.profile_id, currency),
        "currency": currency,
        "balance": text,
        "hold": "0",
        "available": text,
        "profile_id": holder.profile_id,
        "trading_enabled": True,
    }


def _wallet(holder: Holder[Any], currency: str, text: str) -> dict[str, object]:
    return simulated.wallet(currency, text, "0", holder.profile_id)
