"""Coming back from the sign-in page without a session: a sentence each, and a way on."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from local.built_page import BuiltPage
from tests.e2e.page.stage import HOSTED_UI, Stage, staged


@pytest.fixture
def stranger(browser: Browser, site: BuiltPage) -> Iterator[Stage]:
    """Somebody who is not signed in."""
    with staged(browser, site, signed_in=False) as stage:
        yield stage


def sent_back(stage: Stage, query: str) -> None:
    """Go to the hosted UI, which answers with `query`; {state} in it becomes the page's own."""

    def answer(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        back = f"{asked['redirect_uri'][0]}?{query.format(state=asked['state'][0])}"
        route.fulfill(status=302, headers={"Location": back})

    stage.context.route(f"{HOSTED_UI}/oauth2/authorize*", answer)
    stage.open("/?q=btc").get_by_role("button", name="Sign in").click()


def test_a_cancelled_sign_in_says_that_nothing_was_changed(stranger: Stage) -> None:
    sent_back(stranger, "error=access_denied&error_description=%3Cb%3EWin%3C%2Fb%3E&state={state}")
    expect(stranger.page.get_by_role("heading")).to_have_text("Sign-in was cancelled")
    expect(stranger.page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    # What the address says is anybody's text: none of it is shown, none of it stays.
    assert "Win" not in stranger.page.content()
    assert stranger.page.url == f"{stranger.site.url}/?q=btc"


def test_a_refused_sign_in_says_whom_to_ask(stranger: Stage) -> None:
    sent_back(stranger, "error=unauthorized_client&state={state}")
    expect(stranger.page.get_by_role("heading")).to_have_text("The sign-in page refused")


def test_a_sign_in_with_another_state_is_not_taken(stranger: Stage) -> None:
    sent_back(stranger, "code=stolen&state=of-somebody-else")
    expect(stranger.page.get_by_role("heading")).to_have_text("That sign-in was not started here")
    assert stranger.page.url == f"{stranger.site.url}/?q=btc"


def test_a_token_endpoint_out_of_reach_is_no_fault_of_the_person(stranger: Stage) -> None:
    stranger.context.route(f"{HOSTED_UI}/oauth2/token", lambda route: route.abort())
    sent_back(stranger, "code=good&state={state}")
    expect(stranger.page.get_by_role("heading")).to_have_text("The sign-in could not be completed")
    expect(stranger.page.get_by_role("button")).to_have_text("Sign in again")


def test_signing_out_in_one_tab_leaves_nothing_in_the_other(stage: Stage) -> None:
    stage.context.route(f"{HOSTED_UI}/**", lambda route: route.fulfill(body="signed out"))
    other = stage.context.new_page()
    other.goto(stage.site.url)
    expect(other.locator(".holdings")).to_be_visible()
    stage.open().get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading")).to_have_text("You are signed out")
    assert "BTC" not in other.content()
