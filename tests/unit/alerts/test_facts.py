"""What alerts are evaluated on: readings of now, of the viewer's own connections."""

import json
from decimal import Decimal
from typing import Any

import pytest

from holdings.core.alerts.evaluate import Source
from holdings.core.alerts.facts import FactsOf
from holdings.core.alerts.rules import Rule
from holdings.core.clock import Deadline
from holdings.core.history.progress import AccountWalk, Balances, Progress, Walk
from holdings.core.record_ports import LastRead
from holdings.core.sources import reading_place
from tests.unit.alerts.house import HOUR, House

BROKE = Rule("r", "reconciliation_broke")
VALUE = Rule("r", "value_crossed", amount=Decimal(1), direction="below")
SECOND = 1_000_000


def facts(house: House, *rules: Rule) -> dict[str, Source]:
    clock, made = house.time.clock, house.made
    known = FactsOf(
        sources=made.sources(),
        records=house.records,
        prices=made.prices,
        history=made.history,
        clock=clock,
        fresh_for=HOUR + 300,
    )
    found, _ = known.facts("ann", rules, "USD", Deadline.after(9, clock))
    return dict(found.sources)


@pytest.fixture
def house() -> House:
    made = House()
    made.hold("2")
    made.hour()
    made.read(made.connection)
    return made


def test_a_reading_of_now_has_its_balances_and_its_value(house: House) -> None:
    found = facts(house, VALUE)[house.connection]
    assert (found.balances, found.value) == ({"BTC": Decimal(2)}, Decimal(120_000))
    assert (found.rejected, found.failing, found.unpriced) == (False, False, frozenset())
    assert found.read_at == int(house.time.clock.now())


def test_the_shared_connection_is_not_counted() -> None:
    house = House(SHARED_CONNECTION="true", CB_SECRET_NAME="key")
    house.hold("2")
    house.hour()
    house.ask("GET", "/holdings")
    assert facts(house, VALUE).keys() == {house.connection}


def test_one_that_is_paused_is_not_looked_at(house: House) -> None:
    body = {"status": "paused"}
    assert house.ask("PATCH", f"/connections/{house.connection}", json=body).status_code == 200
    assert facts(house) == {}


def test_an_old_reading_is_none_of_now(house: House) -> None:
    house.time.advance(2 * HOUR)
    found = facts(house, VALUE)[house.connection]
    assert (found.balances, found.value) == (None, None)
    assert found.read_at == int(house.time.clock.now()) - 2 * HOUR


def test_what_fails_counts_again_as_soon_as_it_is_read(house: House) -> None:
    now = int(house.time.clock.now())
    last = {"window": house.window, "failures": 2}
    house.records.refresh.last["ann", house.connection] = LastRead(**last, retry_at=now + 60)
    found = facts(house)[house.connection]
    assert (found.failing, found.balances) == (True, None)
    # It was read after its pause, and that is noted a moment after the reading is kept.
    house.records.refresh.last["ann", house.connection] = LastRead(**last, retry_at=now)
    found = facts(house)[house.connection]
    assert (found.failing, found.balances) == (False, {"BTC": Decimal(2)})


@pytest.mark.parametrize(
    "row", [{"currency": "BTC", "balance": "NaN"}, {"balance": "1"}, {"currency": "BTC"}, None, 7]
)
def test_a_reading_that_nobody_here_wrote_is_none(house: House, row: Any) -> None:
    place = house.cache(reading_place(house.connection))
    deadline = Deadline.after(9, house.time.clock)
    entry = place.get(deadline)
    assert entry
    part = json.loads(entry.payload)
    part["holdings"] = [row]
    later = entry._replace(payload=json.dumps(part), as_of=entry.as_of + 1)
    place.put(later, entry.as_of + HOUR, deadline)
    found = facts(house, VALUE)[house.connection]
    assert (found.balances, found.value) == (None, None)


def test_without_a_ledger_nothing_fails_to_add_up(house: House) -> None:
    assert facts(house, BROKE)[house.connection].mismatches == 0
    assert facts(house)[house.connection].mismatches is None


WALK = Walk(0, 9, {"a": AccountWalk("BTC")}, 1)


@pytest.mark.parametrize(
    ("changes", "mismatches"),
    [
        ({}, 1),
        ({"balances": Balances(0, {})}, 0),
        ({"walk": WALK}, None),
        ({"busy_until": 10**10}, None),
        ({"read_until": None}, None),
        ({"balances": None}, None),
    ],
)
def test_a_ledger_is_compared_when_nobody_reads_it_on(
    house: House, changes: dict[str, Any], mismatches: int | None
) -> None:
    house.kind.has_ledger = True
    now = int(house.time.clock.now()) * SECOND
    progress = Progress("done", read_until=now, balances=Balances(now, {"a": ("BTC", Decimal(2))}))
    house.records.history.places["ann", house.connection] = progress._replace(**changes)
    assert facts(house, BROKE)[house.connection].mismatches == mismatches


def test_a_ledger_that_nobody_has_begun_to_read_is_unknown(house: House) -> None:
    house.kind.has_ledger = True
    assert facts(house, BROKE)[house.connection].mismatches is None
