import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.packing import (
    MOST_CHARACTERS,
    MOST_PIECES,
    PIECE_CHARACTERS,
    pack,
    unpack,
)


@given(st.text(), st.integers(1, 2_000))
def test_what_is_packed_is_unpacked(text: str, times: int) -> None:
    pieces = pack(text * times)
    assert unpack(pieces) == text * times
    assert all(len(piece) <= PIECE_CHARACTERS for piece in pieces)


def test_a_document_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        pack("x" * (MOST_CHARACTERS + 1))


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [""],
        ["x"],
        ["é"],
        [base64.b64encode(b"no zlib").decode()],
        [base64.b64encode(zlib.compress(b"{}") + b"more").decode()],
        [pack("x" * 100)[0][:-8]],
        # A bomb: what it would become is more than any document of ours.
        [base64.b64encode(zlib.compress(b"\0" * (MOST_CHARACTERS + 1))).decode()],
    ],
)
def test_pieces_that_are_not_ours_are_refused_in_bounded_memory(pieces: list[str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of base64, of UTF-8 or ours
        unpack(pieces)
    assert len(pieces) <= MOST_PIECES
