"""From the accounts that the exchange returned to the holdings that a person is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from holdings.core.money import round_amount


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the exchange reported it. `balance` is not computed from the other two."""

    id: str
    currency: str
    balance: Decimal
    available: Decimal
    hold: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """One account as a person is shown it: each amount rounded by itself."""

    account_id: str
    currency: str
    balance: Decimal
    available: Decimal
    hold: Decimal


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many accounts are not listed: `zero` holds nothing, `dust` rounds to nothing."""

    zero: int
    dust: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`account_count` == hidden.zero + hidden.dust + len(holdings), always."""

    account_count: int
    hidden: Hidden
    holdings: tuple[Holding, ...]


def build_portfolio(accounts: Iterable[Account]) -> Portfolio:
    """Round, hide what is empty and sort by currency, then account."""
    listed: list[Holding] = []
    count = zero = dust = 0
    for account in accounts:
        count += 1
        if account.balance <= 0:
            zero += 1
        elif not (balance := round_amount(account.balance)):
            dust += 1
        else:
            listed.append(
                Holding(
                    account_id=account.id,
                    currency=account.currency,
                    balance=balance,
                    available=round_amount(account.available),
                    hold=round_amount(account.hold),
                )
            )
    listed.sort(key=lambda holding: (holding.currency, holding.account_id))
    return Portfolio(count, Hidden(zero, dust), tuple(listed))
