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
class HiddenCurrencies:
    """Whose accounts those are, sorted; a currency of two accounts stands twice."""

    zero: tuple[str, ...]
    dust: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`account_count` == hidden.zero + hidden.dust + len(holdings), always."""

    account_count: int
    hidden: Hidden
    hidden_currencies: HiddenCurrencies
    holdings: tuple[Holding, ...]


def build_portfolio(accounts: Iterable[Account]) -> Portfolio:
    """Round, hide what is empty and sort by currency, then account."""
    listed: list[Holding] = []
    zero: list[str] = []
    dust: list[str] = []
    count = 0
    for account in accounts:
        count += 1
        if account.balance <= 0:
            zero.append(account.currency)
        elif not (balance := round_amount(account.balance)):
            dust.append(account.currency)
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
    return Portfolio(
        count,
        Hidden(len(zero), len(dust)),
        HiddenCurrencies(tuple(sorted(zero)), tuple(sorted(dust))),
        tuple(listed),
    )
