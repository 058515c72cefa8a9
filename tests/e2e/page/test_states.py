"""In every state, scheme and size: nothing that keeps anybody out, nothing beyond the edge."""

from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ViewportSize

from local.built_page import BuiltPage
from local.settings import ROOT
from tests.e2e.page.stage import PHONE, WIDE, staged
from tests.e2e.page.states import STATES

AXE = ROOT / "spa" / "node_modules" / "axe-core" / "axe.min.js"
SMALL: ViewportSize = {"width": 280, "height": 640}

_RUN = """async (rules) => {
  const options = { ...rules, reporter: "no-passes", preload: false };
  const { violations } = await axe.run(document, options);
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}"""
# Every rule in the one scheme, and in the other what colours have to do with.
_SCHEMES: dict[Literal["light", "dark"], dict[str, list[str]]] = {
    "light": {},
    "dark": {"runOnly": ["color-contrast"]},
}
_BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


_CONTRAST = """() => {
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[0-9.]+/g).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const input = getComputedStyle(document.querySelector("input"));
  const sheet = getComputedStyle(document.querySelector(".sheet"));
  const edge = light(input.borderTopColor);
  return Math.min(...[input, sheet].map(({ backgroundColor }) => {
    const ground = light(backgroundColor);
    return (Math.max(edge, ground) + 0.05) / (Math.min(edge, ground) + 0.05);
  }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_input_is_told_from_what_is_around_it_by_its_border(
    browser: Browser, site: BuiltPage, scheme: Literal["light", "dark"]
) -> None:
    with staged(browser, site, color_scheme=scheme) as stage:
        STATES["table"].reach(stage)
        assert stage.page.evaluate(_CONTRAST) >= 3


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, site: BuiltPage, name: str
) -> None:
    state = STATES[name]
    found: dict[str, Any] = {}
    # Without motion: a colour half way through a transition is neither here nor there.
    with staged(
        browser, site, signed_in=state.signed_in, reduced_motion="reduce", viewport=SMALL
    ) as stage:
        state.reach(stage)
        page = stage.page
        # By the debugger: the page's policy lets no script in.
        page.evaluate(AXE.read_text())
        assert page.evaluate(_BEYOND) <= 0
        for viewport in (PHONE, WIDE):
            page.set_viewport_size(viewport)
            assert page.evaluate(_BEYOND) <= 0
            for scheme, rules in _SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                found[f"{viewport['width']}, {scheme}"] = page.evaluate(_RUN, rules)
    assert {where: what for where, what in found.items() if what} == {}
