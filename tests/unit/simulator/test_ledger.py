"""The past that the simulated exchange shows: every list of it says the same."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from holdings.core.money import EXACT
from local.simulator import Credentials, Simulator
from local.simulator.book import OTHERS, seeded_accounts
from local.simulator.ledger import BEGINNING, END, SECOND, history, past
from tests.unit.simulator.client import Client, Clock

OWNERS = ("default", "second", "third")
WHOLE = "start_date=2023-01-01&end_date=2026-12-31"


@pytest.mark.parametrize("owner", OWNERS)
def test_every_ledger_adds_up_from_nothing_to_what_the_account_shows(owner: str) -> None:
    shown = {row["currency"]: Decimal(str(row["balance"])) for row in seeded_accounts(owner)}
    for currency, entries in history(owner).items():
        balance = Decimal()
        for entry in entries:
            assert entry.balance == EXACT.add(balance, entry.amount)
            assert entry.balance >= 0
            assert BEGINNING * SECOND <= entry.at < END * SECOND
            balance = entry.balance
        assert balance == shown.pop(currency)
    assert not any(shown.values())
    ids = [entry.id for entries in history(owner).values() for entry in entries]
    assert len(ids) == len(set(ids))


def test_there_is_every_kind_of_past() -> None:
    entries = [entry for found in history("default").values() for entry in found]
    assert {entry.type for entry in entries} == {
        *("transfer", "match", "fee", "rebate", "conversion")
    }
    assert history("default")["LTC"][-1].balance == 0
    assert {"MATIC", "QX7"} <= history("default").keys()
    assert max(Counter(entry.at for entry in history("default")["USD"]).values()) > 1
    assert len(history("default")["USD"]) > 1_000
    assert OTHERS.keys() > {"second", "third"}


@pytest.mark.parametrize("owner", OWNERS)
def test_fills_agree_with_the_ledgers(owner: str) -> None:
    matches = {
        (entry.details["trade_id"], entry.currency): entry.amount
        for entries in history(owner).values()
        for entry in entries
        if entry.type == "match"
    }
    for fill in past(owner).fills:
        base, quote = fill.book.split("-")
        sign = 1 if fill.side == "buy" else -1
        assert matches.pop((str(fill.trade_id), base)) == sign * fill.size
        assert matches.pop((str(fill.trade_id), quote)) == -sign * fill.size * fill.price
    assert not matches


def pages(client: Client, path: str, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        more = f"&after={cursor}" if cursor else ""
        answer = client.signed("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}{more}")
        assert answer.status == 200
        rows += answer.rows
        cursor = answer.headers.get("CB-AFTER", "")
        if not cursor:
            return rows


@pytest.fixture
def later(client: Client, clock: Clock) -> Client:
    """The exchange when all of it has happened."""
    clock.now = END + 5 * 86_400
    return client


@pytest.fixture
def account() -> dict[str, str]:
    return {str(row["currency"]): str(row["id"]) for row in seeded_accounts()}


@pytest.mark.parametrize("limit", [7, 1000])
def test_paging_gives_every_entry_once_newest_first(
    later: Client, account: dict[str, str], limit: int
) -> None:
    rows = pages(later, f"/accounts/{account['ETH']}/ledger?{WHOLE}", limit)
    assert [row["id"] for row in rows] == [str(e.id) for e in reversed(history("default")["ETH"])]


def test_without_both_dates_there_is_the_last_day_alone(
    later: Client, account: dict[str, str]
) -> None:
    for query in ("", "?start_date=2023-01-01", "?end_date=2026-12-31"):
        assert later.signed("GET", f"/accounts/{account['BTC']}/ledger{query}").rows == []
    assert later.signed("GET", f"/accounts/nobody/ledger?{WHOLE}").status == 404


def test_what_has_not_happened_yet_is_not_listed(
    later: Client, clock: Clock, account: dict[str, str]
) -> None:
    clock.now = BEGINNING + 200 * 86_400
    rows = pages(later, f"/accounts/{account['BTC']}/ledger?{WHOLE}", 1000)
    assert 0 < len(rows) < len(history("default")["BTC"])


def test_transfers_are_those_of_the_ledger(later: Client, account: dict[str, str]) -> None:
    rows = pages(later, f"/accounts/{account['USD']}/transfers", 1000)
    moved = [entry for entry in history("default")["USD"] if entry.type == "transfer"]
    assert sorted(Decimal(row["amount"]) for row in rows) == sorted(
        abs(entry.amount) for entry in moved
    )
    assert all(row["created_at"].endswith("+00") and row["completed_at"] for row in rows)


def test_what_is_wrong_can_be_asked_for(
    later: Client, simulator: Simulator, account: dict[str, str]
) -> None:
    path = f"/accounts/{account['BTC']}/ledger?{WHOLE}&limit=5"
    right = later.signed("GET", path).rows

    def wrong(**twist: Any) -> list[dict[str, object]]:
        assert later.control("PUT", "/ledger", twist).status == 200
        return later.signed("GET", path).rows

    assert wrong(double=True) == right * 2
    assert wrong(reverse_pages=True) == right[::-1]
    assert right[0] not in wrong(withhold=[right[0]["id"]])
    assert wrong(break_off_after=2) == right[:2]
    extra = wrong(extra=[{"currency": "BTC", "amount": "-0.25", "type": "odd"}])
    assert (extra[0]["type"], extra[0]["amount"]) == ("odd", "-0.25")
    shown = later.signed("GET", f"/accounts/{account['BTC']}").fields
    assert Decimal(str(shown["balance"])) == Decimal(str(extra[0]["balance"]))
    assert later.control("PUT", "/ledger", {"extra": [{"currency": "BTC"}]}).status == 400
    simulator.exchange.reset()
    assert later.signed("GET", path).rows == right


def test_others_see_their_own_past(clock: Clock) -> None:
    clock.now = END + 5 * 86_400
    own = Credentials.random()
    with Simulator(others=[own], now=clock) as simulator:
        client = Client(simulator, clock)
        client.credentials = own
        (account,) = [row["id"] for row in seeded_accounts("second") if row["currency"] == "BTC"]
        rows = pages(client, f"/accounts/{account}/ledger?{WHOLE}", 1000)
        assert len(rows) == len(history("second")["BTC"])


def test_a_quiet_book_has_its_candles_of_before(later: Client) -> None:
    asked = "granularity=86400&start=2024-01-01&end=2024-02-09T23:59:59Z"
    assert len(later.send("GET", f"/products/LINK-USD/candles?{asked}").rows) == 40
    assert later.send("GET", f"/products/MATIC-USD/candles?{asked}").rows == []
