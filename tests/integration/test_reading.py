"""From an empty table to figures, over signed HTTP and AWS's own protocols."""

import json
from decimal import Decimal
from typing import Any, cast

import pytest

from holdings.adapters.packing import unpack
from local.simulator import Fault, Simulator
from tests.builders import NOW, FakeClock, unvalued
from tests.integration.conftest import ANSWER, TABLE, Laptop, moto_client


def test_miss_then_hit_then_not_modified_then_miss_again(laptop: Laptop) -> None:
    first = laptop.get()
    assert (first.status_code, first.headers["X-Cache"]) == (200, "MISS")
    second = laptop.get()
    assert second.headers["X-Cache"] == "HIT"
    assert (second.data, second.headers["ETag"]) == (first.data, first.headers["ETag"])
    assert laptop.get(**{"If-None-Match": first.headers["ETag"]}).status_code == 304
    laptop.time.advance(180)
    assert laptop.get().headers["X-Cache"] == "MISS"
    assert laptop.asked() == 2


def test_every_funded_account_is_shown_as_the_exchange_holds_it(laptop: Laptop) -> None:
    body = laptop.get().json
    assert body
    accounts = cast("list[dict[str, Any]]", laptop.simulator.exchange.accounts)
    shown = {holding["account_id"]: holding for holding in body["holdings"]}
    assert body["account_count"] == len(accounts)
    assert sum(body["hidden"].values()) + len(shown) == len(accounts)
    for account in accounts:
        balance = Decimal(account["balance"])
        if account["id"] not in shown:
            assert balance < Decimal("1e-12")
            continue
        for name in ("balance", "available", "hold"):
            exact, seen = Decimal(account[name]), Decimal(shown[account["id"]][name])
            assert 0 <= exact - seen < Decimal("1e-12")


def test_what_was_served_is_what_is_stored(laptop: Laptop) -> None:
    served = laptop.get()
    item = moto_client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": ANSWER}}).get("Item")
    assert item
    packed = item.pop("packed")
    assert "S" in packed
    assert unpack([packed["S"]]) == served.get_data(as_text=True)
    assert item == {
        "pk": {"S": ANSWER},
        "as_of": {"N": str(NOW)},
        "expires_at": {"N": str(NOW + 180)},
        "sequence": {"N": str(NOW * 1_000)},
        "digest": {"S": served.headers["ETag"].strip('"')},
        "ttl": {"N": str(NOW + 180 + 86_400)},
    }


def test_another_instance_serves_the_same_snapshot(laptop: Laptop) -> None:
    first = laptop.get()
    laptop.restart()
    second = laptop.get()
    assert (second.headers["X-Cache"], second.data) == ("HIT", first.data)


@pytest.mark.parametrize("page_size", [1, 7, 100, 204, 1000])
def test_any_page_size_gives_the_same_accounts(laptop: Laptop, page_size: int) -> None:
    whole = laptop.get().json
    accounts = cast("list[object]", laptop.simulator.exchange.accounts)
    laptop.simulator.exchange.accounts = accounts[:40] if page_size == 1 else accounts
    laptop.simulator.exchange.page_size = page_size
    laptop.time.advance(60)
    body = laptop.get("?refresh=true").json
    assert whole
    assert body
    if page_size == 1:
        assert body["account_count"] == 40
    else:
        assert unvalued(body)["holdings"] == unvalued(whole)["holdings"]
        assert body["account_count"] == whole["account_count"]


def test_a_clock_ten_minutes_off_costs_one_look_at_coinbases(
    laptop: Laptop, simulator: Simulator
) -> None:
    for offset in (600, -600):
        laptop.restart()
        simulator.exchange.clock_offset = offset
        before = laptop.asked("/time"), laptop.asked()
        laptop.time.advance(200)
        assert laptop.get().status_code == 200
        assert (laptop.asked("/time"), laptop.asked()) == (before[0] + 1, before[1] + 2)
        laptop.time.advance(200)
        assert laptop.get().headers["X-Cache"] == "MISS"
        assert laptop.asked("/time") == before[0] + 1


def test_a_passing_fault_is_not_noticed(laptop: Laptop, time: FakeClock) -> None:
    for fault in (Fault.INTERNAL_ERROR, Fault.RATE_LIMITED, Fault.RESET, Fault.BAD_GATEWAY):
        laptop.break_exchange(fault, times=2)
        time.advance(200)
        answer = laptop.get()
        assert (answer.status_code, answer.headers["X-Cache"]) == (200, "MISS")
    assert 0 < min(time.sleeps) <= max(time.sleeps) < 1


def test_hostile_names_come_through_as_text(laptop: Laptop) -> None:
    name = '<script>alert(1)</script>\u202e\x00"'
    laptop.simulator.exchange.accounts = [
        {"id": "1", "currency": name, "balance": "1", "available": "1", "hold": "0"},
        {"id": "2", "currency": "X" * 5000, "balance": "1" * 30, "available": "-1", "hold": "0"},
    ]
    body = json.loads(laptop.get().data)
    assert [holding["currency"] for holding in body["holdings"]] == [name, "X" * 5000]
    assert laptop.get().headers["X-Cache"] == "HIT"
