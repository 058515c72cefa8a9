"""An emulated AWS alone, on a port of its own: no API, no simulator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.archive import build_archive
from local.emulator import Emulator
from local.provision import Aws, provision
from local.settings import CREDENTIALS, EMULATOR_PYTHON, REGION, ROOT, STACK
from tests.e2e.conftest import free_port

CALLBACK = "http://localhost:5173/"


def emulator(state_dir: Path, *, enforce_iam: bool = False) -> Emulator:
    return Emulator(EMULATOR_PYTHON, state_dir, free_port(), REGION, enforce_iam)


def aws(of: Emulator) -> Aws:
    return Aws(of.url, of.region)


def provisioned(
    of: Emulator,
    *,
    root: Path = ROOT,
    overrides: dict[str, Any] | None = None,
    credentials: Mapping[str, str] = CREDENTIALS,
) -> dict[str, Any]:
    if root == ROOT:  # our own program, which declares a function
        build_archive(print)
    return provision(
        endpoint_url=of.url,
        stack=STACK,
        state_dir=of.state_dir,
        overrides=overrides,
        root=root,
        credentials=credentials,
    )
