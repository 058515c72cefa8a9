"""The pictures in docs/screenshots: made by `make screenshots`, and still possible at each test."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from local.built_page import BuiltPage
from local.settings import ROOT
from tests.e2e.page.samples import NOW
from tests.e2e.page.stage import PHONE, staged
from tests.e2e.page.states import STATES

FOLDER = ROOT / "docs" / "screenshots"
LARGEST_BYTES = 200_000
TALL: ViewportSize = {"width": 1280, "height": 960}
# An error leaves most of a page empty, which tells nobody anything.
LOW: ViewportSize = {"width": 1280, "height": 420}
# Painted at one go: what is painted over piece by piece differs from time to time by a shade.
_PAINT_ANEW = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const shown of ["none", ""]) {
    document.body.style.display = shown;
    await frame();
  }
}"""


@dataclass(frozen=True)
class Picture:
    state: str
    viewport: ViewportSize
    scheme: Literal["light", "dark"] = "light"


PICTURES = {
    "light": Picture("valued", TALL),
    "dark": Picture("valued", TALL, "dark"),
    "phone": Picture("valued", PHONE),
    "history": Picture("history", TALL),
    "stale": Picture("valued-stale", TALL),
    "error": Picture("error", LOW),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.environ.get("SCREENSHOTS") != "1":
        return tmp_path
    FOLDER.mkdir(exist_ok=True)
    return FOLDER


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_of_the_documents_can_be_taken_again(
    browser: Browser, site: BuiltPage, folder: Path, name: str
) -> None:
    picture = PICTURES[name]
    with staged(
        browser,
        site,
        viewport=picture.viewport,
        color_scheme=picture.scheme,
        all_digits=False,
        at=NOW,
        reduced_motion="reduce",
        device_scale_factor=2 if picture.viewport is PHONE else 1,
    ) as stage:
        STATES[picture.state].reach(stage)
        expect(stage.page.locator(".skeleton")).to_have_count(0)
        stage.page.evaluate(_PAINT_ANEW)
        taken = stage.page.screenshot(path=folder / f"{name}.png")
    assert len(taken) < LARGEST_BYTES
    assert (FOLDER / f"{name}.png").exists(), "`make screenshots` takes it"
