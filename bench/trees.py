"""What each contender ships: its own folder, with nothing else on its path, and its size zipped."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from package import zipped
from package.wheels import PYTHON_VERSION

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).with_name("peers")
TREES = ROOT / ".local" / "bench" / "trees"
ARCHIVE = ROOT / "dist" / "holdings.zip"
PRECOMPILE = ROOT / "package" / "precompile.py"

# `chalice package` ships of chalice only its runtime: chalice/deploy/packager.py, _add_app_files.
CHALICE_RUNTIME = {"__init__.py", "app.py"}


class TreeFailed(Exception):
    """A contender's tree cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Sizes are in bytes, of a zip made by the packer and compressor of `make package`."""

    folder: str
    zipped: int
    zipped_without_pyc: int


def ours() -> Tree:
    """Unpack what `make package` wrote: the very archive that ships."""
    if not ARCHIVE.exists():
        raise TreeFailed("dist/holdings.zip is not here: run `make package`")
    data = ARCHIVE.read_bytes()
    folder = TREES / "holdings"
    stamp = hashlib.sha256(data).hexdigest()
    if known := _known(folder, stamp):
        return known
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(ARCHIVE) as packed:
        packed.extractall(folder)
    without = len(zipped.archive(_files(folder, pyc=False)))
    return _remember(Tree(str(folder), len(data), without), stamp)


def peer(name: str, python: Path) -> Tree:
    """Install what its requirements file pins, with its modules, compiled like ours."""
    source, folder = PEERS / name, TREES / name
    requirements = source / "requirements.txt"
    modules = sorted([*PEERS.glob("*.py"), *source.glob("*.py")])
    inputs = (requirements, *modules, PRECOMPILE, Path(__file__))
    stamp = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    if known := _known(folder, stamp):
        return known
    shutil.rmtree(folder, ignore_errors=True)
    _install(requirements, folder)
    for module in modules:
        shutil.copyfile(module, folder / module.name)
    _run([str(python), "-I", "-S", "-W", "ignore", str(PRECOMPILE), str(folder)])
    tree = Tree(
        str(folder),
        zipped=len(zipped.archive(_files(folder, pyc=True))),
        zipped_without_pyc=len(zipped.archive(_files(folder, pyc=False))),
    )
    return _remember(tree, stamp)


def _install(requirements: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(folder)]
    command += ["--implementation", "cp", "--python-version", PYTHON_VERSION]
    _run([*command, "--requirement", str(requirements)])
    shutil.rmtree(folder / "bin", ignore_errors=True)  # commands, which a function never runs
    chalice = folder / "chalice"
    for path in chalice.iterdir() if chalice.exists() else ():
        if path.name not in CHALICE_RUNTIME:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise TreeFailed(f"{' '.join(command[:4])} failed:\n{done.stderr.strip()}")


def _files(folder: Path, *, pyc: bool) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (pyc or path.suffix != ".pyc")
    }


def _known(folder: Path, stamp: str) -> Tree | None:
    try:
        known = json.loads(_note(folder).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if known.pop("stamp") != stamp or not folder.exists():
        return None
    return Tree(str(folder), **known)


def _remember(tree: Tree, stamp: str) -> Tree:
    note = {"stamp": stamp, "zipped": tree.zipped, "zipped_without_pyc": tree.zipped_without_pyc}
    _note(Path(tree.folder)).write_text(json.dumps(note), encoding="utf-8")
    return tree


def _note(folder: Path) -> Path:
    return folder.with_suffix(".json")
