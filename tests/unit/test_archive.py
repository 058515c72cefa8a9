"""The archive of `make run`: what is in the way of it is said, not thrown."""

from pathlib import Path

import pytest

from local.archive import build_archive
from local.settings import LocalError


def test_a_place_that_takes_no_archive_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "dist").touch()
    said: list[str] = []

    with pytest.raises(LocalError, match=r"dist/holdings\.zip cannot be written: "):
        build_archive(said.append, tmp_path / "dist" / "holdings.zip")

    assert said[0] == "building the Lambda package"
