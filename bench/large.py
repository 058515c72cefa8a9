"""A hit of the largest viewer, 20 connections of 500 accounts, beside one of the usual size."""

import random
import statistics
import time
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from holdings.adapters.aws import AwsService
from holdings.adapters.dynamodb import DynamoDBCache
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import MAX_CONNECTIONS, Connection
from holdings.core.freshness import CachedSnapshot
from holdings.core.portfolio import Account, build_portfolio
from holdings.core.prices import Prices, Quote
from holdings.core.snapshot import SourceView, compose, parse_part
from holdings.core.valuation import Valuation

ACCOUNTS = 500
CALLS = 50
# A strongly consistent read costs one unit for each of these.
UNIT_BYTES = 4096


class _Table:
    """DynamoDB's client over a dict; it counts what is read."""

    def __init__(self) -> None:
        self.items: dict[str, Mapping[str, Any]] = {}
        self.read: list[int] = []

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.items[request["Item"]["pk"]["S"]] = request["Item"]
        return {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        item = self.items[request["Key"]["pk"]["S"]]
        texts = cast("list[dict[str, str]]", list(item.values()))
        self.read.append(sum(len(next(iter(value.values()))) for value in texts))
        return {"Item": item}


def table() -> str:
    """Return what this machine measures now, as the rows of a table."""
    lines = [
        "| viewer | JSON | items read | as kept | read units | CPU of the look into the cache |",
        "|---|---|---|---|---|---|",
    ]
    for title, connections, accounts in (
        ("1 connection of 15 accounts", 1, 15),
        (f"{MAX_CONNECTIONS} connections of {ACCOUNTS} accounts", MAX_CONNECTIONS, ACCOUNTS),
    ):
        lines.append(f"| {title} | {' | '.join(_measured(connections, accounts))} |")
    return "\n".join(lines)


def _measured(connections: int, accounts: int) -> Sequence[str]:
    entry, table, clock = _answer(connections, accounts), _Table(), Clock()
    place = DynamoDBCache(AwsService(lambda: table), "bench")("answer#bench")
    place.put(entry, 0, Deadline.after(10, clock))
    seconds: list[float] = []
    for _ in range(CALLS):
        table.read.clear()
        began = time.process_time()
        found = place.get(Deadline.after(10, clock))
        seconds.append(time.process_time() - began)
        if found != entry:
            raise RuntimeError("what was kept did not come back")
    units = sum(-(-size // UNIT_BYTES) for size in table.read)
    return (
        f"{len(entry.payload) / 1000:.0f} kB",
        f"{len(table.read)}",
        f"{sum(table.read) / 1000:.0f} kB",
        f"{units}",
        f"{statistics.median(seconds) * 1000:.2f} ms",
    )


def _answer(connections: int, accounts: int) -> CachedSnapshot:
    chance = random.Random(1)  # noqa: S311 - figures, no secrets
    views: list[SourceView] = []
    for number in range(connections):
        connection = Connection(
            id=f"{chance.getrandbits(128):032x}",
            exchange="coinbase_exchange",
            label=f"Account {number}",
            account="",
            key_hint="",
            created_at=0,
        )
        read = [_account(chance) for _ in range(accounts)]
        part = parse_part(build_portfolio(read).part(connection.id))
        views.append(SourceView(connection, "", part, 0, 180))
    quote = Quote(Decimal("64900.01"), Decimal("63980.5"), traded=True)
    prices = Prices(quotes={f"C{number}-USD": quote for number in range(500)}, as_of=0)
    valued = Valuation(prices, "USD").document
    payload = compose(views, [], valued, as_of=0, expires_at=180)
    return CachedSnapshot.seal(payload, as_of=0, expires_at=180)


def _account(chance: random.Random) -> Account:
    balance = Decimal(chance.randrange(1, 10**16)).scaleb(-12)
    return Account(
        id=str(uuid.UUID(int=chance.getrandbits(128))),
        currency=f"C{chance.randrange(500)}",
        balance=balance,
        available=balance,
        hold=Decimal(0),
    )
