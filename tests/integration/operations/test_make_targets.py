"""What is typed after `make` is what the command gets, whatever is in it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from operations.stack import ROOT

PYTHON = """#!{python} -IS
import json, sys
print(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    """A folder whose `python` prints what it is asked to run."""
    program = tmp_path / "python"
    program.write_text(PYTHON.format(python=sys.executable))
    program.chmod(0o755)
    return tmp_path


def made(binaries: Path, target: str, *given: str) -> list[str]:
    """The arguments of `operations` after its stack, for a target of the Makefile."""
    built = [f"--old-file={name}" for name in ("package", "web", ".venv/.ready")]
    printed = subprocess.run(
        ["make", "--silent", *built, f"BIN={binaries}", target, *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    module, name, *arguments = json.loads(printed)
    assert (module, name) == ("-m", "operations")
    return arguments


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        (["up", "STACK=dev"], ["up"]),
        (["up", "STACK=dev", "YES=1"], ["up", "--yes"]),
        (["up", "STACK=dev", "YES=0"], ["up"]),
        (["preview", "STACK=dev", "YES=1"], ["preview"]),
        (["destroy", "STACK=dev"], ["destroy"]),
        (["destroy", "STACK=dev", "YES=1"], ["destroy", "--yes"]),
        (["logs", "STACK=dev"], ["logs"]),
        (["outputs", "STACK=dev"], ["outputs"]),
        (["put-secret", "STACK=dev"], ["put-secret"]),
        (["put-secret", "STACK=dev", "FILE=a b.json"], ["put-secret", "--file=a b.json"]),
        (["create-user", "STACK=dev", "EMAIL=a@b.c"], ["create-user", "--email=a@b.c"]),
        (["viewers", "STACK=dev"], ["viewers", "--search="]),
        (["viewers", "STACK=dev", "SEARCH=a b"], ["viewers", "--search=a b"]),
        (["redrive", "STACK=dev", "QUEUE=sync history"], ["redrive", "--queue=sync history"]),
        (["run-job", "STACK=dev", "JOB=forget;ls"], ["run-job", "--job=forget;ls"]),
        (["disable-viewer", "STACK=dev", "EMAIL=a@b.c"], ["disable-viewer", "--email=a@b.c"]),
        (["enable-viewer", "STACK=dev", "EMAIL=a@b.c"], ["enable-viewer", "--email=a@b.c"]),
        (["forget-viewer", "STACK=dev", "VIEWER=s-1"], ["forget-viewer", "--viewer=s-1"]),
        (["restore-viewer", "STACK=dev", "VIEWER=s"], ["restore-viewer", "--viewer=s", "--table="]),
        (
            ["restore-viewer", "STACK=dev", "VIEWER=s", "TABLE=t 1", "OVERWRITE=1", "YES=1"],
            ["restore-viewer", "--viewer=s", "--table=t 1", "--overwrite", "--yes"],
        ),
        (["deploy-code", "STACK=dev"], ["deploy-code"]),
        (
            ["deploy-code", "STACK=dev", "PERCENT=5", "MINUTES=30"],
            ["deploy-code", "--percent=5", "--minutes=30"],
        ),
        (["smoke", "STACK=dev"], ["smoke"]),
        (["deploy-web", "STACK=dev"], ["deploy-web"]),
        (["deploy-web", "STACK=dev", "PRUNE=1"], ["deploy-web", "--prune"]),
        (["rollback", "STACK=dev"], ["rollback", "--version="]),
        (["rollback", "STACK=dev", "VERSION=7"], ["rollback", "--version=7"]),
        (
            ["canary", "STACK=dev", "VERSION=8", "PERCENT=10"],
            ["canary", "--version=8", "--percent=10"],
        ),
    ],
)
def test_a_target_runs_its_command(binaries: Path, typed: list[str], arguments: list[str]) -> None:
    assert made(binaries, *typed) == ["--stack=dev", *arguments]


def test_nothing_that_is_typed_is_run(binaries: Path) -> None:
    mark = binaries / "run"
    hostile = f"""-x"'$(shell touch {mark})`touch {mark}`$$(touch {mark});touch {mark}#\\ """
    for target, name, option in (
        ("outputs", "STACK", "--stack"),
        ("put-secret", "FILE", "--file"),
        ("create-user", "EMAIL", "--email"),
        ("viewers", "SEARCH", "--search"),
        ("disable-viewer", "EMAIL", "--email"),
        ("forget-viewer", "VIEWER", "--viewer"),
        ("restore-viewer", "TABLE", "--table"),
        ("rollback", "VERSION", "--version"),
        ("canary", "PERCENT", "--percent"),
        ("deploy-code", "MINUTES", "--minutes"),
    ):
        assert f"{option}={hostile}" in made(binaries, target, f"{name}={hostile}")
    made(binaries, "up", f"YES={hostile}")
    assert not mark.exists()


def test_the_page_on_operations_names_every_target_and_no_other() -> None:
    """Each `make ...` of the documents is a target, and each operator's target is in them."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z -]*):", makefile, re.MULTILINE))
    targets = {name for line in targets for name in line.split()}
    page = (ROOT / "docs/operations.md").read_text()
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    assert set(re.findall(r"`make (?:-s )?([a-z-]+)", pages)) - targets == set()
    operators = re.findall(r"^\.PHONY: (up .*)$", makefile, re.MULTILINE)[0].split()
    assert [name for name in operators if f"`make {name}" not in page] == []
