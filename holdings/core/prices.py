"""What one unit of an asset is worth in another, over which route, and how far to trust it.

A price comes from at most two hops, each a book's last price, the par of USDC and USD, or a cross
of two fiat currencies. Nothing here reads anything: what would make a price better is named in its
`asks`, for who can.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from holdings.core.fiat import FIAT
from holdings.core.money import EXACT, round_amount
from holdings.core.snapshot import Notice

if TYPE_CHECKING:
    from holdings.core.market import Trade

Status = Literal["live", "quiet", "stale", "par", "routed", "delisted", "unpriced"]
Reason = Literal["no_market", "feed_failed", "rate_limited"]

# Over which a price is looked for where there is no book of the two, in this order.
_THROUGH = ("USD", "USDC", "USDT", "BTC", "EUR", "GBP")
_PAR = {"USD", "USDC"}
_DAY_SECONDS = 86_400

RATES = "rates"

_ONE = Decimal(1)
# A quotient's digits, of which 12 decimals are shown; products before it are exact.
_QUOTIENT = Context(prec=100, rounding=ROUND_FLOOR)


class Price(NamedTuple):
    """What one unit is worth, cut to 12 decimals; None where nobody knows.

    `open` is the same 24 hours before. `as_of` is epoch seconds, None where the moment of the last
    trade is not known. `reason` says why an `unpriced` one has none. `asks` are ids of books, or
    RATES, that might say more.
    """

    amount: Decimal | None
    status: Status
    route: tuple[str, ...] = ()
    as_of: int | None = None
    open: Decimal | None = None
    reason: Reason | None = None
    asks: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a holding is valued by it: a delisted asset's last price is only shown."""
        return self.amount is not None and self.status != "delisted"


class Quote(NamedTuple):
    """What a book's last 24 hours say, as the `prices` document has it."""

    last: Decimal | None
    open: Decimal | None
    traded: bool


class Rates(NamedTuple):
    """What a USD is in each fiat currency, as of epoch seconds; `stale` if nothing newer came."""

    rates: Mapping[str, Decimal]
    as_of: int
    stale: bool


class _Ratio(NamedTuple):
    """A rate before it is divided, so that 3000 / 150 is 20."""

    above: Decimal
    below: Decimal = _ONE

    def times(self, other: "_Ratio") -> "_Ratio":
        return _Ratio(
            EXACT.multiply(self.above, other.above), EXACT.multiply(self.below, other.below)
        )

    def inverse(self) -> "_Ratio":
        return _Ratio(self.below, self.above)

    def divided(self) -> Decimal:
        return round_amount(_QUOTIENT.divide(self.above, self.below))


class _Hop(NamedTuple):
    """What one unit of the first is in the second: its `rate`, now and 24 hours before."""

    name: str
    rate: _Ratio
    open: _Ratio | None
    as_of: int | None
    kind: Literal["book", "cross", "par", "rates"]
    quiet: bool = False
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prices:
    """Every book's last price, as of epoch seconds, and what else was read for those asked for.

    `failure` is why nothing is known of the books, `stale` why nothing newer is; `trades` has the
    last trades that were read, None of a book where there is none known, `rates` what a USD is in
    each fiat currency. `missed` has why one of `asks` could not be read.
    """

    quotes: Mapping[str, Quote]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    coins: frozenset[str] = frozenset()
    delisted: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    as_of: int | None = None
    expires_at: int | None = None
    stale: Notice | None = None
    failure: Notice | None = None
    trades: "Mapping[str, Trade | None]" = field(default_factory=dict[str, "Trade | None"])
    rates: Mapping[str, Decimal] | None = None
    rates_as_of: int | None = None
    rates_stale: bool = False
    missed: Mapping[str, Notice] = field(default_factory=dict[str, Notice])
    now: int = 0
    _hops: dict[tuple[str, str], _Hop | None] = field(
        default_factory=dict[tuple[str, str], "_Hop | None"], compare=False, repr=False
    )
    _prices: dict[tuple[str, str], Price] = field(
        default_factory=dict[tuple[str, str], Price], compare=False, repr=False
    )

    def with_answers(
        self,
        trades: "Mapping[str, Trade | None]",
        rates: "Rates | None",
        missed: Mapping[str, Notice],
    ) -> "Prices":
        """Return these prices with what has been read of their `asks`."""
        return replace(
            self,
            trades={**self.trades, **trades},
            rates=rates.rates if rates else self.rates,
            rates_as_of=rates.as_of if rates else self.rates_as_of,
            rates_stale=rates.stale if rates else self.rates_stale,
            missed={**self.missed, **missed},
            _hops={},
            _prices={},
        )

    def name(self, code: str) -> str | None:
        return self.names.get(code)

    def known(self) -> list[str]:
        """Return every currency that a value may be asked for in, sorted."""
        books = {code for book in self.quotes for code in book.rsplit("-", 1)}
        fiat = {code for code in self.rates or () if self._is_fiat(code)}
        return sorted(books | fiat | {"USD"})

    def price(self, code: str, currency: str) -> Price:
        """Return what one `code` is worth in `currency`. Never raises; the same at every call."""
        key = (code, currency)
        if key not in self._prices:
            self._prices[key] = self._price(code, currency)
        return self._prices[key]

    def _price(self, code: str, currency: str) -> Price:
        if code == currency:
            return Price(_ONE, "live", as_of=self.as_of, open=_ONE)
        first: tuple[_Hop, ...] = ()
        for route in self._routes(code, currency):
            if not any(hop.quiet for hop in route):
                return self._along(route, code, currency)
            first = first or route
        return self._along(first, code, currency) if first else self._without_route(code, currency)

    def _routes(self, code: str, currency: str) -> Iterator[tuple[_Hop, ...]]:
        """Yield every route, the shortest and then the one over the first of _THROUGH first."""
        if direct := self._hop(code, currency):
            yield (direct,)
        for middle in _THROUGH:
            if middle in (code, currency):
                continue
            first, second = self._hop(code, middle), self._hop(middle, currency)
            if first and second:
                yield first, second

    def _along(self, route: tuple[_Hop, ...], code: str, currency: str) -> Price:
        amount = _product([hop.rate for hop in route])
        asks = tuple(ask for hop in route for ask in hop.asks)
        if not amount:  # less than twelve decimals can show is not the same as nothing
            return self._unpriced(code, currency, asks)
        opens = [hop.open for hop in route if hop.open is not None]
        moments = [hop.as_of for hop in route if hop.as_of is not None]
        return Price(
            amount,
            self._status(route),
            route=tuple(hop.name for hop in route),
            as_of=min(moments) if len(moments) == len(route) else None,
            open=_product(opens) if len(opens) == len(route) else None,
            asks=asks,
        )

    def _status(self, route: tuple[_Hop, ...]) -> Status:
        kinds = {hop.kind for hop in route}
        if (self.stale and kinds & {"book", "cross"}) or (self.rates_stale and "rates" in kinds):
            return "stale"
        if any(hop.quiet for hop in route):
            return "quiet"
        if kinds == {"par"}:
            return "par"
        return "live" if len(route) == 1 and kinds == {"book"} else "routed"

    def _without_route(self, code: str, currency: str) -> Price:
        """Say why there is no price, or which was the last one of an asset that was delisted."""
        tradable = any(self._has_book(code, other) for other in (currency, *_THROUGH))
        if not tradable and (books := self.delisted.get(code)):
            book = min(books, key=lambda book: _preferred(book, currency))
            return self._delisted(code, currency, book)
        hopeful = tradable or self._is_fiat(code) or self.failure
        return self._unpriced(code, currency, self._missing(code, currency) if hopeful else ())

    def _delisted(self, code: str, currency: str, book: str) -> Price:
        quoted = book.rsplit("-", 1)[1]
        trade = self.trades.get(book)
        hop = self._hop(quoted, currency) if quoted != currency else None
        asks = () if book in self.trades else (book,)
        price = Price(None, "delisted", (book,), asks=asks)
        if not trade or (quoted != currency and not hop):
            return price
        amount = _product([_Ratio(trade.price), *([hop.rate] if hop else [])])
        route = (book, hop.name) if hop else (book,)
        return price._replace(amount=amount or None, route=route, as_of=trade.at)

    def _unpriced(self, code: str, currency: str, asks: tuple[str, ...]) -> Price:
        failures = [self.failure, *(self.missed.get(ask) for ask in asks)]
        failed = [failure for failure in failures if failure]
        reason: Reason = "no_market"
        if failed:
            limited = any(failure.code == "exchange_rate_limited" for failure in failed)
            reason = "rate_limited" if limited else "feed_failed"
        elif any(ask != RATES for ask in asks):
            reason = "feed_failed"  # there is a book, of which the exchange says nothing that holds
        return Price(None, "unpriced", reason=reason, asks=asks)

    def _missing(self, code: str, currency: str) -> tuple[str, ...]:
        """Return what was not known for a price: last trades, or the rates of fiat currencies."""
        books = [
            book
            for first, second in self._pairs(code, currency)
            for book in (f"{first}-{second}", f"{second}-{first}")
            if book in self.quotes and not self._book(book)
        ]
        fiat = [one for one in (code, currency) if self._is_fiat(one) and one != "USD"]
        if self.rates is None and not all(self._hop("USD", one) for one in fiat):
            books.append(RATES)
        return tuple(dict.fromkeys(books))

    def _pairs(self, code: str, currency: str) -> list[tuple[str, str]]:
        pairs = [(code, currency)]
        for middle in _THROUGH:
            pairs += [(code, middle), (middle, currency)]
        return [(first, second) for first, second in pairs if first != second]

    def _has_book(self, code: str, other: str) -> bool:
        return f"{code}-{other}" in self.quotes or f"{other}-{code}" in self.quotes

    # Hops.

    def _hop(self, first: str, second: str) -> _Hop | None:
        key = (first, second)
        if key not in self._hops:
            self._hops[key] = self._find_hop(first, second)
        return self._hops[key]

    def _find_hop(self, first: str, second: str) -> _Hop | None:
        if {first, second} == _PAR:
            return _Hop("USDC-USD", _Ratio(_ONE), _Ratio(_ONE), self.as_of, "par")
        hop = self._book(f"{first}-{second}")
        if not hop and (turned := self._book(f"{second}-{first}")):
            opened = turned.open and turned.open.inverse()
            hop = turned._replace(rate=turned.rate.inverse(), open=opened)
        if hop and not hop.quiet:
            return hop
        crossed = None
        if self._is_fiat(first) and self._is_fiat(second):
            crossed = self._cross(first, second) or self._by_rates(first, second)
        return crossed or hop

    def _book(self, book: str) -> _Hop | None:
        quote = self.quotes.get(book)
        if not quote:
            return None
        trade = self.trades.get(book)
        asks = () if quote.traded or book in self.trades else (book,)
        opened = _Ratio(quote.open) if quote.open else None
        if quote.traded and quote.last:
            return _Hop(book, _Ratio(quote.last), opened, self.as_of, "book")
        if trade:
            quiet = self.now - trade.at > _DAY_SECONDS
            return _Hop(book, _Ratio(trade.price), opened, trade.at, "book", quiet, asks)
        if quote.last:
            return _Hop(book, _Ratio(quote.last), opened, None, "book", quiet=True, asks=asks)
        return None

    def _cross(self, first: str, second: str) -> _Hop | None:
        """Return one fiat currency in another by what BTC, or USDC, costs in each."""
        for coin in ("BTC", "USDC"):
            above, below = self._costs(coin, second), self._costs(coin, first)
            if not (above and below) or above.quiet or below.quiet:
                continue
            opened = above.open.times(below.open.inverse()) if above.open and below.open else None
            names = [hop.name for hop in (above, below) if hop.kind == "book"]
            rate = above.rate.times(below.rate.inverse())
            return _Hop("/".join(names), rate, opened, self.as_of, "cross")
        return None

    def _costs(self, coin: str, fiat: str) -> _Hop | None:
        if {coin, fiat} == _PAR:
            return self._hop(coin, fiat)
        return self._book(f"{coin}-{fiat}")

    def _by_rates(self, first: str, second: str) -> _Hop | None:
        rates = {"USD": _ONE, **(self.rates or {})}
        if first not in rates or second not in rates or not self.rates:
            return None
        rate = _Ratio(rates[second], rates[first])
        return _Hop(f"{RATES}:{first}-{second}", rate, None, self.rates_as_of, "rates")

    def _is_fiat(self, code: str) -> bool:
        return code in FIAT and code not in self.coins


def _preferred(book: str, currency: str) -> tuple[int, str]:
    """Order a delisted asset's books: the wanted currency's, then as prices are looked for."""
    quoted = book.rsplit("-", 1)[1]
    order = (currency, *_THROUGH)
    return order.index(quoted) if quoted in order else len(order), book


def _product(ratios: Sequence[_Ratio]) -> Decimal:
    """Return the ratios' product, cut to 12 decimals."""
    first, *others = ratios
    for other in others:
        first = first.times(other)
    return first.divided()
