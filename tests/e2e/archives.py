"""The archive that `make package` writes, and the Python that Lambda runs it with."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from package import PackagingFailed
from package.build import ROOT, find_python


@pytest.fixture(scope="session")
def python313() -> Path:
    try:
        return find_python(os.environ)
    except PackagingFailed as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


def build(checkout: Path, output: Path, *, umask: int = -1, **environ: str) -> Path:
    subprocess.run(
        [sys.executable, "-m", "package", "--output", str(output)],
        cwd=checkout,
        env=os.environ | environ,
        umask=umask,
        capture_output=True,
        check=True,
    )
    return output


@pytest.fixture(scope="session")
def archive(python313: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    del python313  # Without one there is nothing to build with.
    return build(ROOT, tmp_path_factory.mktemp("package") / "holdings.zip")


@pytest.fixture(scope="session")
def tree(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


def pins_of(requirements: Path) -> dict[str, str]:
    pin = r"^([^\s=\[]+)(?:\[\S+\])?==(\S+)"  # with or without extras
    return dict(re.findall(pin, requirements.read_text(), re.MULTILINE))
