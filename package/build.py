"""Puts the archive together: wheels, our own code, bytecode, zip."""

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from package import interpreter, selection, wheels, zipped
from package.errors import PackagingFailed

ROOT = Path(__file__).parents[1]

# Every cold start fetches and unpacks it.
LIMIT_BYTES = 6_000_000


@dataclass(frozen=True, slots=True)
class Archive:
    """`size` is in bytes."""

    size: int
    files: int
    sha256: str


def build(output: Path, *, precompiled: bool = True) -> Archive:
    """Write the archive of this checkout to `output`, whole or not at all.

    Only a laptop without a Python 3.13 does without the bytecode. Raises PackagingFailed.
    """
    python = interpreter.find(os.environ) if precompiled else None
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".package-") as folder:
        site, tree = Path(folder, "site-packages"), Path(folder, "tree")
        pins = wheels.pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
        wheels.fetch(pins, site)
        selection.lay_out(tree, checkout=ROOT, site_packages=site)
        if python:
            _precompile(python, tree)
        files = {
            path.relative_to(tree).as_posix(): path.read_bytes()
            for path in tree.rglob("*")
            if path.is_file()
        }
        data = zipped.archive(files)
        if len(data) > LIMIT_BYTES:
            raise PackagingFailed(
                f"the archive would have {len(data)} bytes, {LIMIT_BYTES} are allowed: see what "
                "requirements.txt has gained, and what package/selection.py may leave out"
            )
        written = Path(folder, output.name)
        written.write_bytes(data)
        written.replace(output)
    return Archive(len(data), len(files), hashlib.sha256(data).hexdigest())


def is_current(output: Path) -> bool:
    """Whether nothing that goes into the archive is newer than it."""
    if not output.exists():
        return False
    sources = [ROOT / "requirements.txt", *selection.own_files(ROOT)]
    sources += Path(__file__).parent.glob("*.py")
    return max(source.stat().st_mtime for source in sources) < output.stat().st_mtime


def _precompile(python: Path, tree: Path) -> None:
    """In an isolated process: what else is installed or set on this machine cannot matter."""
    script = Path(__file__).with_name("precompile.py")
    command = [str(python), "-I", "-S", "-W", "ignore", str(script), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise PackagingFailed(f"{python} could not compile the code:\n{done.stderr.strip()}")
