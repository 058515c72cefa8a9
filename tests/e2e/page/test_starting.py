"""Whatever a browser or a deployment left behind: the page starts, or says why and how to go on."""

import json
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import snapshot
from tests.e2e.page.stage import HOSTED_UI, USER, USER_KEY, Stage, staged


def reads(page: Page) -> None:
    expect(page.locator(".holdings")).to_be_visible()


@pytest.mark.parametrize(
    "kept",
    ["", "{", "null", "[]", "{}", '"text"', "\x00", json.dumps(USER | {"profile": None})],
)
def test_a_session_that_cannot_be_read_is_a_plain_sign_in(
    browser: Browser, site: BuiltPage, kept: str
) -> None:
    with staged(browser, site, signed_in=False) as stage:
        stage.page.add_init_script(
            f"sessionStorage.setItem({json.dumps(USER_KEY)}, {json.dumps(kept)})"
        )
        stage.context.route(f"{HOSTED_UI}/**", lambda route: route.fulfill(body="Sign in"))
        page = stage.open()
        expect(page.get_by_role("heading")).to_have_text("See what you hold")
        assert "Allow" not in page.locator("body").inner_text()
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{HOSTED_UI}/oauth2/authorize*")


def test_a_session_that_breaks_under_way_asks_to_sign_in_and_keeps_the_figures(
    stage: Stage,
) -> None:
    page = stage.open()
    reads(page)
    page.evaluate(f"sessionStorage.setItem({USER_KEY!r}, '{{')")
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("region", name="Session ended")).to_be_visible()
    reads(page)


def test_a_browser_that_stores_nothing_is_told_so(browser: Browser, site: BuiltPage) -> None:
    with staged(browser, site, signed_in=False) as stage:
        stage.page.add_init_script("""
          Object.defineProperty(globalThis, "sessionStorage", {
            get() { throw new DOMException("denied", "SecurityError"); },
          });
        """)
        page = stage.open()
        expect(page.get_by_role("alert")).to_contain_text("Allow it to store data for this site")


@pytest.mark.parametrize("answer", [404, 200, None], ids=["missing", "a page instead", "no line"])
def test_a_script_that_does_not_come_leaves_a_sentence_and_a_way_on(
    stage: Stage, answer: int | None
) -> None:
    def serve(route: Route) -> None:
        if answer is None:
            route.abort()
        else:
            route.fulfill(status=answer, content_type="text/html", body="<!doctype html>")

    stage.context.route("**/assets/*.js", serve)
    page = stage.open()
    expect(page.get_by_text("The page’s program has not arrived.")).to_be_visible()
    stage.context.unroute("**/assets/*.js")
    page.get_by_role("link", name="Load the page again").click()
    reads(page)


def test_nothing_of_that_sentence_is_seen_while_the_script_is_on_its_way(stage: Stage) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    stage.context.route("**/assets/*.js", hold)
    stage.page.goto(stage.site.url, wait_until="commit")
    sentence = stage.page.locator(".late")
    expect(sentence).to_be_attached()
    expect(sentence).to_be_hidden()
    while not held:
        stage.page.wait_for_timeout(20)
    held.pop().continue_()
    reads(stage.page)
    expect(sentence).to_have_count(0)


def test_a_tab_and_its_duplicate_spend_a_refresh_token_that_rotates_once(stage: Stage) -> None:
    spent: list[str] = []

    def renew(route: Route) -> None:
        (token,) = parse_qs(route.request.post_data or "")["refresh_token"]
        headers = {"Access-Control-Allow-Origin": "*"}
        if token in spent:
            route.fulfill(status=400, headers=headers, json={"error": "invalid_grant"})
            return
        spent.append(token)
        new = {"access_token": f"a{len(spent)}", "refresh_token": f"r{len(spent)}"}
        answer = new | {"token_type": "Bearer", "expires_in": 3600}
        route.fulfill(headers=headers, json=answer)

    stage.context.route(f"{HOSTED_UI}/oauth2/token", renew)
    tabs = [stage.page, stage.context.new_page(), stage.context.new_page()]
    for tab in tabs:
        tab.goto(stage.site.url)
        reads(tab)
    for tab in tabs:
        user = json.dumps(USER | {"expires_at": 1_000_000_000})
        tab.evaluate(f"sessionStorage.setItem({USER_KEY!r}, {json.dumps(user)})")
    stage.say(snapshot(account_count=777))
    # At one moment: a click in a tab does not wait for the one before.
    for tab in tabs:
        tab.evaluate("document.querySelector('.refresh').click()")
    for tab in tabs:
        expect(tab.get_by_text("777 accounts")).to_be_visible()
        expect(tab.get_by_role("region", name="Session ended")).to_have_count(0)
    assert spent == ["refresh"]
