"""What is the same whichever framework answers: signing, rounding, the document."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Context, Decimal

QUANTUM = Decimal("1e-12")
ROUNDING = Context(prec=60, rounding=ROUND_DOWN)


def signed_headers(secret: dict, method: str, path: str) -> dict[str, str]:
    timestamp = str(int(time.time()))
    prehash = f"{timestamp}{method}{path}".encode()
    key = base64.b64decode(secret["api_secret"], validate=True)
    signature = base64.b64encode(hmac.digest(key, prehash, hashlib.sha256)).decode()
    return {
        "CB-ACCESS-KEY": secret["api_key"],
        "CB-ACCESS-SIGN": signature,
        "CB-ACCESS-TIMESTAMP": timestamp,
        "CB-ACCESS-PASSPHRASE": secret["passphrase"],
        "User-Agent": "holdings-bench",
        "Accept": "application/json",
    }


def moment(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(text: str) -> Decimal:
    return Decimal(text).quantize(QUANTUM, context=ROUNDING)


def build_document(accounts: list[dict], now: int, ttl: int) -> dict:
    """The answer of GET /holdings, amounts as Decimal."""
    holdings, zero, dust = [], 0, 0
    for account in accounts:
        if Decimal(account["balance"]) <= 0:
            zero += 1
        elif not (balance := rounded(account["balance"])):
            dust += 1
        else:
            holdings.append(
                {
                    "account_id": account["id"],
                    "currency": account["currency"],
                    "balance": balance,
                    "available": rounded(account["available"]),
                    "hold": rounded(account["hold"]),
                }
            )
    holdings.sort(key=lambda holding: (holding["currency"], holding["account_id"]))
    return {
        "as_of": moment(now),
        "expires_at": moment(now + ttl),
        "stale": False,
        "warnings": [],
        "account_count": len(accounts),
        "hidden": {"zero": zero, "dust": dust},
        "holdings": holdings,
    }
