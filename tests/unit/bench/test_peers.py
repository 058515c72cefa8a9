"""Peers are compared at the versions that we pin: what differs is the framework."""

import re
from pathlib import Path

import pytest

from bench.contenders import NAMES, PEERS, ROOT


def pins(requirements: Path) -> dict[str, str]:
    return dict(re.findall(r"^([^\s=]+)==(\S+)", requirements.read_text(), re.MULTILINE))


@pytest.mark.parametrize("peer", [name for name in NAMES if (PEERS / name).is_dir()])
def test_what_a_peer_shares_with_us_it_has_at_our_version(peer: str) -> None:
    ours, theirs = pins(ROOT / "requirements.txt"), pins(PEERS / peer / "requirements.txt")
    shared = ours.keys() & theirs.keys()
    assert "botocore" in shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
