import json
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from holdings.api.schemas import HoldingsQuerySchema, SnapshotDocument, SnapshotSchema
from holdings.core.portfolio import Account, build_portfolio
from holdings.core.snapshot import Notice, Snapshot, annotate
from tests.builders import NOW, make_account

amounts = st.decimals(-(10**20), 10**30, allow_nan=False, places=16)
snapshots = st.builds(
    Snapshot,
    as_of=st.integers(0, 4_000_000_000),
    expires_at=st.integers(0, 4_000_000_000),
    portfolio=st.lists(
        st.builds(
            Account,
            id=st.text(),
            currency=st.text(),
            balance=amounts,
            available=amounts,
            hold=amounts,
        )
    ).map(build_portfolio),
    stale=st.booleans(),
    warnings=st.lists(st.builds(Notice, st.text(), st.text())).map(tuple),
)


@given(snapshots)
def test_what_is_written_is_what_the_schema_reads_and_says_what_was_meant(
    snapshot: Snapshot,
) -> None:
    payload = SnapshotDocument().encode(snapshot)
    assert payload.isascii()
    assert SnapshotSchema().loads(payload) == {
        "as_of": snapshot.as_of,
        "expires_at": snapshot.expires_at,
        "stale": snapshot.stale,
        "warnings": [asdict(notice) for notice in snapshot.warnings],
        "account_count": snapshot.portfolio.account_count,
        "hidden": asdict(snapshot.portfolio.hidden),
        "holdings": [asdict(holding) for holding in snapshot.portfolio.holdings],
    }


@given(snapshots, st.lists(st.builds(Notice, st.sampled_from("abc"), st.text())))
def test_a_note_changes_the_warnings_and_nothing_else(
    snapshot: Snapshot, notices: list[Notice]
) -> None:
    snapshot = replace(snapshot, stale=False, warnings=(Notice("a", "known"),))
    payload = SnapshotDocument().encode(snapshot)
    noted = json.loads(annotate(payload, notices, stale=True))
    assert noted["warnings"][0] == {"code": "a", "detail": "known"}
    assert [Notice(**warning) for warning in noted["warnings"][1:]] == [
        notice for notice in notices if notice.code != "a"
    ]
    assert noted == json.loads(payload) | {"stale": True, "warnings": noted["warnings"]}
    assert annotate(payload, []) == payload


def test_a_lone_surrogate_in_a_name_cannot_break_the_answer() -> None:
    portfolio = build_portfolio([make_account(currency="\ud800")])
    payload = SnapshotDocument().encode(Snapshot(NOW, NOW, portfolio))
    assert payload.encode()
    assert json.loads(annotate(payload, []))["holdings"][0]["currency"] == "\ud800"


@pytest.mark.parametrize("payload", ["", "{", "null", "[]", "{}", '{"warnings": 7}'])
def test_a_document_of_another_shape_cannot_be_noted_on(payload: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of json or ours
        annotate(payload, [Notice("a", "b")])


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
    payload = SnapshotDocument().encode(Snapshot(NOW, NOW, build_portfolio([make_account()])))
    with pytest.raises(ValidationError, match=name):
        SnapshotSchema().load(json.loads(payload) | {name: value})


@pytest.mark.parametrize("amount", ["1e3", "", "0.1234567890123", "NaN", 1.5, "1" * 70])
def test_an_amount_that_is_not_ours_is_refused(amount: object) -> None:
    payload = json.loads(
        SnapshotDocument().encode(Snapshot(NOW, NOW, build_portfolio([make_account()])))
    )
    payload["holdings"][0]["hold"] = amount
    with pytest.raises(ValidationError, match="hold"):
        SnapshotSchema().load(payload)


def test_amounts_are_never_floats_on_the_way() -> None:
    exact = "123456789012345678.123456789012"
    portfolio = build_portfolio([make_account(balance=exact)])
    payload = SnapshotDocument().encode(Snapshot(NOW, NOW, portfolio))
    assert f'"balance":"{exact}"' in payload
    read = cast("dict[str, Any]", SnapshotSchema().loads(payload))["holdings"][0]["balance"]
    assert (type(read), read) == (Decimal, Decimal(exact))


def test_refresh_is_false_unless_asked_for() -> None:
    assert HoldingsQuerySchema().load({}) == {"refresh": False}
    assert HoldingsQuerySchema().load({"refresh": "true"}) == {"refresh": True}
