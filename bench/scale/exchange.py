"""Coinbase Exchange as far as readings go: signed GET /accounts after 120 ms, and the market.

`python -m bench.scale.exchange` serves it.
"""

import base64
import time
from decimal import Decimal
from hashlib import sha512

from bench.scale.latency import Answer, Request, as_json, serve
from holdings.adapters.coinbase_exchange.signing import sign
from local.simulator.listing import currencies, products
from local.simulator.market import STATES_AT_FIRST, Market

SECONDS = 0.120
ACCOUNTS = 20
_CODES = [
    book.removesuffix("-USD")
    for book, state in STATES_AT_FIRST.items()
    if state == "online" and book.endswith("-USD")
][:ACCOUNTS]


def key(number: int) -> dict[str, str]:
    """The credential of connection `number`, as long as a real one."""
    digest = sha512(str(number).encode()).digest()
    return {
        "api_key": f"{digest.hex()[-24:]}{number:08x}",
        "api_secret": base64.b64encode(digest).decode(),
        "passphrase": digest.hex()[:20],
    }


def accounts(number: int) -> bytes:
    """Twenty accounts that hold something, each of another asset and connection its own amounts."""
    rows: list[dict[str, object]] = []
    for place in range(ACCOUNTS):
        balance = Decimal((number + 7) * (place + 3) * 1_234_567_891 % 10**14 + 1).scaleb(-10)
        rows.append(
            {
                "id": f"{place:08x}-0000-4000-8000-{number:012x}",
                "currency": _CODES[place],
                "balance": f"{balance:.16f}",
                "hold": "0.0000000000000000",
                "available": f"{balance:.16f}",
                "profile_id": f"00000000-0000-4000-8000-{number:012x}",
                "trading_enabled": True,
                "pending_deposit": "0.0000000000000000",
                "display_name": _CODES[place],
            }
        )
    return as_json(rows)


class Exchange:
    """It checks who signed."""

    def __init__(self) -> None:
        market = Market()
        self._public = {
            "/products": as_json(products(market)),
            "/currencies": as_json(currencies()),
            "/products/stats": as_json(
                {book: market.stats(book, time.time()) for book in STATES_AT_FIRST}
            ),
        }

    def respond(self, request: Request) -> tuple[Answer, float]:
        if request.path in self._public:
            return _json(self._public[request.path])
        given = request.headers
        number = int(given.get("cb-access-key", "0")[-8:], 16)
        due = sign(
            sha512(str(number).encode()).digest(),
            timestamp=given.get("cb-access-timestamp", ""),
            method="GET",
            path=request.path,
        )
        if request.path != "/accounts" or given.get("cb-access-sign") != due:
            return _json(as_json({"message": "invalid signature"}), 401)
        return _json(accounts(number))


def _json(body: bytes, status: int = 200) -> tuple[Answer, float]:
    return Answer(body, status, "application/json; charset=utf-8"), SECONDS


if __name__ == "__main__":
    serve(Exchange().respond)
