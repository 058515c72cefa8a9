"""Who is measured, and what each ships: its own folder, with nothing else on its path."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.invocation import http_api, rest_api
from bench.targets import OURS, TITLES
from package import PackagingFailed
from package.build import ROOT, fetch, precompile, read, zipped

PEERS = Path(__file__).with_name("peers")
TREES = ROOT / ".local" / "bench" / "trees"
ARCHIVE = ROOT / "dist" / "holdings.zip"

NAMES = tuple(name for name in TITLES if not name.endswith("_on_our_aws"))

# Ours, with a market that nobody reads.
UNPRICED = "unpriced"

# `chalice package` ships of chalice only its runtime: chalice/deploy/packager.py, _add_app_files.
CHALICE_RUNTIME = {"__init__.py", "app.py"}


@dataclass(frozen=True, slots=True)
class Tree:
    """Sizes are in bytes, of a zip made by the packer of `make package`."""

    folder: str
    zipped: int
    zipped_without_pyc: int


@dataclass(frozen=True, slots=True)
class Contender:
    """`path` is all that its process has besides the standard library."""

    name: str
    path: tuple[str, ...]
    module: str
    event: Callable[[str], dict[str, Any]]
    tree: Tree
    table: str
    hits_only: bool = False
    misses_only: bool = False


def make(names: Iterable[str], python: Path) -> list[Contender]:
    """Ours first, for others read what it stored. Builds what is not built yet.

    Raises PackagingFailed.
    """
    ours = _ours()
    peers = [
        _peer(name, python) for name in NAMES if name in names and name not in (OURS, UNPRICED)
    ]
    mixed = [
        replace(
            peer,
            name=name,
            # Its own first: of what both have, the archive has left out what we have no use for.
            path=(*peer.path, *ours.path),
            module="on_our_aws",
            table=ours.table,
            hits_only=True,
        )
        for peer in peers
        if (name := f"{peer.name}_on_our_aws") in TITLES
    ]
    unpriced = replace(
        ours,
        name=UNPRICED,
        path=(*ours.path, str(PEERS.parent)),
        module=UNPRICED,
        misses_only=True,
    )
    return [ours, *peers, *mixed, *([unpriced] if UNPRICED in names else [])]


def _ours() -> Contender:
    """Unpack what `make package` wrote: the very archive that ships."""
    if not ARCHIVE.exists():
        raise PackagingFailed("dist/holdings.zip is not here: run `make package`")

    def unpack(folder: Path) -> None:
        with zipfile.ZipFile(ARCHIVE) as packed:
            packed.extractall(folder)

    tree = _tree(OURS, [ARCHIVE], unpack)
    return Contender(OURS, (tree.folder,), "app", http_api, tree, table=OURS)


def _peer(name: str, python: Path) -> Contender:
    """Install what its requirements file pins, with its modules, compiled like ours."""
    requirements = PEERS / name / "requirements.txt"
    modules = sorted([*PEERS.glob("*.py"), *(PEERS / name).glob("*.py")])

    def install(folder: Path) -> None:
        fetch(requirements, folder)
        shutil.rmtree(folder / "bin", ignore_errors=True)  # commands, which a function never runs
        chalice = folder / "chalice"
        for path in chalice.iterdir() if chalice.exists() else ():
            if path.name not in CHALICE_RUNTIME:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for module in modules:
            shutil.copyfile(module, folder / module.name)
        precompile(python, folder)

    tree = _tree(name, [requirements, *modules, Path(__file__)], install)
    event = rest_api if name == "chalice" else http_api
    return Contender(name, (tree.folder,), "handler", event, tree, table=name)


def _tree(name: str, inputs: list[Path], fill: Callable[[Path], None]) -> Tree:
    """A folder that is filled anew when one of `inputs` has changed."""
    folder, note = TREES / name, TREES / f"{name}.sizes.json"
    stamp = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    known: list[Any] = json.loads(note.read_text(encoding="utf-8")) if note.exists() else [None]
    if known[0] != stamp or not folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        fill(folder)
        files = read(folder)
        sources = {name: data for name, data in files.items() if not name.endswith(".pyc")}
        known = [stamp, len(zipped(files)), len(zipped(sources))]
        note.write_text(json.dumps(known), encoding="utf-8")
    return Tree(str(folder), known[1], known[2])
