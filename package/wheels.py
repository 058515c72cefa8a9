"""Fetches what requirements.txt pins, as wheels for Lambda's arm64: no Docker, no compiler."""

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from package.errors import PackagingFailed

PYTHON_VERSION = "3.13"

# Amazon Linux 2023 has glibc 2.34; each of these promises to need no later one.
PLATFORMS = (
    "manylinux_2_34_aarch64",
    "manylinux_2_28_aarch64",
    "manylinux_2_17_aarch64",
    "manylinux2014_aarch64",
)

# pip reads markers for the machine it runs on; these are of the one it fetches for.
_LAMBDA = {
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON_VERSION}.0",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": f"{PYTHON_VERSION}.0",
    "python_version": PYTHON_VERSION,
    "sys_platform": "linux",
}


def pins(requirements: str) -> dict[str, str]:
    """Name -> version of what a requirements file installs in Lambda.

    Raises PackagingFailed for a line that does not pin one version: the build would not be the
    same tomorrow.
    """
    found: dict[str, str] = {}
    for line in requirements.splitlines():
        text = line.partition("#")[0].strip()
        if text:
            requirement = _parse(text)
            if requirement.marker is None or requirement.marker.evaluate(_LAMBDA):
                found[canonicalize_name(requirement.name)] = _version(requirement)
    return found


def _parse(line: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement:
        raise PackagingFailed(
            f"requirements.txt: {line!r} is not a requirement: run `make lock`"
        ) from None


def _version(requirement: Requirement) -> str:
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==" or "*" in specifiers[0].version:
        raise PackagingFailed(f"requirements.txt: pin one version of {requirement.name}")
    return specifiers[0].version


def fetch(pinned: dict[str, str], folder: Path) -> None:
    """Install exactly `pinned` into `folder`. Raises PackagingFailed with what pip said."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(folder)]
    command += ["--implementation", "cp", "--python-version", PYTHON_VERSION]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    command += [f"{name}=={version}" for name, version in sorted(pinned.items())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise PackagingFailed(f"pip could not fetch the wheels:\n{done.stderr.strip()}")
    if installed(folder) != pinned:
        raise PackagingFailed(f"requirements.txt pins {pinned}, pip gave {installed(folder)}")


def installed(folder: Path) -> dict[str, str]:
    """Name -> version of what has a METADATA file in `folder`."""
    return {
        canonicalize_name(distribution.metadata["Name"]): distribution.version
        for distribution in distributions(path=[str(folder)])
    }
