"""Over which books an asset's close is found in a currency, and what the closes come to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from holdings.core.history.closes import SCALE, Series

_THROUGH = ("USD", "USDC", "USDT", "BTC", "EUR", "GBP")
_PAR = {"USD", "USDC"}


class Hop(NamedTuple):
    """One book of a route, `inverse` where it is turned; without a `book` it is par."""

    book: str
    inverse: bool = False


def route(
    code: str, currency: str, books: frozenset[str], fiat: Callable[[str], bool]
) -> tuple[Hop, ...] | None:
    """Return the books over which a day's close is found, () for the currency itself.

    The shortest first, then over the first of the common quote currencies, as for prices. None
    where there is no route.
    """
    if code == currency:
        return ()
    for found in _routes(code, currency, books, fiat):
        return found
    return None


def _routes(
    code: str, currency: str, books: frozenset[str], fiat: Callable[[str], bool]
) -> Iterator[tuple[Hop, ...]]:
    if direct := _hops(code, currency, books, fiat):
        yield direct
    for middle in _THROUGH:
        if middle in (code, currency):
            continue
        first, second = (_hops(*pair, books, fiat) for pair in ((code, middle), (middle, currency)))
        if first and second:
            yield first + second


def _hops(
    code: str, other: str, books: frozenset[str], fiat: Callable[[str], bool]
) -> tuple[Hop, ...]:
    if {code, other} == _PAR:
        return (Hop(""),)
    if f"{code}-{other}" in books:
        return (Hop(f"{code}-{other}"),)
    if f"{other}-{code}" in books:
        return (Hop(f"{other}-{code}", inverse=True),)
    if fiat(code) and fiat(other) and {f"BTC-{code}", f"BTC-{other}"} <= books:
        return (Hop(f"BTC-{other}"), Hop(f"BTC-{code}", inverse=True))
    return ()


def along(hops: Sequence[Hop], series: Mapping[str, Series], first: int, last: int) -> Series:
    """Return the closes of a route: the product of its books', each as old as the oldest of them.

    Cut to 1/SCALE; a book that is turned is divided by.
    """
    parts = [(series[hop.book], hop.inverse) for hop in hops if hop.book]
    if not parts:
        return Series(first, [SCALE] * (last - first + 1), list(range(first, last + 1)))
    if len(parts) == 1 and not parts[0][1]:
        return parts[0][0]
    values: list[int | None] = []
    dates: list[int | None] = []
    carried: list[int] = []
    for index in range(last - first + 1):
        above, below = SCALE, 1
        oldest = first + index
        for one, inverse in parts:
            close, at = one.values[index], one.dates[index]
            if not close or at is None:
                below = 0
                break
            above *= SCALE if inverse else close
            below *= close if inverse else SCALE
            oldest = min(oldest, at)
        values.append(above // below if below else None)
        dates.append(oldest if below else None)
        if below and oldest != first + index:
            carried.append(first + index)
    return Series(first, values, dates, carried)
