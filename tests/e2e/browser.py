"""A real browser that talks to nobody but the stack under test."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from local.settings import ROOT

# Without these Chromium looks for its maker's servers; no test may depend on them.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str:
    """Fail where there is no Chromium: `make setup` fetches one, so that no test is left out."""
    found = subprocess.run(
        [ROOT / "scripts/chromium-bin"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.fail(found.stderr.strip(), pytrace=False)
    return found.stdout.strip()


@contextmanager
def chromium() -> Generator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()
