"""What insights are made of: plain values, gathered once for a viewer and a window."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from holdings.core.fiat import FIAT

# What an exchange calls an asset, or why it failed, may be longer: the rest of it is not kept.
LONGEST_CODE = 64

# Made to follow one unit of a fiat currency, whichever that is.
STABLECOINS = frozenset(
    {
        *("USDC", "USDT", "DAI", "USDS", "PYUSD", "GUSD", "PAX", "USDP", "BUSD", "TUSD", "FDUSD"),
        *("RLUSD", "USD1", "USDG", "LUSD", "SUSD", "EURC", "EURT", "XSGD", "GYEN"),
    }
)


def is_cash(currency: str) -> bool:
    return currency in FIAT


def is_stablecoin(currency: str) -> bool:
    return currency in STABLECOINS


class HeldAsset(NamedTuple):
    """What there is of an asset at the end of a day, above zero; no value where it has no price."""

    currency: str
    balance: Decimal
    value: Decimal | None


class DayFacts(NamedTuple):
    """A day since the epoch, at its end.

    `known` is whether every connection's balances are. `value` is the sum of what has a price, and
    None where nothing has. `deposits` and `withdrawals` are in the currency, None where one of them
    has no price.
    """

    day: int
    value: Decimal | None
    known: bool
    deposits: Decimal | None
    withdrawals: Decimal | None
    assets: Sequence[HeldAsset]

    @property
    def covered(self) -> bool:
        return self.known and self.value is not None

    @property
    def unpriced(self) -> frozenset[str]:
        return frozenset(asset.currency for asset in self.assets if asset.value is None)


class EntryCount(NamedTuple):
    """How many entries of a kind a day has."""

    day: int
    kind: str
    entries: int


class HoldingNow(NamedTuple):
    """A line of the last answer; `status` and `reason` are those of its price."""

    currency: str
    balance: Decimal
    hold: Decimal
    value: Decimal | None
    status: str
    reason: str | None


class SourceNow(NamedTuple):
    """When a connection was last read (epoch seconds), and the code of why not since."""

    connection_id: str
    as_of: int | None = None
    code: str | None = None


class Reading(NamedTuple):
    """The last answer that the viewer was given, of the viewer's own connections alone."""

    as_of: int
    holdings: Sequence[HoldingNow]


class Hold(NamedTuple):
    """What was held back of an asset in every reading since `since`: at least `least`.

    `since` and `seen`, the last reading's, are windows.
    """

    currency: str
    least: Decimal
    since: int
    seen: int


class Mismatch(NamedTuple):
    """Where a connection's ledger does not add up; `reason` is one of days.REASONS."""

    currency: str
    reason: str
    ledger: Decimal
    reading: Decimal


class ConnectionFacts(NamedTuple):
    """A connection without its secrets. `rights` is None where the exchange does not report them.

    `error` is the code of why its key or its past could not be read.
    """

    id: str
    label: str
    status: str
    rights: Sequence[str] | None = None
    error: str | None = None
    mismatches: Sequence[Mismatch] = ()


class Facts(NamedTuple):
    """All of it. `window` is epoch seconds; days are UTC's, oldest first, the last one before it.

    `active` are days on which a balance changed. `flows_known` is whether every connection says
    what came in and went out; one without a ledger does not. `holds` are what the features before
    these knew.
    """

    window: int
    currency: str
    days: Sequence[DayFacts] = ()
    active: frozenset[int] = frozenset()
    entries: Sequence[EntryCount] = ()
    flows_known: bool = True
    reading: Reading | None = None
    connections: Sequence[ConnectionFacts] = ()
    sources: Sequence[SourceNow] = ()
    holds: Sequence[Hold] = ()

    @property
    def last_day(self) -> int:
        """The last day that was over."""
        return self.window // 86_400 - 1
