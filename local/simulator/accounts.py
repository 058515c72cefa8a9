"""The seeded accounts, in the shape and with the unevenness of Coinbase's sandbox.

Source: docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getaccounts. Amounts are strings
whose scale differs from field to field, "0.0000000000000000" beside "0".
"""

from __future__ import annotations

import uuid
from decimal import Decimal, localcontext

from local.simulator.seed import FIAT, HELD, KNOWN, UNKNOWN

PROFILE_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, "simulator/profile/default"))

_SIXTEEN_DECIMALS = Decimal("1e-16")
_ZEROES = (
    # balance, available, hold
    ("0.0000000000000000", "0", "0.0000000000000000"),
    ("0", "0", "0"),
    ("0.0000000000000000", "0.0000000000000000", "0.0000000000000000"),
    ("0.00", "0", "0.00"),
)


def seeded_accounts() -> list[dict[str, object]]:
    """The same accounts at every call, ordered by id: by nothing that a reader could lean on."""
    codes = (*KNOWN, *UNKNOWN)
    accounts = [_account(number, code) for number, code in enumerate(codes)]
    return sorted(accounts, key=lambda account: str(account["id"]))


def _account(number: int, currency: str) -> dict[str, object]:
    balance, available, hold = _amounts(number, currency)
    account: dict[str, object] = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulator/account/{currency}")),
        "currency": currency,
        "balance": balance,
        "hold": hold,
        "available": available,
        "profile_id": PROFILE_ID,
        "trading_enabled": currency not in UNKNOWN,
    }
    if number % 3 == 0:
        account["pending_deposit"] = "0.0000000000000000"
    if number % 5 == 0:
        account["display_name"] = FIAT.get(currency, currency)
    return account


def _amounts(number: int, currency: str) -> tuple[str, str, str]:
    if currency not in HELD:
        return _ZEROES[number % len(_ZEROES)]
    available, hold = HELD[currency]
    with localcontext() as context:
        # The largest holding has more digits than Decimal's usual 28.
        context.prec = 60
        balance = Decimal(available) + Decimal(hold)
        return f"{balance.quantize(_SIXTEEN_DECIMALS):f}", available, hold
