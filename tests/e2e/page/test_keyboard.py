"""Everything is done without a pointer, and the focus is always seen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import snapshot
from tests.e2e.page.stage import HOSTED_UI, Stage, staged

_FOCUSED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.top >= 0 && box.width > 8;
}"""
_NAME = """() => {
  const { activeElement: it } = document;
  return it.getAttribute("aria-label") ?? it.labels?.[0]?.innerText ?? it.innerText;
}"""


@pytest.fixture
def page(stage: Stage) -> Page:
    stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open()
    expect(page.locator(".holdings")).to_be_visible()
    return page


def tabbed(page: Page, stops: int) -> list[str]:
    names: list[str] = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        names.append(str(page.evaluate(_NAME)).strip())
        assert page.evaluate(_FOCUSED), f"{names[-1]}: the focus is not seen"
    return names


def test_tab_stops_at_each_thing_to_do_in_the_order_of_reading(page: Page) -> None:
    assert tabbed(page, 20) == [
        "Skip to the content",
        "Holdings",
        "History",
        "Activity",
        "Insights",
        "Alerts",
        "Connections",
        "Profile",
        "Hide amounts",
        "Sign out",
        "Source",
        "Refresh",
        "Filter by currency code or name",
        "All digits",
        "Export CSV",
        "Currency",
        "Balance",
        "Available",
        "On hold",
        "3,120.5",
    ]


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    tabbed(page, 1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert tabbed(page, 1) == ["Source"]


def test_arrows_move_between_amounts_and_enter_copies_one_in_full(page: Page) -> None:
    page.locator("button.amount").first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate(_FOCUSED)
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_text("Copied 0.034567890123 (BTC, on hold).")
    assert page.evaluate("navigator.clipboard.readText()") == "0.034567890123"


def test_tab_comes_back_to_the_amount_that_had_the_focus(page: Page) -> None:
    page.locator("button.amount").first.focus()
    for key in ("ArrowDown", "End", "Control+End", "Home"):
        page.keyboard.press(key)
    assert page.evaluate(_NAME) == "0.000000417"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(_NAME) == "On hold"
    page.keyboard.press("Tab")
    assert page.evaluate(_NAME) == "0.000000417"


def test_filter_sort_refresh_export_and_hide_work_by_keys(stage: Stage, page: Page) -> None:
    tabbed(page, 12)
    page.keyboard.press("Space")
    expect(page.locator(".toast")).to_contain_text("Coinbase was read a moment ago")
    assert stage.asked[-1].endswith("?refresh=true")

    tabbed(page, 1)
    page.keyboard.type("us")
    expect(page.get_by_text("2 of 10 match")).to_be_visible()

    tabbed(page, 2)
    with page.expect_download():
        page.keyboard.press("Enter")

    tabbed(page, 2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Balance")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(page.locator(".holdings tbody tr:visible .code")).to_have_text(["USD", "USDC"])
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Hide amounts")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_signing_in_is_two_stops_away(browser: Browser, site: BuiltPage) -> None:
    with staged(browser, site, signed_in=False) as stage:
        stage.context.route(f"{HOSTED_UI}/**", lambda route: route.fulfill(body="Sign in"))
        page = stage.open()
        expect(page.get_by_role("button")).to_have_text("Sign in")
        assert tabbed(page, 2) == ["Skip to the content", "Sign in"]
        page.keyboard.press("Enter")
        page.wait_for_url(f"{HOSTED_UI}/oauth2/authorize*")


def test_trying_again_leaves_the_focus_on_the_page(stage: Stage) -> None:
    stage.refuse()
    page = stage.open()
    page.get_by_role("button", name="Try again").focus()
    stage.say(snapshot())
    page.keyboard.press("Enter")
    expect(page.locator(".holdings")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
