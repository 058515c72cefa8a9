from __future__ import annotations

import re
import uuid
from decimal import Decimal, localcontext

import pytest

from local.simulator.book import PROFILE_ID, seeded_accounts

ALWAYS = {"id", "currency", "balance", "hold", "available", "profile_id", "trading_enabled"}
SOMETIMES = {"pending_deposit", "display_name"}


def named(currency: str) -> dict[str, object]:
    return next(row for row in seeded_accounts() if row["currency"] == currency)


def amounts(row: dict[str, object]) -> tuple[Decimal, Decimal, Decimal]:
    balance, available, hold = (
        Decimal(str(row[name])) for name in ("balance", "available", "hold")
    )
    return balance, available, hold


def test_there_are_204_accounts_each_of_its_own_currency() -> None:
    rows = seeded_accounts()
    assert len({row["currency"] for row in rows}) == len({row["id"] for row in rows}) == 204


def test_every_account_has_the_documented_fields() -> None:
    for row in seeded_accounts():
        assert ALWAYS <= set(row) <= ALWAYS | SOMETIMES
        assert str(uuid.UUID(str(row["id"]))) == row["id"]
        assert row["profile_id"] == PROFILE_ID


@pytest.mark.parametrize("name", sorted(SOMETIMES))
def test_some_fields_are_on_some_accounts_only(name: str) -> None:
    assert 0 < sum(name in row for row in seeded_accounts()) < 204


def test_amounts_are_plain_decimal_strings() -> None:
    for row in seeded_accounts():
        for name in ("balance", "available", "hold"):
            assert re.fullmatch(r"\d+(\.\d{1,16})?", str(row[name]))


def test_what_is_available_and_what_is_held_make_the_balance() -> None:
    with localcontext() as context:
        context.prec = 60
        for row in seeded_accounts():
            balance, available, hold = amounts(row)
            assert available + hold == balance


def test_thirteen_accounts_show_something_one_is_dust_and_the_rest_are_zero() -> None:
    balances = [amounts(row)[0] for row in seeded_accounts()]
    assert sum(balance == 0 for balance in balances) == 190
    assert sum(0 < balance < Decimal("1e-12") for balance in balances) == 1
    assert sum(balance >= Decimal("1e-12") for balance in balances) == 13


def test_zero_is_written_at_several_scales() -> None:
    zeroes = {str(row["balance"]) for row in seeded_accounts() if not amounts(row)[0]}
    assert zeroes == {"0", "0.00", "0.0000000000000000"}


def test_the_bitcoin_account_has_an_open_order() -> None:
    assert (named("BTC")["available"], named("BTC")["hold"]) == ("1.2", "0.034567890123")
    assert named("BTC")["balance"] == "1.2345678901230000"


def test_the_largest_balance_keeps_every_digit() -> None:
    assert named("SHIB")["balance"] == "123456789012345678.1234567890123456"
