"""The past that the simulated exchange shows: every list of it says the same."""

import re
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from holdings.core.money import EXACT
from local.simulator import Credentials, Simulator
from local.simulator.book import OTHERS, seeded_accounts
from local.simulator.ledger import BEGINNING, END, SECOND, history, past
from local.simulator.market import STATES_AT_FIRST, Market
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
    entries = sorted((one for of in history(owner).values() for one in of), key=lambda one: one.id)
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(one.at <= other.at for one, other in pairwise(entries))


def test_there_is_every_kind_of_past() -> None:
    entries = [entry for found in history("default").values() for entry in found]
    assert {entry.type for entry in entries} == {
        *("transfer", "match", "fee", "rebate", "conversion")
    }
    assert 1_500 <= len(entries) <= 3_000
    for sold_out in ("LTC", "AAVE"):
        assert history("default")[sold_out][-1].balance == 0
        assert history("default")[sold_out][-1].type == "match"
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


@pytest.mark.parametrize("owner", OWNERS)
def test_a_fill_is_at_the_price_that_the_market_had(owner: str) -> None:
    # While all of it was traded: a stopped book says of its past what it says of today.
    market = Market(dict.fromkeys(STATES_AT_FIRST, "online"))
    for fill in past(owner).fills:
        assert fill.price == market.last(fill.book, fill.at / SECOND).price


@pytest.mark.parametrize("owner", OWNERS)
def test_fees_and_conversions_are_whole(owner: str) -> None:
    entries = [entry for found in history(owner).values() for entry in found]
    fees = {entry.details["trade_id"]: -entry.amount for entry in entries if entry.type == "fee"}
    assert fees == {str(fill.trade_id): fill.fee for fill in past(owner).fills}
    converted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.type == "conversion":
            converted[entry.details["conversion_id"]] += entry.amount
    assert not any(converted.values())


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


@pytest.mark.parametrize(("currency", "limit"), [("USDC", 1), ("ETH", 7), ("USD", 1000)])
def test_paging_gives_every_entry_once_newest_first(
    later: Client, account: dict[str, str], currency: str, limit: int
) -> None:
    rows = pages(later, f"/accounts/{account[currency]}/ledger?{WHOLE}", limit)
    newest_first = history("default")[currency][::-1]
    assert len(newest_first) > limit
    assert [(row["id"], Decimal(row["amount"]), Decimal(row["balance"])) for row in rows] == [
        (str(one.id), one.amount, one.balance) for one in newest_first
    ]


def test_fills_are_listed_newest_first_and_by_book_and_order(later: Client) -> None:
    fills = past("default").fills[::-1]
    rows = pages(later, "/fills", 100)
    assert [(row["trade_id"], Decimal(row["fee"]), row["side"]) for row in rows] == [
        (fill.trade_id, fill.fee, fill.side) for fill in fills
    ]
    of_book = pages(later, "/fills?product_id=ADA-USD", 1000)
    assert of_book == [row for row in rows if row["product_id"] == "ADA-USD"]
    assert pages(later, f"/fills?order_id={rows[5]['order_id']}", 1000) == [rows[5]]


def test_the_past_is_limited_as_other_private_endpoints_are(later: Client) -> None:
    paths = ["/fills?limit=1", "/transfers?limit=1"] * 16
    replies = [later.signed("GET", path) for path in paths]
    assert [reply.status for reply in replies] == [200] * 30 + [429] * 2
    assert replies[-1].refusal == (429, "Private rate limit exceeded")


def test_the_ledger_stays_when_accounts_are_replaced(
    later: Client, simulator: Simulator, account: dict[str, str]
) -> None:
    path = f"/accounts/{account['BTC']}/ledger?{WHOLE}"
    before = later.signed("GET", path).rows
    simulator.exchange.accounts = [{"id": account["BTC"], "currency": "BTC", "balance": "9"}]
    assert later.signed("GET", path).rows == before
    assert later.signed("GET", f"/accounts/{account['ETH']}/ledger").status == 404


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
    everything = pages(later, "/transfers", 50)
    for currency, entries in history("default").items():
        rows = pages(later, f"/accounts/{account[currency]}/transfers", 1000)
        assert rows == [row for row in everything if row["currency"] == currency]
        assert {(row["id"], row["type"], Decimal(row["amount"])) for row in rows} == {
            (one.details["transfer_id"], one.details["transfer_type"], abs(one.amount))
            for one in entries
            if one.type == "transfer"
        }
    written = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00"
    assert all(re.fullmatch(written, row["created_at"]) for row in everything)
    assert everything == sorted(everything, key=lambda row: row["created_at"], reverse=True)


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
    for wrong_too in ({"currency": "BTC"}, {"amount": "1"}, {"currency": "BTC", "amount": "NaN"}):
        assert later.control("PUT", "/ledger", {"extra": [wrong_too]}).status == 400
    simulator.exchange.reset()
    assert later.signed("GET", path).rows == right


def test_one_account_alone_can_be_wrong(later: Client, account: dict[str, str]) -> None:
    bitcoin, ether = (f"/accounts/{account[code]}/ledger?{WHOLE}" for code in ("BTC", "ETH"))
    before = later.signed("GET", ether).rows
    twist = {"account": "BTC", "break_off_after": 1, "extra": [{"amount": "2"}]}
    assert later.control("PUT", "/ledger", twist).status == 200
    assert [row["amount"] for row in later.signed("GET", bitcoin).rows] == ["2"]
    assert later.signed("GET", ether).rows == before


def test_what_is_added_moves_the_account_to_the_last_digit_once_it_has_happened(
    later: Client, clock: Clock, account: dict[str, str]
) -> None:
    path = f"/accounts/{account['SHIB']}"
    before = later.signed("GET", path).fields
    one = {"currency": "SHIB", "amount": "0.0000000000000001", "at": "2026-12-01T00:00:00Z"}
    assert later.control("PUT", "/ledger", {"extra": [one]}).status == 200
    assert (later.signed("GET", path).fields, later.signed("GET", f"{path}/ledger").rows) == (
        before,
        [],
    )
    clock.now += 10 * 86_400
    moved = later.signed("GET", path).fields
    (row,) = later.signed("GET", f"{path}/ledger?start_date=2026-11-30&end_date=2026-12-31").rows
    assert moved["balance"] == moved["available"] == row["balance"]
    assert row["balance"] == "123456789012345678.1234567890123457"


def test_accounts_without_amounts_stay_as_they_are_put(later: Client) -> None:
    odd = [{"currency": "BTC", "id": "x", "balance": "odd"}, {"currency": "BTC"}, 3]
    later.control("PUT", "/accounts", odd)
    later.control("PUT", "/ledger", {"extra": [{"currency": "BTC", "amount": "1"}]})
    assert later.accounts().json == odd


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
