"""The right answers: worked out here from the accounts that the server serves."""

import json
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from local.simulator.book import seeded_accounts

NAME, VERSION = "Holdings", "0.1.0"
_ROUNDING = Context(prec=60, rounding=ROUND_DOWN)


class WrongAnswer(Exception):
    """A contender did not answer what it has to: its times would mean nothing."""


def check(response: dict[str, Any], case: str) -> None:
    """Raise WrongAnswer unless it is 200, from the right source, with the right document."""
    headers = {name.lower(): value for name, value in response.get("headers", {}).items()}
    document = json.loads(response.get("body") or "null")
    if response.get("statusCode") != 200:
        raise WrongAnswer(f"answered {response.get('statusCode')}: {response.get('body')}")
    if case == "health":
        wrong = document != _health(document)
    else:
        wrong = headers.get("x-cache") != case.upper() or document != _holdings(document)
    if wrong:
        raise WrongAnswer(f"is not the right {case}: {headers.get('x-cache')} {document}")


def _health(given: dict[str, Any]) -> dict[str, Any]:
    return {"status": "ok", "name": NAME, "version": VERSION, "time": given.get("time")}


def _holdings(given: dict[str, Any]) -> dict[str, Any]:
    accounts: list[dict[str, Any]] = seeded_accounts()
    held = [account for account in accounts if Decimal(account["balance"]) > 0]
    listed = [_holding(account) for account in held if _cut(account["balance"]) != "0"]
    return {
        "as_of": given.get("as_of"),
        "expires_at": given.get("expires_at"),
        "stale": False,
        "warnings": [],
        "account_count": len(accounts),
        "hidden": {"zero": len(accounts) - len(held), "dust": len(held) - len(listed)},
        "holdings": sorted(listed, key=lambda holding: holding["currency"]),
    }


def _holding(account: dict[str, Any]) -> dict[str, str]:
    amounts = {name: _cut(account[name]) for name in ("balance", "available", "hold")}
    return {"account_id": account["id"], "currency": account["currency"], **amounts}


def _cut(amount: str) -> str:
    text = format(Decimal(amount).quantize(Decimal("1e-12"), context=_ROUNDING), "f")
    return text.rstrip("0").rstrip(".")
