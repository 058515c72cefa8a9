"""500 accounts scroll and filter without work that anybody would notice.

What is held is counted, not timed: how much the page does is its own, how long it takes is also
the machine's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page.samples import many
from tests.e2e.page.stage import Stage

ROWS = 500
STEPS = 90
KEYS = ("C", "C4", "C49", "C499", "C49", "C4", "C", "")

_SCROLL = """async (steps) => {
  for (let number = 0; number < steps; number++) {
    scrollBy(0, 300);
    await new Promise(requestAnimationFrame);
  }
}"""
_TYPE = """async (keys) => {
  const input = document.getElementById("filter");
  for (const text of keys) {
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
  }
}"""
_WATCH = """() => {
  globalThis.changes = 0;
  new MutationObserver((list) => { changes += list.length; }).observe(
    document.querySelector(".holdings"),
    { subtree: true, childList: true, attributes: true, characterData: true },
  );
}"""


@dataclass
class Work:
    """How much it was: calls of the page's functions, changes of the table's elements, layouts."""

    calls: int
    changes: int
    layouts: int


@pytest.fixture
def page(stage: Stage) -> Page:
    stage.say(many(ROWS))
    page = stage.open()
    expect(page.locator(".holdings tbody tr")).to_have_count(ROWS)
    return page


def work_of(page: Page, act: Callable[[], object]) -> Work:
    debugger = page.context.new_cdp_session(page)

    def asked(method: str, **parameters: Any) -> Any:
        return cast("Any", debugger).send(method, parameters)

    def layouts() -> int:
        metrics = asked("Performance.getMetrics")["metrics"]
        return int({metric["name"]: metric["value"] for metric in metrics}["LayoutCount"])

    asked("Performance.enable")
    asked("Profiler.enable")
    asked("Profiler.startPreciseCoverage", callCount=True)
    page.evaluate(_WATCH)
    before = layouts()
    act()
    counted = asked("Profiler.takePreciseCoverage")["result"]
    calls = sum(
        extent["count"]
        for script in counted
        if urlsplit(script["url"]).path.startswith("/assets/")
        for function in script["functions"]
        for extent in function["ranges"]
    )
    return Work(calls, int(page.evaluate("changes")), layouts() - before)


def test_scrolling_draws_nothing_anew(page: Page) -> None:
    work = work_of(page, lambda: page.evaluate(_SCROLL, STEPS))
    assert page.evaluate("scrollY") > 10_000
    assert work.changes == 0
    # What ticks each second calls some functions too: far from one for each row and step.
    assert work.calls < ROWS * STEPS
    # A scroll by a script is laid out once.
    assert work.layouts < 2 * STEPS


def test_a_key_in_the_filter_draws_only_the_rows_that_it_hides_or_shows(page: Page) -> None:
    def show_all_anew() -> None:
        page.get_by_role("button", name="Hide amounts").click()
        page.get_by_role("button", name="Hide amounts").click()
        expect(page.locator("button.amount")).to_have_count(3 * ROWS)

    typed = work_of(page, lambda: page.evaluate(_TYPE, KEYS))
    whole = work_of(page, show_all_anew)
    assert typed.calls < 2 * whole.calls
    assert typed.changes < len(KEYS) * ROWS * 2
    page.get_by_label("Filter by currency code").fill("c49")
    expect(page.get_by_text("10 of 500 match")).to_be_visible()
    expect(page.locator(".holdings tbody tr:visible")).to_have_count(10)
