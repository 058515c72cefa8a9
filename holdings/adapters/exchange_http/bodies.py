"""JSON from strangers, read in a bounded window: what is held grows with no body's length."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

# An account is some 300 characters, an error's document fewer.
MAX_CHARACTERS = 64 * 1024
# Of one object that is read in parts.
_MAX_FIELDS = 100

_SPACE = re.compile(r"[ \t\n\r]*")


class Number(NamedTuple):
    """A JSON number as it is written: 1e99999999999 costs nothing until somebody computes it."""

    text: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_refuse_constant,
)


_ROWS = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)


def parse_document(chunks: Iterable[bytes]) -> object:
    """Parse JSON of at most MAX_CHARACTERS. Raises ValueError.

    JSON is UTF-8 (RFC 8259); `chunks` may be cut anywhere.
    """
    window = _Window(chunks)
    document = window.value()
    window.end()
    return document


def parse_rows(chunks: Iterable[bytes], most: int) -> list[Any]:
    """Parse a JSON array of at most `most` bytes at once. Raises ValueError, NotAnArrayError.

    Several times as fast as `parse_array`, for what there may be a great deal of. Numbers are their
    texts; of a name that stands twice in an object the last one counts.
    """
    pieces: list[bytes] = []
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise ValueError(f"over {most} bytes")
        pieces.append(chunk)
    try:
        rows: object = _ROWS.decode(b"".join(pieces).decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(rows, list):
        raise NotAnArrayError("not an array")
    return cast("list[Any]", rows)


def parse_array(chunks: Iterable[bytes]) -> Iterator[object]:
    """Yield the members of a JSON array, each of at most MAX_CHARACTERS. Raises ValueError.

    NotAnArray where it is something else. Members come before the rest has been read, so a
    ValueError may follow them: they count only once all of them have come.
    """
    window = _Window(chunks)
    if window.is_whole():
        # Most fit, and are parsed in half the time.
        members = window.value()
        window.end()
        if not isinstance(members, list):
            raise NotAnArrayError("not an array")
        yield from cast("list[object]", members)
        return
    yield from _members(window)
    window.end()


def _members(window: "_Window") -> Iterator[object]:
    if not window.take("["):
        window.value()
        raise NotAnArrayError("not an array")
    if not window.take("]"):
        yield window.value()
        while window.take(","):
            yield window.value()
        if not window.take("]"):
            raise ValueError("neither a comma nor the array's end")


def parse_fields(chunks: Iterable[bytes], listed: str) -> Iterator[tuple[str, object]]:
    """Yield a JSON object's fields as (name, value); its array `listed` a member at a time.

    Each value is of at most MAX_CHARACTERS, each name comes once but `listed` as often as it has
    members. Raises ValueError, NotAnArrayError where the body is no object or `listed` no array;
    as with `parse_array` it may follow what has been yielded.
    """
    window = _Window(chunks)
    if not window.take("{"):
        window.value()
        raise NotAnArrayError("not an object")
    seen: set[str] = set()
    more = not window.take("}")
    while more:
        name = _name(window)
        if name in seen or len(seen) == _MAX_FIELDS:
            raise ValueError("a name stands twice in an object, or there are too many")
        seen.add(name)
        if name == listed:
            for member in _members(window):
                yield name, member
        else:
            yield name, window.value()
        more = window.take(",")
        if not more and not window.take("}"):
            raise ValueError("neither a comma nor the object's end")
    window.end()
    if listed not in seen:
        raise NotAnArrayError(f"no {listed}")


def parse_members(chunks: Iterable[bytes]) -> Iterator[tuple[str, object]]:
    """Yield a JSON object's fields as (name, value), each value of at most MAX_CHARACTERS.

    For one whose names are data: how many there may be is for the caller to bound, and which of two
    of one name counts. Raises ValueError, NotAnArrayError where the body is no object.
    """
    window = _Window(chunks)
    if not window.take("{"):
        window.value()
        raise NotAnArrayError("not an object")
    more = not window.take("}")
    while more:
        yield _name(window), window.value()
        more = window.take(",")
        if not more and not window.take("}"):
            raise ValueError("neither a comma nor the object's end")
    window.end()


def _name(window: "_Window") -> str:
    name = window.value()
    if not isinstance(name, str) or not window.take(":"):
        raise ValueError("neither a name nor the object's end")
    return name


class NotAnArrayError(ValueError):
    """JSON, but of another kind."""


class _Window:
    """The text from where the parser stands, at least MAX_CHARACTERS of it while there are more."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._ended = False

    def is_whole(self) -> bool:
        """Whether all of a body is at hand, and as short as one value may be."""
        self._fill()
        return self._ended and len(self._text) <= MAX_CHARACTERS

    def take(self, character: str) -> bool:
        """Go past `character` if it stands next, white space aside."""
        found = self._next() == character
        self._at += found
        return found

    def value(self) -> object:
        """Parse the value that stands next."""
        self._next()
        self._fill()
        try:
            value, end = _decoder.raw_decode(self._text, self._at)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if end - self._at > MAX_CHARACTERS:
            raise ValueError(f"over {MAX_CHARACTERS} characters in one value")
        self._at = end
        return value

    def end(self) -> None:
        if self._next():
            raise ValueError("more after the end")

    def _next(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        while True:
            self._fill()
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""

    def _fill(self) -> None:
        missing = MAX_CHARACTERS - (len(self._text) - self._at)
        if self._ended or missing < 0:
            return
        # More than is missing, so that a long text is not copied for each of many short values.
        missing += MAX_CHARACTERS
        pieces = [self._text[self._at :]]
        while missing > 0 and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            piece = self._utf8.decode(chunk or b"", final=self._ended)
            pieces.append(piece)
            missing -= len(piece)
        self._text, self._at = "".join(pieces), 0
