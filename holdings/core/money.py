"""Amounts: Decimal from the wire to the wire, never a float."""

import re
from decimal import ROUND_FLOOR, Context, Decimal

DECIMAL_PLACES = 12
QUANTUM = Decimal(1).scaleb(-DECIMAL_PLACES)

# Digits around the point that an amount may have. Far beyond any real balance, and near enough
# that "1e999999999" cannot be written out in full.
_MAX_DIGITS = 64

# Decimal() itself would also take "NaN", "1_000", " 1 " and digits of other scripts.
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

# The default context has 28 digits: quantize() would refuse a balance of 17 before the point.
# Above zero ROUND_FLOOR is ROUND_DOWN; below, it is what keeps a rounded amount from being more.
# Amounts and prices as served fit in it whole, and so do their sums and products.
EXACT = Context(prec=4 * _MAX_DIGITS, rounding=ROUND_FLOOR)


def parse_amount(text: object) -> Decimal:
    """Read an amount such as "0.0000000000000000"; ValueError says what it is instead."""
    if isinstance(text, str) and len(text) <= _MAX_DIGITS and _PLAIN.fullmatch(text):
        return Decimal(text)  # as nearly all are: it cannot have too many digits
    if not isinstance(text, str):
        raise ValueError(f"expected a string, got {type(text).__name__}")  # noqa: TRY004 - input
    if len(text) > 2 * _MAX_DIGITS or not _AMOUNT.fullmatch(text):
        raise ValueError("not a decimal number")
    amount = Decimal(text)
    _, digits, exponent = amount.as_tuple()
    places = -int(exponent)
    if max(places, len(digits) - places) > _MAX_DIGITS:
        raise ValueError(f"more than {_MAX_DIGITS} digits before or after the point")
    return amount


def round_amount(amount: Decimal) -> Decimal:
    """Cut to 12 decimals such that the result is never more than `amount`."""
    return amount.quantize(QUANTUM, context=EXACT)


def format_amount(amount: Decimal) -> str:
    """Write in plain notation without an exponent, a trailing zero or a negative zero."""
    text = str(amount)
    if "E" in text:  # which it writes far from the point; else it is quicker by half
        text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
