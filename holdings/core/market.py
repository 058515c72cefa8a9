"""What an exchange's public market data says: its books, its assets, and what was last paid."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

# A price beyond these is nobody's: 1 BTC in the least of currencies is some 10^10 of it.
LOWEST_PRICE = Decimal("1e-18")
HIGHEST_PRICE = Decimal("1e15")

BookState = Literal["open", "delisted", "closed"]


class Book(NamedTuple):
    """A product of an exchange: its price is what one `base` costs in `quote`.

    Only an `open` one may price anything. A `delisted` one had a last price; what is `closed` is
    not traded now, or is no price of the base: an auction, an alias of another book.
    """

    id: str
    base: str
    quote: str
    state: BookState


class Asset(NamedTuple):
    """A currency as the exchange lists it. `name` is for people: "Bitcoin"."""

    code: str
    name: str
    fiat: bool


class Listing(NamedTuple):
    """What there is to trade, which changes by the day."""

    books: tuple[Book, ...]
    assets: tuple[Asset, ...]


class DayStats(NamedTuple):
    """A book's last 24 hours. None is what the exchange did not say, or what cannot be true.

    `last` is within LOWEST_PRICE and HIGHEST_PRICE, as is `open`; `traded` says whether there was
    any trade in them.
    """

    last: Decimal | None
    open: Decimal | None
    traded: bool


class Trade(NamedTuple):
    """The last trade of a book: its price and its moment in epoch seconds."""

    price: Decimal
    at: int


class FiatRates(NamedTuple):
    """How much of each currency one unit of `of` is; none of them within reason is left out."""

    of: str
    rates: Mapping[str, Decimal] = MappingProxyType({})
