"""Codes and amounts that no designer thought of break neither the page nor its layout."""

import pytest
from playwright.sync_api import Browser, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import holding, snapshot
from tests.e2e.page.stage import staged

MARKUP = "<img src=x onerror=alert(1)>"
LONG = "ABCDEFGHIJKLMNOPQRST"
DIGITS = "1" * 18 + "." + "2" * 12
MORE_DIGITS = "9" * 30 + "." + "8" * 12
HOSTILE = snapshot(
    holdings=[
        holding(MARKUP, DIGITS, DIGITS, DIGITS),
        holding(LONG, MORE_DIGITS, MORE_DIGITS, "0.000000000001"),
        holding("\u202eCTB", "1"),
        holding("", "1"),
    ],
    account_count=987_654_321,
    hidden={"zero": 123_456_789, "dust": 123_456_789},
)


@pytest.mark.parametrize("width", [280, 320, 390, 820, 1280])
def test_nothing_reaches_beyond_the_page(browser: Browser, site: BuiltPage, width: int) -> None:
    with staged(browser, site, viewport={"width": width, "height": 800}) as stage:
        dialogs: list[str] = []
        stage.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        stage.say(HOSTILE)
        page = stage.open()
        expect(page.locator(".code")).to_have_text(["(no code)", MARKUP, LONG, "\ufffdCTB"])
        assert page.locator(".holdings img").count() == 0
        assert dialogs == []

        amounts = page.locator(".holdings [data-column=balance] .amount")
        shown = [text.replace(",", "") for text in amounts.all_text_contents()]
        assert shown == ["1", DIGITS, MORE_DIGITS, "1"]
        assert page.evaluate(_BEYOND) == []


_BEYOND = """() => {
  const wide = document.documentElement.clientWidth;
  const cells = [...document.querySelectorAll(".holdings th, .holdings td")];
  return [
    ...(document.documentElement.scrollWidth > wide ? ["the page"] : []),
    ...cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((c) => c.innerText),
    ...[...document.querySelectorAll(".amount, .code, .head, .button, .found")]
      .filter((part) => {
        const box = part.getBoundingClientRect();
        return box.width > 0 && (box.right > wide + 1 || box.left < -1);
      })
      .map((part) => part.innerText),
  ];
}"""
