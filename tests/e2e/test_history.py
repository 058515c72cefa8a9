"""A connected account's past, read in the background by the function of the queue, on the stack.

The truth is the simulator's own book, from the other side than its HTTP, and pandas' arithmetic.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, cast

import pandas
import pytest
import requests

from local.sign_in import access_token
from local.simulator.ledger import SECOND, history
from tests.e2e.conftest import Running

pd: Any = pandas  # its own types are partial
OWNER = "third"
DAY = 86_400


@dataclass(frozen=True)
class Person:
    url: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}{path}", json=body, headers=headers, timeout=30)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def person(running: Running) -> Iterator[Person]:
    """The second user, with an account of three years whose past has been read."""
    where = running.stack
    person = Person(where.api_url, access_token(where, where.users[1]))
    samples = [s for s in where.sample_credentials if s["exchange"] == "coinbase_exchange"]
    answer = person.ask("POST", "/connections", {**samples[1], "label": "Trading"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["history"]["state"] == "queued"
    give_up = time.monotonic() + 180
    seen: list[str] = []
    while not seen or seen[-1] != "done":
        assert time.monotonic() < give_up, seen
        time.sleep(1)
        (connection,) = person.get("/history?interval=month")["connections"]
        seen.append(connection["state"])
        assert connection["last_error"] is None
    yield person
    assert person.ask("DELETE", "/me").status_code == 204


def whole_history(person: Person) -> dict[str, Any]:
    """Ask until all closes are there: they are read on behind what has been answered."""
    give_up = time.monotonic() + 120
    while True:
        document = person.get("/history?by=asset&currency=USD&from=2024-06-01")
        if not document["warnings"]:
            return document
        assert time.monotonic() < give_up, document["warnings"]
        time.sleep(2)


def balances() -> Any:
    """Each day's balances by the book: the last entry of a day, carried on."""
    rows = [
        {"day": entry.at // SECOND // DAY, "currency": currency, "balance": entry.balance}
        for currency, entries in history(OWNER).items()
        for entry in entries
    ]
    last = pd.DataFrame(rows).groupby(["day", "currency"])["balance"].last().unstack()
    days = range(int(last.index.min()), int(time.time()) // DAY)
    return last.reindex(days).ffill()


def closes(url: str, book: str) -> Any:
    """Each day's close by the exchange's candles, carried over days without one."""
    found: dict[int, Decimal] = {}
    today = int(time.time()) // DAY
    for first in range(today - 1_110, today, 300):
        asked = {
            "granularity": DAY,
            "start": first * DAY,
            "end": min(first + 299, today - 1) * DAY + DAY - 1,
        }
        answer = requests.get(
            f"{url}/products/{book}/candles",
            params=asked,
            headers={"User-Agent": "test"},
            timeout=30,
        )
        rows = cast("list[list[Any]]", answer.json(parse_float=Decimal))
        found |= {row[0] // DAY: Decimal(row[4]) for row in rows}
        time.sleep(0.2)
    return pd.Series(found).sort_index().reindex(range(min(found), today)).ffill()


def test_every_balance_of_every_day_is_the_books_to_the_last_digit(person: Person) -> None:
    document = whole_history(person)
    (connection,) = document["connections"]
    assert connection["reconciled"] is True
    assert connection["entries"] == sum(len(entries) for entries in history(OWNER).values())
    true = balances()
    assert connection["since"] == str(pd.Timestamp(int(true.index.min()), unit="D").date())
    for point in document["points"]:
        day = pd.Timestamp(point["date"]).value // 10**9 // DAY
        expected = {c: b for c, b in true.loc[day].items() if not pd.isna(b)}
        shown = {one["currency"]: Decimal(one["balance"]) for one in point["assets"]}
        assert shown == {c: cut(cast("Decimal", b)) for c, b in expected.items()}
        assert {one["known"] for one in point["assets"]} == {"ledger"}


def cut(amount: Any) -> Any:
    """Cut to what is served; a day without stays one."""
    return amount if pd.isna(amount) else amount.quantize(Decimal("1e-12"), rounding=ROUND_FLOOR)


def test_every_day_s_value_is_what_pandas_makes_of_balances_and_candles(
    running: Running, person: Person
) -> None:
    document = whole_history(person)
    url = running.stack.coinbase_url
    held = balances().map(cut)
    euro = closes(url, "BTC-USD") / closes(url, "BTC-EUR")
    prices = {"SOL": closes(url, "SOL-USD"), "EUR": euro.map(cut)}
    worth = pd.DataFrame({code: held[code] * prices[code] for code in prices}).map(cut)
    total = worth.fillna(Decimal()).sum(axis=1)
    for point in document["points"]:
        day = pd.Timestamp(point["date"]).value // 10**9 // DAY
        assert Decimal(point["value"]) == total[day]
        # QX7 is traded nowhere: what is held of it is in no value, and that is said.
        held_of_it = held["QX7"].get(day)
        assert point["complete"] == (pd.isna(held_of_it) or not held_of_it)


def test_the_list_of_entries_is_the_ledger_newest_first(person: Person) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = person.get(f"/activity?limit=70{f'&cursor={cursor}' if cursor else ''}")
        found += [one["id"] for one in page["entries"]]
        cursor = page["next"]
    entries = sorted(
        (one for of in history(OWNER).values() for one in of), key=lambda one: (one.at, one.id)
    )
    assert found == [str(one.id) for one in reversed(entries)]
