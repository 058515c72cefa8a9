"""What the page shows when figures are read again: new ones, last good ones, or a sentence."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import is_stale
from tests.e2e.page.visit import Visit

# A page that nobody touches reads every 15 minutes in the end.
LONGEST_UNTIL_READ_SECONDS = 2 * 900
UNDER_WAY = re.compile("reading again|longer than usual")


def let_time_pass_until(visit: Visit, shown: Callable[[], bool]) -> None:
    """Let the page's time pass, so that it reads again, until something is shown or no more.

    The API has to give that answer by then: only the page is waited for.
    """
    status = visit.page.get_by_role("region", name="Freshness")
    for _ in range(0, LONGEST_UNTIL_READ_SECONDS, 10):
        # Time that passes during a request would end it.
        expect(status).not_to_contain_text(UNDER_WAY)
        if shown():
            return
        visit.page.clock.fast_forward(10_000)
    pytest.fail(f"not shown after {LONGEST_UNTIL_READ_SECONDS} s: {status.inner_text()}")


@pytest.fixture
def key(visit: Visit) -> Iterator[Any]:
    """The stored Coinbase key, as it can be set; put right afterwards."""
    secrets = visit.running.aws("secretsmanager")
    name = visit.running.stack.secret
    good = secrets.get_secret_value(SecretId=name)["SecretString"]

    def put(**changes: str) -> None:
        text = json.dumps(json.loads(good) | changes)
        secrets.put_secret_value(SecretId=name, SecretString=text)

    yield put
    put()


def test_refresh_reads_anew_and_then_waits_its_cool_down(visit: Visit) -> None:
    visit.page.clock.install()
    visit.enter()
    button = visit.page.get_by_role("button", name="Refresh")
    toast = visit.page.locator(".toast")

    with visit.page.expect_response("**/holdings?refresh=true") as answered:
        button.click()
    assert answered.value.headers["x-cache"] == "REFRESH"
    expect(toast).to_have_text("Read again from Coinbase.")

    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    expect(toast).to_contain_text("Refresh is possible again in")
    asked = [urlsplit(request.url).query for request in visit.asked_of("/holdings")]
    assert asked.count("refresh=true") == 1

    visit.page.clock.fast_forward(11_000)
    expect(button).to_have_attribute("aria-disabled", "false")


def test_with_coinbase_down_the_last_good_figures_stay_and_say_so(visit: Visit) -> None:
    visit.page.clock.install()
    visit.enter()
    figures = visit.figures()
    banner = visit.page.get_by_role("region", name="Stale figures")

    visit.running.simulate("PUT", "/faults", {"fault": "maintenance"})
    visit.running.get_until(is_stale)
    let_time_pass_until(visit, banner.is_visible)
    expect(banner).to_contain_text("Coinbase is not available right now")
    expect(banner).to_contain_text("These are the last good figures, as of ")
    expect(banner).to_contain_text("Nothing is wrong with your account.")
    assert visit.figures() == figures

    visit.running.simulate("DELETE", "/faults")
    visit.running.get_until(lambda answer: answer.ok and not is_stale(answer))
    let_time_pass_until(visit, lambda: not banner.is_visible())
    assert visit.figures() == figures


def test_a_broken_key_without_last_good_figures_is_said_and_recovered_from(
    visit: Visit, key: Any
) -> None:
    key(api_secret="not base64")
    # Where the good key was read with, its figures are stale now; where not, the key is at once.
    visit.running.get_until(
        lambda answer: is_stale(answer) or answer.json().get("code") == "secret_invalid"
    )
    visit.running.delete_snapshot()
    visit.page.goto(visit.home)
    visit.page.get_by_role("button", name="Sign in").click()
    with visit.page.expect_response("**/holdings") as answered:
        visit.give_password()

    notice = visit.page.get_by_role("region", name="Problem")
    expect(notice).to_contain_text("The stored Coinbase key cannot be used")
    expect(notice).to_contain_text("The key has to be stored again, whole")
    told = answered.value.json()
    assert told["code"] == "secret_invalid"
    expect(notice.locator("code")).to_have_text(told["request_id"])
    expect(visit.page.locator(".holdings")).to_have_count(0)

    key()
    visit.running.get_until(lambda answer: answer.ok)
    visit.page.get_by_role("button", name="Try again").click()
    expect(visit.page.get_by_text("13 holdings in 204 accounts")).to_be_visible()
    expect(notice).to_have_count(0)


def test_hostile_accounts_are_shown_as_text_with_all_their_digits(visit: Visit) -> None:
    hostile = {
        "<img src=x onerror=alert(1)>": ("1.5", "1.5", "0"),
        "ABCDEFGHIJKLMNOPQRST": ("123456789012345678901234567890.123456789012", "1", "0.5"),
    }
    visit.running.simulate(
        "PUT",
        "/accounts",
        [
            {
                "id": f"00000000-0000-4000-8000-00000000000{number}",
                "currency": currency,
                "display_name": "<script>alert(2)</script>",
                "balance": balance,
                "available": available,
                "hold": hold,
                "profile_id": "00000000-0000-4000-8000-000000000009",
                "trading_enabled": True,
            }
            for number, (currency, (balance, available, hold)) in enumerate(hostile.items())
        ],
    )
    dialogs: list[str] = []
    visit.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    visit.enter()
    assert {
        row["currency"]: (row["balance"], row["available"], row["hold"]) for row in visit.figures()
    } == hostile
    assert (dialogs, visit.complaints) == ([], [])
