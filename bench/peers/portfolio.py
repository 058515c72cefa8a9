"""What is the same whichever framework answers: signing, rounding, the document."""

import base64
import hashlib
import hmac
import json
import os
import time
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Context, Decimal
from functools import lru_cache

from botocore.config import Config

AWS = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "max_attempts": 2})
CACHE_TTL = int(os.environ.get("CACHE_TTL_SECONDS", "180"))
SECRET_TTL = int(os.environ.get("SECRET_CACHE_TTL_SECONDS", "300"))
KEY = f"holdings#{os.environ['DEFAULT_USER_ID']}"
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


@lru_cache(maxsize=1)
def _secret(_moment: int) -> dict:
    import boto3

    client = boto3.client("secretsmanager", config=AWS)
    return json.loads(
        client.get_secret_value(SecretId=os.environ["CB_SECRET_NAME"])["SecretString"]
    )


def read_secret() -> dict:
    """The Coinbase key, kept in memory for a while."""
    return _secret(int(time.monotonic() // SECRET_TTL))


def read_accounts(http, secret: dict) -> list[dict]:
    """`http` is a requests.Session."""
    headers = signed_headers(secret, "GET", "/accounts")
    response = http.get(os.environ["CB_BASE_URL"] + "/accounts", headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


def fresh(table, now: int) -> str | None:
    """The stored document; `table` is boto3's resource."""
    item = table.get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
    return item["payload"] if item and item["expires_at"] > now else None


def store(table, payload: str, now: int) -> None:
    until = now + CACHE_TTL
    table.put_item(Item={"pk": KEY, "payload": payload, "expires_at": until, "ttl": until + 86400})


def health_document() -> dict:
    return {
        "status": "ok",
        "name": os.environ["APP_NAME"],
        "version": os.environ["APP_VERSION"],
        "time": moment(int(time.time())),
    }


def moment(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def written(value: object) -> str:
    """For json.dumps, which does not know Decimal."""
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(type(value).__name__)


def rounded(text: str) -> Decimal:
    return Decimal(text).quantize(QUANTUM, context=ROUNDING)


def build_document(accounts: list[dict], now: int, ttl: int = CACHE_TTL) -> dict:
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
