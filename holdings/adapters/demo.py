"""Sample holdings and prices for `DEMO_MODE=true flask run`: nothing outside is asked."""

from decimal import Decimal

from holdings.core.clock import Clock, Deadline
from holdings.core.fiat import FIAT
from holdings.core.freshness import CachedSnapshot, Failure, Lease
from holdings.core.market import (
    Asset,
    Book,
    BookState,
    DayStats,
    FiatRates,
    Listing,
    Trade,
)
from holdings.core.portfolio import Account
from holdings.core.ports import Right
from holdings.core.snapshot import Notice

DEMO_NOTICE = Notice("demo_mode", "These are sample figures. Unset DEMO_MODE to see real ones.")

# currency, available, hold; one account is empty and one holds less than can be shown.
_SAMPLE = (
    ("BTC", "1.2", "0.034567890123"),
    ("ETH", "12.5000000000000000", "0.0000000000000000"),
    ("EUR", "2500.75", "120"),
    ("SOL", "0", "3.5"),
    ("USD", "10432.1900000000000000", "0"),
    ("USDC", "815.25", "0"),
    ("OXT", "1500", "0"),
    ("REP", "12", "0"),
    ("QX7", "3.14159", "0"),
    ("ADA", "0.0000000000000000", "0"),
    ("SHIB", "0.0000000000004", "0"),
)


# Book -> last price and the one a day before; then those without a trade since, and when it was.
_BOOKS = {
    "BTC-USD": ("64900.01", "63980.5"),
    "BTC-EUR": ("59708.01", "58862.06"),
    "ETH-USD": ("3120.4", "3187.22"),
    "SOL-USD": ("148.35", "141.9"),
    "OXT-USD": ("0.0712", "0.0712"),
}
_QUIET_DAYS = {"OXT-USD": 9, "REP-USD": 410}
_NAMES = {
    "BTC": "Bitcoin",
    "ETH": "Ether",
    "EUR": "Euro",
    "OXT": "Orchid",
    "REP": "Augur",
    "SOL": "Solana",
    "USD": "US Dollar",
    "USDC": "USD Coin",
}
_RATES = {"EUR": "0.92", "GBP": "0.78", "JPY": "151.2", "CHF": "0.88"}


class DemoMarket:
    """Implements `holdings.core.ports.Market`; QX7 is traded nowhere and REP nowhere any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def listing(self, deadline: Deadline) -> Listing:
        states: dict[str, BookState] = {**dict.fromkeys(_BOOKS, "open"), "REP-USD": "delisted"}
        return Listing(
            tuple(Book(book, *book.split("-"), state=state) for book, state in states.items()),
            tuple(Asset(code, name, code in FIAT) for code, name in _NAMES.items()),
        )

    def stats(self, deadline: Deadline) -> dict[str, DayStats]:
        return {
            book: DayStats(Decimal(last), Decimal(opened), book not in _QUIET_DAYS)
            for book, (last, opened) in _BOOKS.items()
        }

    def last_trade(self, book: str, deadline: Deadline) -> Trade:
        at = int(self._clock.now()) - _QUIET_DAYS[book] * 86_400
        return Trade(Decimal(_BOOKS.get(book, ("4.02",))[0]), at)

    def closes(self, book: str, first: int, last: int, deadline: Deadline) -> dict[int, Decimal]:
        """Return the last price, less or more by up to a fifth of it in waves of half a year."""
        price = Decimal(_BOOKS[book][0]) if book in _BOOKS else Decimal()
        waves = ((day, abs(day % 180 - 90) - 45) for day in range(first, last + 1))
        return {day: price * (225 + wave) / 225 for day, wave in waves if price}

    def rates(self, deadline: Deadline) -> FiatRates:
        return FiatRates("USD", {code: Decimal(rate) for code, rate in _RATES.items()})


class DemoExchange:
    """Implements `holdings.core.ports.Exchange`."""

    def accounts(self, deadline: Deadline) -> list[Account]:
        return [
            Account(
                id=f"demo-{currency.lower()}",
                currency=currency,
                balance=Decimal(available) + Decimal(hold),
                available=Decimal(available),
                hold=Decimal(hold),
            )
            for currency, available, hold in _SAMPLE
        ]


class MemoryCache:
    """A cache that lasts as long as this one process."""

    def __init__(self) -> None:
        self._places: dict[str, MemorySnapshotCache] = {}

    def __call__(self, place: str) -> "MemorySnapshotCache":
        return self._places.setdefault(place, MemorySnapshotCache())


class MemorySnapshotCache:
    """Implements `holdings.core.ports.SnapshotCache` for as long as this one process lives."""

    def __init__(self) -> None:
        self._entry: CachedSnapshot | None = None
        self._leases: dict[Right, Lease] = {}

    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        return self._entry

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
        self._entry = entry
        return entry

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        standing = self._leases.get(right)
        if standing and standing.until > wanted.since and standing.since > seen:
            return standing
        self._leases[right] = wanted
        return None

    def failure(self, deadline: Deadline) -> Failure | None:
        return None

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        self._leases["read"] = Lease(since, failure.until if failure else since, failure)
