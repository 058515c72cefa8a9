from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.core.money import format_amount, parse_amount, round_amount

amounts = st.decimals(
    min_value=Decimal(-(10**30)), max_value=Decimal(10**30), allow_nan=False, places=24
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"),
        ("0.0000000000000000", "0"),
        ("-0.0", "0"),
        ("1.2345678901239999", "1.234567890123"),
        ("0.0000000000009999", "0"),
        ("1e-16", "0"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("100.1000", "100.1"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
    ],
)
def test_an_amount_is_shown_in_plain_notation_cut_to_twelve_decimals(text: str, shown: str) -> None:
    assert format_amount(round_amount(parse_amount(text))) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "Infinity",
        "-Infinity",
        "sNaN",
        "1_000",
        " 1",
        "1 ",
        "1\n",
        "١",
        "0x1",
        "1,5",
        ".5",
        *["1.", "--1", "1e", "1e9999", "1e999", "1" * 65, "0." + "1" * 65, "1" * 1000],
    ],
)
def test_what_is_not_a_bounded_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal number|digits"):
        parse_amount(text)


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, b"1"])
def test_only_a_string_is_an_amount(value: object) -> None:
    with pytest.raises(ValueError, match="expected a string"):
        parse_amount(value)


@given(amounts)
def test_rounding_never_increases_an_amount_and_never_takes_a_whole_unit(amount: Decimal) -> None:
    rounded = round_amount(amount)
    assert rounded <= amount
    assert amount - rounded < Decimal("1e-12")


@given(amounts)
def test_a_shown_amount_has_no_exponent_no_padding_and_reads_back(amount: Decimal) -> None:
    rounded = round_amount(amount)
    shown = format_amount(rounded)
    assert set(shown) <= set("-0123456789.")
    assert shown == "0" or not shown.startswith("-0") or "." in shown
    assert not ("." in shown and shown.endswith(("0", ".")))
    assert parse_amount(shown) == rounded
