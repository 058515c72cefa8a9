"""Files that a run keeps: for this user alone, and whole or not at all."""

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from local.settings import ROOT, LocalError

UMASK = 0o077
"""For the programs that write there too: nothing for anybody else."""

_FOLDER, _FILE = 0o700, 0o600
_CHOOSE = "choose a folder of its own with LOCAL_STATE_DIR=<folder>"


def prepare(folder: Path) -> None:
    """Make the folder, or take the one that is there, for this user alone, whatever the umask.

    Raises LocalError if it cannot be made or written to, or is not ours alone to close.
    """
    try:
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        _close(folder)
        # An empty file would prove little: a full disk still has room for a name.
        with tempfile.TemporaryFile(dir=folder) as proof:
            proof.write(bytes(4096))
    except OSError as error:
        raise LocalError(f"{folder} cannot be used: {reason(error)}; {_CHOOSE}") from None


def _close(folder: Path) -> None:
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise LocalError(f"{folder} belongs to another user: {_CHOOSE}")
    if stat.S_IMODE(found.st_mode) != _FOLDER:
        here = folder.resolve()
        around = any(
            here == other or here in other.parents
            for other in (Path.home().resolve(), ROOT.resolve())
        )
        if around or found.st_mode & stat.S_ISVTX:
            raise LocalError(f"{folder} holds more than this project's state: {_CHOOSE}")
        folder.chmod(_FOLDER)
    for entry in os.scandir(folder):
        if not entry.is_symlink() and entry.stat(follow_symlinks=False).st_mode & UMASK:
            Path(entry).chmod(_FOLDER if entry.is_dir() else _FILE)


def write_private(path: Path, text: str) -> None:
    """Put `text` in the place of what the file held or, if that fails, leave it as it was.

    The file is this user's alone, whatever the umask; its folder has to be there. Raises
    LocalError.
    """
    draft = ""
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, _FILE)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
        draft = ""
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {reason(error)}") from None
    finally:
        if draft:
            with suppress(OSError):
                Path(draft).unlink()


def open_log(path: Path) -> IO[bytes]:
    """Open a log anew, for this user alone even if it was there before. Raises LocalError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE)
        os.fchmod(descriptor, _FILE)
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {reason(error)}") from None
    return os.fdopen(descriptor, "wb")


def read_object(path: Path, *, missing: str, broken: str) -> dict[str, Any]:
    """Return the JSON object in a file. Raises LocalError, as `read_json` does."""
    value = read_json(path, missing=missing, broken=broken)
    if not isinstance(value, dict):
        raise LocalError(f"{path} is broken or of another version: {broken}")
    return value  # pyright: ignore[reportUnknownVariableType] - JSON's names are texts


def read_json(path: Path, *, missing: str, broken: str) -> object:
    """Return the JSON value in a file.

    Raises LocalError, which names the file and ends in `missing` or `broken`: what to do then.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise LocalError(f"{path} is not here: {missing}") from None
    except OSError as error:
        raise LocalError(f"{path} cannot be read: {reason(error)}") from None
    except (ValueError, RecursionError):
        raise LocalError(f"{path} is broken or of another version: {broken}") from None


def reason(error: OSError) -> str:
    """Return what the system says, such as "No space left on device"."""
    return error.strerror or str(error)
