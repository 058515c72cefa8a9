import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.exchange_http.bodies import (
    MAX_CHARACTERS,
    NotAnArrayError,
    Number,
    parse_array,
    parse_document,
    parse_fields,
)

values = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(
    st.lists(values),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
    st.integers(1, 40),
    st.text(" \t\n\r"),
)
def test_an_array_comes_as_its_members_however_it_is_cut_and_spaced(
    array: list[object], indent: int | None, escaped: bool, size: int, space: str
) -> None:
    text = space + json.dumps(array, indent=indent, ensure_ascii=escaped) + space
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    assert list(parse_array(pieces(data, size))) == array
    assert parse_document(pieces(data, size)) == array


@given(st.text(st.sampled_from('[]{},:"\\ tfn0123456789.eE+-é')), st.integers(1, 5))
def test_whatever_json_takes_for_an_array_or_refuses_so_does_this(text: str, size: int) -> None:
    def outcome(parse: Any) -> object:
        try:
            return parse()
        except ValueError:
            return ValueError

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(found)) < len(found):
            raise ValueError("twice")
        return dict(found)

    def whole() -> object:
        found: object = json.loads(
            text, parse_float=Number, parse_int=Number, object_pairs_hook=pairs
        )
        return found

    chunks = pieces(text.encode(), size)
    assert outcome(lambda: parse_document(chunks)) == outcome(whole)
    expected = outcome(whole)
    assert outcome(lambda: list(parse_array(chunks))) == (
        expected if isinstance(expected, list) else ValueError
    )


# As an array's member, 64 of these are as much as is looked at once.
LONG = "x" * (MAX_CHARACTERS // 64 - len('"",'))


def test_a_long_array_is_taken_in_as_its_members_are() -> None:
    taken = 0

    def body() -> Any:
        nonlocal taken
        yield b"["
        for _ in range(10):
            taken += 1
            yield f'"{LONG}",'.encode() * 64
        yield b"7]"

    members = parse_array(body())
    assert next(members) == LONG
    assert taken <= 2
    assert sum(1 for _ in members) == 10 * 64


@given(
    st.dictionaries(st.text(), values, max_size=4),
    st.lists(values, max_size=5),
    st.integers(0, 4),
    st.sampled_from([None, 0, 3]),
    st.integers(1, 40),
)
def test_an_object_comes_as_its_fields_and_one_of_them_as_its_members(
    others: dict[str, object], members: list[object], place: int, indent: int | None, size: int
) -> None:
    others.pop("rows", None)
    fields = list(others.items())
    fields.insert(place, ("rows", members))
    try:
        data = json.dumps(dict(fields), indent=indent, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    expected = [
        pair
        for name, value in fields
        for pair in ([(name, one) for one in members] if name == "rows" else [(name, value)])
    ]
    assert list(parse_fields(pieces(data, size), "rows")) == expected


@given(st.text(st.sampled_from('[]{},:"rows 01')), st.integers(1, 5))
def test_whatever_json_refuses_as_an_object_so_does_this(text: str, size: int) -> None:
    try:
        whole: object = json.loads(text)
    except ValueError:
        whole = None
    try:
        found = list(parse_fields(pieces(text.encode(), size), "rows"))
    except ValueError:
        return
    assert isinstance(whole, dict)
    rows = cast("list[object]", whole["rows"])
    assert found == [("rows", Number(str(one)) if type(one) is int else one) for one in rows]


def test_the_members_of_a_field_are_taken_in_as_they_come() -> None:
    taken = 0

    def body() -> Any:
        nonlocal taken
        yield b'{"rows": ['
        for _ in range(10):
            taken += 1
            yield f'"{LONG}",'.encode() * 64
        yield b"7]}"

    fields = parse_fields(body(), "rows")
    assert next(fields) == ("rows", LONG)
    assert taken <= 2
    assert sum(1 for _ in fields) == 10 * 64


@pytest.mark.parametrize("text", ["{}", "{", "[]", '{"rows": {}}', '{"rows": 1}', '{"a": []}', "7"])
def test_an_object_without_the_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(parse_fields([text.encode()], "rows"))


@pytest.mark.parametrize("text", ["{}", "7", '"[]"', "null", " { } "])
def test_json_of_another_kind_is_another_error_than_no_json(text: str) -> None:
    with pytest.raises(NotAnArrayError):
        list(parse_array([text.encode()]))


@pytest.mark.parametrize(
    "text",
    ["", " ", "[", "[,]", "[1,]", "[1 2]", "[1", "[1]]", "[1],", "[NaN]", "[Infinity]", "\ufeff[]"],
)
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        list(parse_array([text.encode()]))
    assert not isinstance(raised.value, NotAnArrayError)


@pytest.mark.parametrize(
    "member",
    [
        '"' + "x" * MAX_CHARACTERS + '"',
        "1" * 3 * MAX_CHARACTERS,
        "[" * 50_000 + "]" * 50_000,
        '{"a": 1, "a": 1}',
        '"\x00"',
    ],
)
def test_a_member_without_measure_or_with_two_meanings_is_refused(member: str) -> None:
    with pytest.raises(ValueError, match=r"characters|Unterminated|deeply|twice|control"):
        list(parse_array([f"[{member}]".encode()]))


def test_text_that_is_no_utf_8_is_refused() -> None:
    for data in (b'["\xff"]', '["x"]'.encode("utf-16"), b'["\xc3'):
        with pytest.raises(ValueError, match=r"codec|Expecting"):
            list(parse_array([data]))
