"""A person with a browser at the API's viewer: sign in at the hosted UI and read the holdings."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import chromium
from tests.e2e.conftest import Running


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        yield page


def test_the_viewer_of_the_api_signs_in_at_the_hosted_ui_and_reads_the_holdings(
    page: Page, stack: Running
) -> None:
    page.goto(f"{stack.stack.api_url}/docs")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    form = dialog.locator(".auth-container").filter(has_text="OAuth2")
    form.get_by_text("select all").first.click()
    with page.expect_popup() as opened:
        form.locator("button.authorize").click()
    hosted_ui = opened.value
    hosted_ui.locator("#username").fill(stack.stack.username)
    hosted_ui.locator("#password").fill(stack.stack.password)
    hosted_ui.locator("button[type=submit]").click()
    expect(form.get_by_role("button", name="Remove authorization")).to_be_visible(timeout=60_000)
    dialog.locator("button.btn-done").last.click()

    operation = page.locator("#operations-default-holdings")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    live = operation.locator(".live-responses-table")
    expect(live.locator(".response-col_status").last).to_contain_text("200")
    expect(live).to_contain_text('"account_count": 204')
    assert "access_token" not in page.url
