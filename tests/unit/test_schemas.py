import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from holdings.api.schemas import HoldingsQuerySchema, ProblemSchema, SnapshotDocument, to_json
from holdings.core.portfolio import Account, build_portfolio
from holdings.core.snapshot import Notice, Snapshot
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
def test_a_snapshot_survives_being_stored_and_read_back(snapshot: Snapshot) -> None:
    document = SnapshotDocument()
    payload = document.encode(snapshot)
    assert payload.isascii()
    assert document.decode(payload) == snapshot
    assert document.encode(document.decode(payload)) == payload


def test_a_lone_surrogate_in_a_name_cannot_break_the_answer() -> None:
    portfolio = build_portfolio([make_account(currency="\ud800")])
    payload = SnapshotDocument().encode(Snapshot(NOW, NOW, portfolio))
    assert payload.encode()
    assert SnapshotDocument().decode(payload).portfolio == portfolio


@pytest.mark.parametrize(
    "payload",
    ["", "{", "null", "[]", "{}", '{"as_of":"2026-11-21"}', "[" * 100_000],
)
def test_a_document_of_another_shape_is_a_value_error(payload: str) -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        SnapshotDocument().decode(payload)


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
    with pytest.raises(ValueError, match=name):
        SnapshotDocument().decode(json.dumps(json.loads(payload) | {name: value}))


@pytest.mark.parametrize("amount", ["1e3", "", "0.1234567890123", "NaN", 1.5, "1" * 70])
def test_an_amount_that_is_not_ours_is_refused(amount: object) -> None:
    payload = json.loads(
        SnapshotDocument().encode(Snapshot(NOW, NOW, build_portfolio([make_account()])))
    )
    payload["holdings"][0]["hold"] = amount
    with pytest.raises(ValueError, match="hold"):
        SnapshotDocument().decode(json.dumps(payload))


def test_what_is_made_is_validated_on_the_way_out() -> None:
    with pytest.raises(ValidationError, match="status"):
        to_json(
            ProblemSchema(),
            {
                "type": "t",
                "title": "t",
                "status": 200,
                "detail": "d",
                "code": "c",
                "request_id": "r",
            },
        )


def test_amounts_are_never_floats_on_the_way() -> None:
    exact = "123456789012345678.123456789012"
    portfolio = build_portfolio([make_account(balance=exact)])
    payload = SnapshotDocument().encode(Snapshot(NOW, NOW, portfolio))
    assert f'"balance":"{exact}"' in payload
    assert SnapshotDocument().decode(payload).portfolio.holdings[0].balance == Decimal(exact)


def test_refresh_is_false_unless_asked_for() -> None:
    assert HoldingsQuerySchema().load({}) == {"refresh": False}
    assert HoldingsQuerySchema().load({"refresh": "true"}) == {"refresh": True}
