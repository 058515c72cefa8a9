"""How a session is renewed, ends, and survives what people do with a browser."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from tests.e2e.page.visit import Visit

LONG_AGO = 1_000_000_000


def grants(visit: Visit) -> list[str]:
    asked = visit.asked_of("/oauth2/token")
    return [parse_qs(request.post_data or "")["grant_type"][0] for request in asked]


def refuse(route: Route) -> None:
    route.fulfill(
        status=400,
        headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"},
        body='{"error": "invalid_grant"}',
    )


def test_an_expired_token_is_renewed_without_a_word(visit: Visit) -> None:
    visit.enter()
    visit.user(expires_at=LONG_AGO)
    visit.page.reload()
    expect(visit.page.locator(".holdings")).to_be_visible()
    assert grants(visit) == ["authorization_code", "refresh_token"]
    assert [answer.status for answer in visit.answers if "/holdings" in answer.url] == [200, 200]


def test_a_token_that_the_api_refuses_is_renewed_once(visit: Visit) -> None:
    visit.enter()
    visit.user(access_token="of.another.pool")
    visit.page.reload()
    expect(visit.page.locator(".holdings")).to_be_visible()
    assert grants(visit) == ["authorization_code", "refresh_token"]


def test_a_session_that_cannot_be_renewed_asks_to_sign_in_and_keeps_the_place(
    visit: Visit,
) -> None:
    visit.enter()
    page = visit.page
    page.get_by_role("button", name="Balance").click()
    page.get_by_label("Filter by currency code").fill("us")
    expect(page).to_have_url(f"{visit.home}/?q=us&sort=balance&dir=desc")
    shown = page.locator(".holdings tbody tr:visible .code").all_text_contents()

    page.route("**/oauth2/token", refuse)
    visit.user(expires_at=LONG_AGO)
    page.get_by_role("button", name="Refresh").click()
    notice = page.get_by_role("region", name="Session ended")
    expect(notice).to_contain_text("Your session has ended")
    expect(notice).to_contain_text("Your place on this page is kept.")
    assert page.locator(".holdings tbody tr:visible .code").all_text_contents() == shown

    page.unroute("**/oauth2/token")
    notice.get_by_role("button", name="Sign in again").click()
    visit.give_password()
    expect(page.locator(".holdings")).to_be_visible()
    expect(page).to_have_url(f"{visit.home}/?q=us&sort=balance&dir=desc")
    expect(page.get_by_label("Filter by currency code")).to_have_value("us")
    assert page.locator(".holdings tbody tr:visible .code").all_text_contents() == shown


def test_figures_that_outlived_their_session_can_be_put_away(visit: Visit) -> None:
    visit.enter()
    page = visit.page
    page.route("**/oauth2/token", refuse)
    visit.user(expires_at=LONG_AGO)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("region", name="Session ended")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert "BTC" not in page.content()


def test_signing_out_ends_both_sessions_and_leaves_nothing(visit: Visit) -> None:
    visit.enter()
    page = visit.page
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    (left,) = visit.asked_of("/logout")
    assert parse_qs(urlsplit(left.url).query) == {
        "client_id": [visit.running.stack.client_id],
        "logout_uri": [f"{visit.home}/"],
    }
    (revoked,) = visit.asked_of("/oauth2/revoke")
    assert parse_qs(revoked.post_data or "")["token_type_hint"] == ["refresh_token"]
    assert visit.kept() == {"holdings.all-digits": "1"}  # how figures are shown, and of nobody

    page.go_back()
    expect(page.get_by_role("button", name=re.compile("^Sign in"))).to_be_visible()
    assert "BTC" not in page.content()

    page.goto(visit.home)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#password")).to_be_visible()


def test_a_step_back_and_forth_and_a_reload_spend_no_second_code(visit: Visit) -> None:
    visit.enter("/?q=btc")
    page = visit.page
    expect(page).to_have_url(f"{visit.home}/?q=btc")
    page.go_back()
    expect(page.locator("#password")).to_be_visible()
    page.go_forward()
    expect(page.locator(".holdings")).to_be_visible()
    page.reload()
    expect(page.locator(".holdings")).to_be_visible()
    expect(page).to_have_url(f"{visit.home}/?q=btc")
    expect(page.locator(".holdings tbody tr:visible .code")).to_have_text(["BTC"])
    assert grants(visit) == ["authorization_code"]


def test_an_address_with_a_spent_code_keeps_who_is_in_and_lets_nobody_else_in(
    visit: Visit,
) -> None:
    visit.enter()
    page = visit.page
    (spent,) = {r.url for r in visit.requests if r.url.startswith(f"{visit.home}/?code=")}
    page.goto(spent)
    expect(page.locator(".holdings")).to_be_visible()
    expect(page).to_have_url(f"{visit.home}/")

    page.evaluate("sessionStorage.clear()")
    page.goto(spent)
    expect(page.get_by_role("heading", name="That sign-in was not started here")).to_be_visible()
    expect(page).to_have_url(f"{visit.home}/")


def test_a_code_that_the_hosted_ui_refuses_asks_to_sign_in_once_more(visit: Visit) -> None:
    page = visit.page
    page.route("**/oauth2/token", refuse)
    page.goto(visit.home)
    page.get_by_role("button", name="Sign in").click()
    visit.give_password()
    expect(page.get_by_role("heading", name="That sign-in has been used already")).to_be_visible()
    page.unroute("**/oauth2/token")
    page.get_by_role("button", name="Sign in again").click()
    visit.give_password()
    expect(page.locator(".holdings")).to_be_visible()
