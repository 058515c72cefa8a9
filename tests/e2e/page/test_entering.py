"""Signing in through the hosted UI to the table, under the cloud's headers."""

import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, expect

from local.sign_in import access_token
from tests.e2e.conftest import Running
from tests.e2e.page.visit import AMOUNTS, Visit, visiting


@pytest.fixture(scope="module")
def entered(browser: Browser, built: Running) -> Iterator[Visit]:
    """One sign-in for all that is only looked at."""
    with visiting(browser, built) as visit:
        visit.enter()
        expect(visit.page.get_by_text("13 holdings in 204 accounts")).to_be_visible()
        yield visit


def test_every_figure_is_the_apis_to_the_last_digit(entered: Visit) -> None:
    told = entered.running.get(token=access_token(entered.running.stack)).json()["holdings"]
    shown = entered.figures()
    assert sorted(shown, key=lambda row: row["currency"]) == [
        {name: holding[name] for name in ("currency", *AMOUNTS)} for holding in told
    ]
    worth = {holding["currency"]: Decimal(holding["value"] or -1) for holding in told}
    order = [worth[row["currency"]] for row in shown]
    assert order == sorted(order, reverse=True)


def test_no_token_is_in_the_address_or_stays_beyond_the_tab(entered: Visit) -> None:
    assert entered.page.url == f"{entered.home}/"
    assert entered.page.evaluate("Object.keys(localStorage)") == ["holdings.all-digits"]
    assert entered.page.context.cookies() == []
    # The ID token proves who signed in; nothing reads it afterwards.
    assert "id_token" not in str(entered.kept())


def test_the_page_talks_to_its_own_stack_alone(entered: Visit) -> None:
    stack = entered.running.stack
    asked = {"{0.scheme}://{0.netloc}".format(urlsplit(r.url)) for r in entered.requests}
    assert asked == {stack.web_url, stack.hosted_ui_url}


def test_the_browser_asks_the_api_for_no_permission_first(entered: Visit) -> None:
    """The API is at the page's own address: there is nothing to ask for."""
    said = entered.running.output
    assert re.search(r"GET '/api/v1/holdings' 200", said)
    assert "OPTIONS" not in said


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/api/v1/nothing", 404, "not_found"), ("/api/v1/holdings", 401, "unauthenticated")],
)
def test_an_error_of_the_api_reaches_the_page_as_a_problem(
    browser: Browser, built: Running, path: str, status: int, code: str
) -> None:
    """Under the cloud's headers, and not as the page that a missing path shows."""
    with browser.new_page() as page:
        page.goto(built.stack.web_url)
        asked = f"fetch('{path}').then(async (a) => [a.status, (await a.json()).code])"
        assert page.evaluate(asked) == [status, code]


def test_the_browser_has_nothing_to_complain_about(entered: Visit) -> None:
    assert entered.complaints == []


def test_the_same_page_reads_through_the_gateway_and_the_function(visit: Visit) -> None:
    """The cloud's own path: browser, hosted UI, gateway, authorizer, the archive that ships."""
    stack = visit.running.stack
    config = requests.get(f"{stack.web_url}/config.json", timeout=60).json()
    behind = config | {"api_url": stack.gateway_url}
    visit.page.route("**/config.json", lambda route: route.fulfill(json=behind))
    visit.enter()
    expect(visit.page.get_by_text("13 holdings in 204 accounts")).to_be_visible()
    expect(visit.page.locator(".status-line")).to_contain_text("next reading in")
    asked = [r.url for r in visit.requests if r.url.endswith("/holdings")]
    assert asked == [f"{stack.gateway_url}/holdings"]
    assert visit.complaints == []
