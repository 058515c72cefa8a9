"""Peers are compared at the versions that we pin: what differs is the framework."""

from pathlib import Path

import pytest

from bench.trees import PEERS, ROOT
from package.wheels import pins

FOLDERS = sorted(path.parent for path in PEERS.glob("*/requirements.txt"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_a_peer_shares_with_us_it_has_at_our_version(folder: Path) -> None:
    ours = pins((ROOT / "requirements.txt").read_text())
    theirs = pins((folder / "requirements.txt").read_text())
    shared = ours.keys() & theirs.keys()
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
