"""Whoever enlarges text sees every digit: by the browser's settings or a style of their own."""

import re
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import holding, many, snapshot, stale, valued
from tests.e2e.page.stage import Stage, staged
from tests.e2e.page.states import STATES

# The font size that a browser comes with.
USUAL = 16
FIGURES = snapshot(
    holdings=[
        holding("BTC", "1.234567890123", "1.2", "0.034567890123"),
        holding("SHIB", "48211930.000000000012", "48211930.000000000012"),
        holding("USD", "1234567890.12", "-1234567890.12", "120"),
    ]
)

# Every character of an amount, and every control, where it can be seen: in its own cell and page.
_UNSEEN = """() => {
  const wide = document.documentElement.clientWidth;
  const inside = (box, { left, right, top, bottom }) =>
    box.left >= left - 1 && box.right <= right + 1 &&
    box.top >= top - 1 && box.bottom <= bottom + 1;
  const boxes = (node) => {
    const found = [];
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (texts.currentNode.parentElement.closest(".visually-hidden")) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      found.push(...range.getClientRects());
    }
    return found;
  };
  const cells = [...document.querySelectorAll(".holdings td, .holdings th")].filter((cell) => {
    const text = cell.querySelector(".amount, .code, .head") ?? cell;
    const own = cell.getBoundingClientRect();
    return !boxes(text).every((box) => inside(box, own));
  });
  const controls = [...document.querySelectorAll("button, input, h1, h2, p, .brand, .status")]
    .filter((part) => !part.closest(".visually-hidden, .toast, [hidden]"))
    .filter((part) => {
      const box = part.getBoundingClientRect();
      const clip = part.matches("button, input") && part.scrollWidth > part.clientWidth + 1;
      return box.width > 0 && (clip || box.left < -1 || box.right > wide + 1);
    });
  return [
    ...(document.documentElement.scrollWidth > wide ? ["the page"] : []),
    ...cells.map((cell) => `cell ${cell.textContent}`),
    ...controls.map((part) => `${part.className || part.tagName} ${part.innerText}`),
  ];
}"""


@pytest.mark.parametrize(
    "state",
    [
        *("sources", "connections", "connect-wrong", "more-rights", "manage", "profile"),
        *("history-by-asset", "history-being-read", "statement", "activity"),
    ],
)
def test_a_root_font_of_whatever_size_hides_no_control_of_the_other_views(
    browser: Browser, site: BuiltPage, state: str
) -> None:
    hidden: dict[str, list[str]] = {}
    with at(browser, site, 1280) as stage:
        STATES[state].reach(stage)
        for width in (280, 390, 721, 1280):
            stage.page.set_viewport_size({"width": width, "height": 800})
            for root_px in (15, 22, 40):
                stage.page.evaluate(f"document.documentElement.style.fontSize = '{root_px}px'")
                if found := stage.page.evaluate(_UNSEEN):
                    hidden[f"{root_px} px at {width} px"] = found
    assert hidden == {}


def unseen(page: Page) -> list[str]:
    expect(page.locator(".holdings")).to_be_visible()
    found: list[str] = page.evaluate(_UNSEEN)
    return found


def at(
    browser: Browser, site: BuiltPage, width: int, *, all_digits: bool = True
) -> AbstractContextManager[Stage]:
    viewport: ViewportSize = {"width": width, "height": 800}
    return staged(browser, site, all_digits=all_digits, viewport=viewport, reduced_motion="reduce")


@pytest.mark.parametrize("all_digits", [True, False], ids=["all", "few"])
@pytest.mark.parametrize(
    "document", [FIGURES, stale(), valued(FIGURES)], ids=["figures", "stale", "valued"]
)
def test_a_root_font_of_whatever_size_hides_no_digit(
    browser: Browser, site: BuiltPage, document: dict[str, object], all_digits: bool
) -> None:
    """One page for all sizes: opening one for each would take longer than the rest of the file."""
    hidden: dict[str, list[str]] = {}
    with at(browser, site, 1280, all_digits=all_digits) as stage:
        stage.say(document)
        page = stage.open()
        for width in (280, 320, 390, 721, 820, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for root_px in (15, 18, 22, 30, 40):
                page.evaluate(f"document.documentElement.style.fontSize = '{root_px}px'")
                if found := unseen(page):
                    hidden[f"{root_px} px at {width} px"] = found
    assert hidden == {}


@pytest.mark.parametrize("percent", [110, 147, 200, 250])
@pytest.mark.parametrize("width", [390, 721, 1280])
def test_the_browsers_own_font_size_is_the_pages(
    browser: Browser, site: BuiltPage, width: int, percent: int
) -> None:
    with at(browser, site, width) as stage:
        stage.say(valued(FIGURES))
        debugger = stage.context.new_cdp_session(stage.page)
        standard = USUAL * percent // 100
        debugger.send("Page.setFontSizes", {"fontSizes": {"standard": standard}})
        page = stage.open()
        root = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
        assert root == pytest.approx(standard * 15 / 16)
        assert unseen(page) == []


def test_points_stand_in_one_line_whatever_is_before_and_after_them(stage: Stage) -> None:
    stage.say(
        snapshot(
            holdings=[
                holding("A", "1234567", "1", "0"),
                holding("B", "1.5", "0.1234", "0"),
                holding("C", "0.123456789012", "22.12", "0"),
            ]
        )
    )
    page = stage.open()
    expect(page.locator(".holdings")).to_be_visible()
    ends: list[list[float]] = page.evaluate("""() => ["balance", "available"].map((column) =>
      [...document.querySelectorAll(`.holdings tbody [data-column=${column}] .tail .integer`)]
        .map((integer) => integer.getBoundingClientRect().right))""")
    for column in ends:
        assert max(column) - min(column) < 0.6


@pytest.mark.parametrize("width", [390, 1280])
def test_the_browsers_search_finds_an_amount_and_a_selection_has_it_whole(
    browser: Browser, site: BuiltPage, width: int
) -> None:
    with at(browser, site, width) as stage:
        stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
        stage.say(FIGURES)
        page = stage.open()
        expect(page.locator(".holdings")).to_be_visible()
        for amount in ("48,211,930.000000000012", "1.234567890123", "1,234,567,890.12"):
            page.evaluate("getSelection().removeAllRanges()")
            assert page.evaluate(f"find({amount!r})"), amount
            assert page.evaluate("getSelection().toString()") == amount

        page.evaluate("getSelection().selectAllChildren(document.querySelector('.holdings'))")
        page.keyboard.press("Control+c")
        copied: str = page.evaluate("navigator.clipboard.readText()")
        assert re.findall(r"[\d.,]{4,}", copied) == [
            *("1.234567890123", "0.034567890123"),
            *("48,211,930.000000000012", "48,211,930.000000000012"),
            *("1,234,567,890.12", "1,234,567,890.12"),
        ]


def test_many_digits_break_between_groups_and_keep_the_point_with_its_last_one(
    browser: Browser, site: BuiltPage
) -> None:
    most = "9" * 64
    with at(browser, site, 1280) as stage:
        stage.say(snapshot(holdings=[holding("A", f"{most}.5"), holding("B", most, "0.1")]))
        assert unseen(stage.open()) == []
        assert stage.page.locator(".amount").first.text_content() == "9" + ",999" * 21 + ".5"


def test_rows_that_are_scrolled_to_by_keys_are_not_under_the_head(stage: Stage) -> None:
    stage.say(many(100))
    page = stage.open()
    page.locator("button.amount").first.focus()
    page.keyboard.press("Control+End")
    for _ in range(60):
        page.keyboard.press("ArrowUp")
    covered = page.evaluate("""() => {
      const box = document.activeElement.getBoundingClientRect();
      return document.elementFromPoint(box.left + 2, box.top + 2) !== document.activeElement;
    }""")
    assert not covered
