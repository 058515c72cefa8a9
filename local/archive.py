"""The Lambda archive of `make run`: the one that ships, built when something in it changed."""

from collections.abc import Callable
from pathlib import Path

from local.settings import ROOT, LocalError
from local.state import reason
from package import NoInterpreter, PackagingFailed
from package.build import build, is_current

PATH = ROOT / "dist" / "holdings.zip"


def build_archive(say: Callable[[str], None], path: Path = PATH) -> None:
    """Raises LocalError. Without a Python 3.13 the archive has no bytecode, and says so."""
    if is_current(path):
        return
    say("building the Lambda package")
    try:
        try:
            build(path)
        except NoInterpreter as error:
            say(f"the package goes without bytecode and starts more slowly. {error}")
            build(path, precompiled=False)
    except PackagingFailed as error:
        raise LocalError(f"the Lambda package cannot be built: {error}") from None
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {reason(error)}") from None
