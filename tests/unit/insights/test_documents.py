"""What is read back is of this version and whole, or it is nothing."""

import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.core.insights.documents import (
    BrokenDocument,
    features_document,
    pack,
    persona_document,
    recommendations_document,
    unpack,
)
from holdings.core.insights.facts import ConnectionFacts, Hold, HoldingNow, Mismatch, Reading
from holdings.core.record_ports import InsightPart
from tests.unit.insights.people import WINDOW, make_facts

FACTS = make_facts(
    connections=[
        ConnectionFacts(
            "0" * 32,
            "Main",
            "active",
            ("view", "trade"),
            "exchange_timeout",
            [Mismatch("BTC", "gap", Decimal(1), Decimal(2))],
        )
    ],
    reading=Reading(
        WINDOW, [HoldingNow("BTC", Decimal(1), Decimal(1), None, "delisted", "no_market")]
    ),
    holds=[Hold("BTC", Decimal(1), WINDOW - 86_400 * 9, WINDOW)],
)
FEATURES = features_document(FACTS)
DOCUMENTS: dict[InsightPart, dict[str, Any]] = {
    "features": FEATURES,
    "persona": persona_document(FEATURES),
    "recommendations": recommendations_document(FEATURES),
}
PARTS: list[InsightPart] = list(DOCUMENTS)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, by the way that leads there."""
    yield path
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield from places(inner, (*path, name))
    if isinstance(value, list):
        for number, inner in enumerate(cast("list[Any]", value)):
            yield from places(inner, (*path, number))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy: Any = json.loads(json.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def packed(document: Any) -> bytes:
    return zlib.compress(json.dumps(document).encode())


PLACES = {part: list(places(document)) for part, document in DOCUMENTS.items()}


@pytest.mark.parametrize("part", PARTS)
def test_what_was_packed_is_read_back(part: InsightPart) -> None:
    assert unpack(part, pack(DOCUMENTS[part])) == DOCUMENTS[part]


def assert_is_described(features: Any) -> None:
    """Whatever was let through makes documents that are let through again."""
    persona, listed = persona_document(features), recommendations_document(features)
    assert unpack("persona", pack(persona)) == persona
    assert unpack("recommendations", pack(listed)) == listed


@given(st.sampled_from(PARTS), st.data())
@settings(max_examples=40)
def test_whatever_stands_anywhere_is_what_it_has_to_be_or_all_of_it_is_nothing(
    part: InsightPart, data: st.DataObject
) -> None:
    """And what gets through makes a persona and observations without an error."""
    path = data.draw(st.sampled_from(PLACES[part]))
    changed = put(DOCUMENTS[part], path, data.draw(anything))
    try:
        read = unpack(part, packed(changed))
    except BrokenDocument:
        return
    if part == "features":
        assert_is_described(read)


HOSTILE = ["1e64", "-1e64", "-5", "0.0000000000000000000000000000001", "9" * 60, "0"]


@pytest.mark.parametrize("amount", HOSTILE)
def test_amounts_of_any_size_break_nothing(amount: str) -> None:
    for path in places(FEATURES):
        value = FEATURES
        for step in path:
            value = cast("Any", value)[step]
        if isinstance(value, str) and value.replace(".", "").isdigit():
            try:
                read = unpack("features", packed(put(FEATURES, path, amount)))
            except BrokenDocument:
                continue
            assert_is_described(read)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"no zlib",
        pack(DOCUMENTS["features"])[:-9],
        packed([]),
        packed(None),
        zlib.compress(b"\xff"),
        zlib.compress(b"[" * 100_000),
        zlib.compress(b'"' + b"a" * 2_000_000 + b'"'),
        packed({**FEATURES, "version": 2}),
        packed({**FEATURES, "version": True}),
        packed({**FEATURES, "periods": FEATURES["periods"][:2]}),
        packed({**FEATURES, "periods": FEATURES["periods"][::-1]}),
        packed({**FEATURES, "more": 1}),
    ],
    ids=range(13),
)
def test_what_no_version_has_written_is_nothing(stored: bytes) -> None:
    for part in PARTS:
        with pytest.raises(BrokenDocument):
            unpack(part, stored)
