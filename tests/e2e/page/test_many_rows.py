"""500 accounts scroll and filter without a frame that anybody would notice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.samples import many
from tests.e2e.page.stage import Stage

# A machine that is busy with other tests is no judge of 16 ms; within 150 ms is at once.
FRAME_MS, LONGEST_MS, KEY_MS = 50, 500, 150
ATTEMPTS = 10

_SCROLL = """async () => {
  const frames = [];
  let before = await new Promise(requestAnimationFrame);
  for (let number = 0; number < 90; number++) {
    scrollBy(0, 300);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""
_FILTER = """async () => {
  const input = document.getElementById("filter");
  const frames = [];
  for (const text of ["C", "C4", "C49", "C499", "C49", "C4", "C", ""]) {
    const before = performance.now();
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
    frames.push(performance.now() - before);
  }
  return frames;
}"""


@pytest.fixture
def page(stage: Stage) -> Page:
    stage.say(many(500))
    page = stage.open()
    expect(page.locator(".holdings tbody tr")).to_have_count(500)
    return page


def hold_calmest(
    measure: Callable[[], list[float]], is_calm: Callable[[list[float]], bool]
) -> None:
    """Hold one of a few attempts to it: the others tell of the machine, not of the page."""
    attempts: list[list[float]] = []
    while not any(is_calm(frames) for frames in attempts):
        assert len(attempts) < ATTEMPTS, attempts
        attempts.append(sorted(measure()))


def test_scrolling_drops_no_frame_worth_seeing(page: Page) -> None:
    def scroll() -> list[float]:
        page.evaluate("scrollTo(0, 0)")
        return page.evaluate(_SCROLL)

    def is_smooth(frames: list[float]) -> bool:
        return frames[len(frames) * 95 // 100] < FRAME_MS and frames[-1] < LONGEST_MS

    hold_calmest(scroll, is_smooth)
    assert page.evaluate("scrollY") > 10_000


def test_a_key_in_the_filter_is_answered_at_once(page: Page) -> None:
    hold_calmest(lambda: page.evaluate(_FILTER), lambda keys: keys[-1] < KEY_MS)
    page.get_by_label("Filter by currency code").fill("c49")
    expect(page.get_by_text("10 of 500 match")).to_be_visible()
    expect(page.locator(".holdings tbody tr:visible")).to_have_count(10)
