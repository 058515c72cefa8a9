"""Nothing jumps: not when the figures come, not when they are read again."""

from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import valued
from tests.e2e.page.stage import PHONE, WIDE, staged

# Counts what a person set off too, which the score of web.dev/cls leaves out.
WATCH_SHIFTS = """
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      shifts.push([value, ...sources.map(({ node }) => node?.className ?? String(node))]);
  }).observe({ type: "layout-shift", buffered: true });
"""


def is_count_down(value: float, *moved: str) -> bool:
    """Whether only the wait itself went from "10 s" to "9 s": on a slow machine a second passes."""
    return set(moved) == {"refresh-wait"} and value < 0.0001


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_nothing_moves_from_loading_to_the_table_and_a_refresh(
    browser: Browser, site: BuiltPage, viewport: ViewportSize
) -> None:
    with staged(browser, site, viewport=viewport, all_digits=False) as stage:
        stage.page.add_init_script(WATCH_SHIFTS)
        stage.fall_silent()
        page = stage.open()
        expect(page.get_by_text("Reading from Coinbase…")).to_be_visible()
        stage.say(valued())
        expect(page.locator(".holdings")).to_be_visible()
        stage.fall_silent()
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("reading again…")).to_be_visible()
        stage.say(valued())
        expect(page.locator(".refresh-wait")).to_be_visible()
        page.get_by_label("Filter by currency code").fill("zzz")
        expect(page.get_by_text("No currency matches")).to_be_visible()
        page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
        shifts: list[list[Any]] = page.evaluate("shifts")
        assert [shift for shift in shifts if not is_count_down(*shift)] == []
