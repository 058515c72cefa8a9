"""Puts the archive together: wheels, our own code, bytecode, zip.

uv and the standard library do the work; what is ours is which files ship, and that the same
inputs give the same bytes.
"""

import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from package import NoInterpreter, PackagingFailed, selection

ROOT = Path(__file__).parents[1]

# Every cold start fetches it; 5 MB of it are `cryptography` with its interface to C and half a MB
# is the jobs' own, which lie there until they are imported.
LIMIT_BYTES = 11_700_000

PYTHON_VERSION = "3.13"
# Amazon Linux 2023 has glibc 2.34.
LAMBDA_PLATFORM = "aarch64-manylinux_2_34"
# What tracebacks show, on whichever machine it was built.
TASK_ROOT = "/var/task"

_NOT_FOUND = (
    "Lambda runs Python 3.13, and none is here to compile for it. Get one with "
    "`.venv/bin/uv python install 3.13` or `pyenv install 3.13`, or from your system's packages, "
    "so that python3.13 is on PATH"
)
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell
_READABLE = 0o100644 << 16  # Lambda runs as another user than the one who packed
_MADE_ON_UNIX = 3


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
    python = find_python(os.environ) if precompiled else None
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".package-") as folder:
        site, tree = Path(folder, "site-packages"), Path(folder, "tree")
        fetch(ROOT / "requirements.txt", site, "--require-hashes", for_platform=LAMBDA_PLATFORM)
        selection.lay_out(tree, checkout=ROOT, site_packages=site)
        if python:
            precompile(python, tree, but=selection.SELDOM)
        files = read(tree)
        data = zipped(files)
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
    sources += [path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".txt")]
    return max(source.stat().st_mtime for source in sources) < output.stat().st_mtime


def fetch(requirements: Path, folder: Path, *options: str, for_platform: str | None = None) -> None:
    """Install what a requirements file pins into `folder`, as wheels for Lambda's Python.

    No Docker, no compiler: `for_platform` may be another than this machine's. Raises
    PackagingFailed with what uv said.
    """
    command = ["pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder)]
    command += ["--python-version", PYTHON_VERSION, "--only-binary", ":all:", "--no-deps"]
    command += ["--link-mode", "copy", "--requirement", str(requirements), *options]
    command += ["--python-platform", for_platform] if for_platform else []
    done = _run([find_uv_bin(), *command])
    if done.returncode:
        raise PackagingFailed(f"uv could not fetch {requirements.name}:\n{done.stderr.strip()}")


def find_python(environ: Mapping[str, str]) -> Path:
    """A CPython 3.13: from PATH, pyenv or uv. Raises NoInterpreter."""
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/"), ".pyenv"))
    folders = environ.get("PATH", "").split(os.pathsep)
    # A shim of pyenv's may lead to nothing, and uv gives up where it meets one: the versions
    # themselves take their place.
    folders = [folder for folder in folders if folder and Path(folder) != pyenv / "shims"]
    folders += sorted(str(found) for found in pyenv.glob(f"versions/{PYTHON_VERSION}.*/bin"))
    command = [find_uv_bin(), "python", "find", "--system", "--no-project", "--no-python-downloads"]
    done = _run(
        [*command, f"cpython@{PYTHON_VERSION}"],
        {**environ, "PATH": os.pathsep.join(folders)},
    )
    if done.returncode:
        raise NoInterpreter(f"{_NOT_FOUND}. uv says: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def precompile(python: Path, tree: Path, *, but: str = "") -> None:
    """Write a .pyc beside each module, whose source is then not looked at (PEP 552).

    `but` is a pattern of those that have none, as named from `tree`.

    Lambda's file system is read-only: without these every cold start would compile all of it, and
    those with a timestamp go stale in a zip. An isolated process with no environment: marshal
    marks what else in the process refers to an object, so nothing else may be there.
    """
    command = [str(python), "-I", "-S", "-W", "ignore", "-m", "compileall", "-q"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", TASK_ROOT]
    command += ["-x", f"^{re.escape(str(tree))}/({but})"] if but else []
    done = _run([*command, str(tree)], {})
    if done.returncode:
        raise PackagingFailed(f"{python} could not compile the code:\n{done.stdout.strip()}")


def read(tree: Path) -> dict[str, bytes]:
    """Name -> content of every file, names with slashes."""
    paths = (path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in paths}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend on nothing but the names and contents of `files`, and on zlib."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = _MADE_ON_UNIX, _READABLE
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, compresslevel=9)
    return data.getvalue()


def _run(
    command: Sequence[str], environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - uv, and what it found
