from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from holdings.core.portfolio import (
    Account,
    Hidden,
    HiddenCurrencies,
    Holding,
    Portfolio,
    build_portfolio,
)
from holdings.core.snapshot import parse_part
from tests.builders import make_account

decimals = st.decimals(-100, 10**20, allow_nan=False, places=16)
accounts = st.lists(
    st.builds(
        Account,
        id=st.text(min_size=1),
        currency=st.text(min_size=1),
        balance=decimals | st.sampled_from([Decimal(0), Decimal("1e-13")]),
        available=decimals,
        hold=decimals,
    )
)


def test_accounts_are_hidden_by_balance_and_listed_by_currency_then_id() -> None:
    portfolio = build_portfolio(
        [
            make_account("a2", "ETH", balance="2.0000000000019", available="1", hold="0"),
            make_account("a9", "BTC", balance="0.000000000001"),
            make_account("a1", "BTC", balance="3"),
            make_account("a3", "ADA", balance="0.0000000000"),
            make_account("a4", "ADA", balance="-1"),
            make_account("a5", "SHIB", balance="0.0000000000009"),
        ]
    )
    assert portfolio == Portfolio(
        account_count=6,
        hidden=Hidden(zero=2, dust=1),
        hidden_currencies=HiddenCurrencies(zero=("ADA", "ADA"), dust=("SHIB",)),
        holdings=(
            Holding("a1", "BTC", Decimal(3), Decimal(1), Decimal("0.5")),
            Holding("a9", "BTC", Decimal("1e-12"), Decimal(1), Decimal("0.5")),
            Holding("a2", "ETH", Decimal("2.000000000001"), Decimal(1), Decimal(0)),
        ),
    )


def test_a_part_is_written_as_the_document_has_it() -> None:
    accounts = [
        make_account("a1", "BTC", balance="12345678901234567890.1234567890129", hold="0"),
        make_account("a2", "ETH", balance="1e-20", available="0.000000000000"),
        make_account("a3", "ADA", balance="0.000000000000"),
        make_account("a4", "SOL", balance="1.50", available="1e1", hold="-0.5000"),
    ]
    assert parse_part(build_portfolio(accounts).part("c1")) == {
        "account_count": 4,
        "hidden": {"zero": 1, "dust": 1},
        "hidden_currencies": {"zero": ["ADA"], "dust": ["ETH"]},
        "holdings": [
            {
                "connection_id": "c1",
                "account_id": "a1",
                "currency": "BTC",
                "balance": "12345678901234567890.123456789012",
                "available": "1",
                "hold": "0",
            },
            {
                "connection_id": "c1",
                "account_id": "a4",
                "currency": "SOL",
                "balance": "1.5",
                "available": "10",
                "hold": "-0.5",
            },
        ],
    }


def test_a_currency_that_nobody_knows_is_listed_like_any_other() -> None:
    (holding,) = build_portfolio([make_account(currency="<b>€🦄")]).holdings
    assert holding.currency == "<b>€🦄"


@given(accounts)
def test_what_is_listed_and_what_is_hidden_add_up_to_every_account(listed: list[Account]) -> None:
    portfolio = build_portfolio(listed)
    hidden = portfolio.hidden
    assert portfolio.account_count == len(listed)
    assert hidden.zero + hidden.dust + len(portfolio.holdings) == len(listed)
    assert all(holding.balance > 0 for holding in portfolio.holdings)
