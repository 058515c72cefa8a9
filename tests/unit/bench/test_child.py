"""A handler is run alone, and what it prints is not taken for its answer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.contenders import Contender, Tree
from bench.invocation import http_api
from bench.measure import CASES, CHILD, Case

HANDLER = """
import sys
print("a line of log")

def handler(event, context):
    print("another")
    return {"event": event, "path": sys.path[0], "left": context.get_remaining_time_in_millis()}
"""


def run(folder: Path, *, warm_up: int, calls: int) -> dict[str, Any]:
    (folder / "handler.py").write_text(HANDLER)
    job = {"path": [str(folder)], "module": "handler", "event": {"a": 1}}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(CHILD)],
        input=json.dumps(job | {"warm_up": warm_up, "calls": calls}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_child_reports_what_the_first_answer_and_the_warm_ones_cost(tmp_path: Path) -> None:
    told = run(tmp_path, warm_up=2, calls=3)
    assert told["response"] == {"event": {"a": 1}, "path": str(tmp_path), "left": 10_000}
    assert len(told["calls"]) == 3
    assert 0 < told["first_call"] < told["wall"]
    assert told["memory"] > 1_000_000
    assert min(told["cpu"], told["start_cpu"], told["warm_cpu"]) >= 0


def contender(name: str, *, hits_only: bool = False) -> Contender:
    tree = Tree("", 0, 0)
    return Contender(name, (), "handler", http_api, tree, name, hits_only)


def asked(of: Contender) -> list[str]:
    return [case.name for case in CASES if case.asks(of)]


def test_every_peer_is_asked_every_case_but_the_snapshot() -> None:
    assert asked(contender("chalice")) == ["health", "hit", "miss", "warm"]


def test_ours_and_what_it_replaces_are_asked_for_a_miss_after_a_snapshot() -> None:
    assert [name for name in ("holdings", "fastapi") if "snapshot" in asked(contender(name))] == [
        "holdings",
        "fastapi",
    ]


def test_a_peer_on_our_aws_layer_is_asked_for_hits_alone() -> None:
    cases: list[Case] = [case for case in CASES if case.asks(contender("mixed", hits_only=True))]
    assert {case.answers for case in cases} == {"hit"}
