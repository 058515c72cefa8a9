import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.exchange_http.bodies import (
    MAX_CHARACTERS,
    NotAnArrayError,
    Number,
    parse_array,
    parse_document,
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


def test_a_long_array_is_taken_in_as_its_members_are() -> None:
    taken = 0

    def body() -> Any:
        nonlocal taken
        yield b"["
        for _ in range(10):
            taken += 1
            yield b"7," * (MAX_CHARACTERS // 2)
        yield b"7]"

    members = parse_array(body())
    assert next(members) == Number("7")
    assert taken <= 2
    assert sum(1 for _ in members) == 10 * MAX_CHARACTERS // 2


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
