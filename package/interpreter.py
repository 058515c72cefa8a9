"""Finds the Python 3.13 that writes the bytecode: no other version's is of use in Lambda."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from package.errors import NoInterpreter

# importlib.util.MAGIC_NUMBER of CPython 3.13; release candidates and PyPy have others.
MAGIC = b"\xf3\x0d\x0d\x0a"

_ASK = "import importlib.util, sys; print(sys.implementation.name, importlib.util.MAGIC_NUMBER)"
_ANSWER_SECONDS = 20

_NOT_FOUND = (
    "Lambda runs Python 3.13, and none is here to compile for it (looked on PATH, in pyenv and "
    "with uv). Get one with `.venv/bin/uv python install 3.13` or `pyenv install 3.13`, or from "
    "your system's packages, so that python3.13 is on PATH"
)


def find(environ: Mapping[str, str]) -> Path:
    """A CPython 3.13: this one, or from PATH, pyenv or uv. Raises NoInterpreter."""
    for candidate in _candidates(environ):
        if writes_lambda_bytecode(candidate):
            return candidate
    raise NoInterpreter(_NOT_FOUND)


def writes_lambda_bytecode(python: Path) -> bool:
    """Ask it, whatever its name says: a shim of pyenv may lead to nothing."""
    answer = _run([str(python), "-I", "-S", "-c", _ASK])
    return answer == f"cpython {MAGIC}"


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(sys.executable)
    for folder in environ.get("PATH", "").split(":"):
        if folder:
            yield Path(folder, "python3.13")
    yield from _pyenv(environ)
    yield from _uv(environ)


def _pyenv(environ: Mapping[str, str]) -> Iterator[Path]:
    root = environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/")) / ".pyenv"
    versions = Path(root, "versions").glob("3.13*")
    for version in sorted(versions, key=_release, reverse=True):
        yield version / "bin" / "python"


def _release(version: Path) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", version.name)]


def _uv(environ: Mapping[str, str]) -> Iterator[Path]:
    uv = shutil.which("uv", path=environ.get("PATH", "")) or Path(sys.executable).with_name("uv")
    # Only its own: it gives up when it meets a pyenv shim that leads to nothing.
    options = ["--managed-python", "--no-python-downloads", "--no-project"]
    if found := _run([str(uv), "python", "find", *options, "3.13"]):
        yield Path(found)


def _run(command: list[str]) -> str:
    """What it prints; nothing if it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - interpreters, and uv
            command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()
