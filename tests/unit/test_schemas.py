import json
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from holdings.api.schemas import (
    HoldingsQuerySchema,
    SnapshotSchema,
)
from holdings.core.answers import mark_stale, narrow
from holdings.core.portfolio import Account, Holding, build_portfolio
from holdings.core.prices import Prices, Quote
from holdings.core.snapshot import Notice, Part, SourceView, compose, parse_part
from holdings.core.valuation import Valuation
from tests.builders import NOW, make_account, make_connection

amounts = st.decimals(-(10**20), 10**30, allow_nan=False, places=16)
accounts = st.lists(
    st.builds(
        Account,
        id=st.text(),
        currency=st.text(),
        balance=amounts,
        available=amounts,
        hold=amounts,
    ),
    max_size=5,
)
moments = st.integers(0, 4_000_000_000)
notices = st.builds(Notice, st.text(), st.text())


def part(connection_id: str, read: list[Account]) -> Part:
    return parse_part(build_portfolio(read).part(connection_id))


PRICES = Prices(quotes={"BTC-USD": Quote(Decimal(60000), Decimal(50000), traded=True)}, now=NOW)
VALUED = Valuation(PRICES, "USD").document


def document(*read: Account, **changes: Any) -> str:
    """What one connection with these accounts gives."""
    source = SourceView(make_connection(), "", part("c1", list(read)), NOW, NOW)
    return compose([source._replace(**changes)], [], VALUED, as_of=NOW, expires_at=NOW)


@given(st.lists(st.tuples(accounts, moments, st.none() | notices), max_size=3), st.lists(notices))
def test_what_is_written_is_what_the_schema_reads_and_says_what_was_meant(
    read: list[tuple[list[Account], int, Notice | None]], warnings: list[Notice]
) -> None:
    portfolios = [build_portfolio(one) for one, _, _ in read]
    sources = [
        SourceView(make_connection(f"c{n}"), "scope", part(f"c{n}", one), moment, moment, warning)
        for n, (one, moment, warning) in enumerate(read)
    ]
    payload = compose(sources, warnings, VALUED, as_of=7, expires_at=8)
    assert payload.isascii()
    written = cast("dict[str, Any]", SnapshotSchema().loads(payload))
    held = [
        {"connection_id": f"c{n}", **holding._asdict()}
        for n, portfolio in enumerate(portfolios)
        for holding in portfolio.holdings
    ]
    failed = [source.warning for source in sources if source.warning]
    names = ("connection_id", *Holding._fields)
    assert [{name: one[name] for name in names} for one in written["holdings"]] == sorted(
        held, key=lambda one: (one["currency"], one["account_id"], one["connection_id"])
    )
    assert [source["warning"] for source in written["sources"]] == [
        source.warning and source.warning._asdict() for source in sources
    ]
    assert [source["as_of"] for source in written["sources"]] == [one[1] for one in read]
    assert {name: written[name] for name in ("as_of", "expires_at", "stale", "warnings")} == {
        "as_of": 7,
        "expires_at": 8,
        "stale": bool(failed),
        "warnings": [notice._asdict() for notice in dict.fromkeys([*warnings, *failed])],
    }
    assert written["account_count"] == sum(one.account_count for one in portfolios)
    assert written["hidden"] == {
        name: sum(getattr(one.hidden, name) for one in portfolios) for name in ("zero", "dust")
    }


def test_one_source_alone_is_a_document_as_if_there_were_no_other() -> None:
    reason, other = Notice("exchange_timeout", "late"), Notice("exchange_unavailable", "down")
    sources = [
        SourceView(make_connection("c1"), "", part("c1", [make_account("a1")]), NOW, NOW, reason),
        SourceView(make_connection("c2"), "", part("c2", [make_account("a2")]), NOW, NOW, other),
        SourceView(make_connection("c3"), "", part("c3", [make_account(balance="0")]), NOW, NOW),
    ]
    whole = compose(sources, [Notice("demo_mode", "d")], VALUED, as_of=NOW, expires_at=NOW)
    for source in sources:
        alone = compose([source], [Notice("demo_mode", "d")], VALUED, as_of=NOW, expires_at=NOW)
        assert narrow(whole, source.connection.id) == (alone, source.warning is not None)
    assert narrow(whole, "c4") is None


def test_what_is_marked_as_stale_says_why_and_is_otherwise_as_it_was() -> None:
    payload = document(make_account())
    assert json.loads(mark_stale(payload, Notice("a", "b"))) == json.loads(payload) | {
        "stale": True,
        "warnings": [{"code": "a", "detail": "b"}],
    }


def test_a_lone_surrogate_in_a_name_cannot_break_the_answer() -> None:
    payload = document(make_account(currency="\ud800"))
    assert payload.encode()
    assert json.loads(payload)["holdings"][0]["currency"] == "\ud800"


SOUND: dict[str, Any] = {
    "account_count": 1,
    "hidden": {"zero": 0, "dust": 0},
    "hidden_currencies": {"zero": [], "dust": []},
    "holdings": [],
}
LISTED = {"currency": "BTC", "account_id": "a", "connection_id": "c", "balance": "1"}
WRONG: tuple[dict[str, Any], ...] = (
    {"account_count": "1"},
    {"hidden": {"zero": 0}},
    {"hidden_currencies": {"zero": []}},
    {"hidden_currencies": {"zero": [], "dust": 1}},
    {"holdings": 7},
    {"holdings": [{"currency": "BTC"}]},
    {"holdings": [LISTED | {"balance": "much"}]},
    {"holdings": [LISTED | {"balance": None}]},
)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        *(json.dumps(SOUND | wrong) for wrong in WRONG),
    ],
)
def test_what_is_kept_and_is_no_reading_is_refused(payload: str) -> None:
    assert parse_part(json.dumps(SOUND | {"holdings": [LISTED]}))
    with pytest.raises(ValueError):  # noqa: PT011 - of json or ours
        parse_part(payload)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of", "2026-11-21T09:30:00"),
        ("as_of", 7),
        ("stale", "perhaps"),
        ("account_count", -1),
        ("hidden", {"zero": "1", "dust": 0}),
        ("holdings", [{"account_id": "a"}]),
        ("surprise", 1),
    ],
)
def test_each_field_is_checked_on_the_way_in(name: str, value: object) -> None:
    payload = document(make_account())
    with pytest.raises(ValidationError, match=name):
        SnapshotSchema().load(json.loads(payload) | {name: value})


@pytest.mark.parametrize("amount", ["1e3", "", "0.1234567890123", "NaN", 1.5, "1" * 70])
def test_an_amount_that_is_not_ours_is_refused(amount: object) -> None:
    payload = json.loads(document(make_account()))
    payload["holdings"][0]["hold"] = amount
    with pytest.raises(ValidationError, match="hold"):
        SnapshotSchema().load(payload)


def test_amounts_are_never_floats_on_the_way() -> None:
    exact = "123456789012345678.123456789012"
    payload = document(make_account(balance=exact))
    assert f'"balance":"{exact}"' in payload
    read = cast("dict[str, Any]", SnapshotSchema().loads(payload))["holdings"][0]["balance"]
    assert (type(read), read) == (Decimal, Decimal(exact))


def test_refresh_is_false_unless_asked_for() -> None:
    assert HoldingsQuerySchema().load({}) == {
        "refresh": False,
        "connection": None,
        "currency": None,
    }
    asked = {"refresh": "true", "connection": "shared", "currency": "EUR"}
    assert HoldingsQuerySchema().load(asked) == asked | {"refresh": True}
