"""A person with a browser at the built page, which has only what the cloud's headers allow."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.e2e.browser import chromium
from tests.e2e.conftest import Running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("page"), {"WEB_BUILT": "true"}).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(10_000)
        yield page


def test_a_person_signs_in_and_the_page_talks_to_its_stack_alone(
    page: Page, built: Running
) -> None:
    asked: set[str] = set()
    refused: list[str] = []

    def note(request: Request) -> None:
        asked.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url)))

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    page.on("request", note)
    page.on("console", listen)

    page.goto(built.stack.web_url)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#username").fill(built.stack.username)
    page.locator("#password").fill(built.stack.password)
    page.locator("button[type=submit]").click()

    expect(page.get_by_text("13 holdings")).to_be_visible()
    # Neither code nor token stays where a bookmark or another site would see it.
    assert page.url == f"{built.stack.web_url}/"
    assert asked == {built.stack.web_url, built.stack.api_url, built.stack.hosted_ui_url}
    assert refused == []
