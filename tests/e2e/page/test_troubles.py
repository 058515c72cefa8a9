"""Whatever the API or the network does, there is a sentence, and the last good figures stay."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.page.samples import Document, problem, snapshot
from tests.e2e.page.stage import Stage

HTML = "<!doctype html><title>502</title><h1>Bad gateway</h1>"


@pytest.mark.parametrize(
    ("answer", "status", "title", "remedy"),
    [
        (HTML, 200, "The API's answer could not be used", "none of it is shown"),
        (HTML, 502, "The holdings could not be read", "Try again in a moment."),
        (
            snapshot(holdings=[{"currency": "BTC"}]),
            200,
            "The API's answer could not",
            "connection_id",
        ),
        (snapshot(holdings=[{}]) | {"stale": "no"}, 200, "The API's answer could not", "stale"),
        ({"message": "Forbidden"}, 403, "Your sign-in does not allow", "Sign out and in again"),
        (problem("exchange_timeout", 504), 504, "Coinbase did not answer in time", "7f3c2a90-"),
        (problem("misconfigured", 500), 500, "The API is not set up", "what the API says of it"),
        (problem("brand_new", 500), 500, "The holdings could not be read", "what the API says"),
    ],
)
def test_an_answer_without_figures_becomes_a_sentence(
    stage: Stage, answer: Document | str, status: int, title: str, remedy: str
) -> None:
    stage.say(answer, status)
    notice = stage.open().get_by_role("region", name="Problem")
    expect(notice.get_by_role("heading")).to_contain_text(title)
    expect(notice).to_contain_text(remedy)
    assert "Bad gateway" not in stage.page.content()

    stage.say(snapshot())
    stage.page.get_by_role("button", name=re.compile("Try again|Refresh")).first.click()
    expect(stage.page.locator(".holdings")).to_be_visible()


def test_a_proxys_page_in_between_does_not_end_the_reading(stage: Stage) -> None:
    stage.install_clock()
    stage.say(HTML)
    page = stage.open()
    expect(page.get_by_role("region", name="Problem")).to_be_visible()
    expect(page.get_by_role("region", name="Freshness")).to_contain_text("next attempt in")
    stage.say(snapshot())
    page.clock.fast_forward(16_000)
    expect(page.locator(".holdings")).to_be_visible()


def test_offline_keeps_the_figures_and_reads_again_by_itself(stage: Stage) -> None:
    page = stage.open()
    expect(page.locator(".holdings tbody tr")).to_have_count(10)
    stage.context.set_offline(True)
    stage.refuse()
    page.get_by_role("button", name="Refresh").click()
    notice = page.get_by_role("region", name="Problem")
    expect(notice).to_contain_text("You are offline")
    expect(notice).to_contain_text("Below are the last good figures, as of 21 Nov 2026, 09:30")
    assert page.locator(".holdings tbody tr").count() == 10

    stage.say(snapshot())
    stage.context.set_offline(False)
    expect(notice).to_have_count(0)


def test_an_api_out_of_reach_is_not_mistaken_for_being_offline(stage: Stage) -> None:
    stage.refuse()
    notice = stage.open().get_by_role("region", name="Problem")
    expect(notice).to_contain_text("The API cannot be reached")
    expect(notice).to_contain_text("Check your connection and try again.")


def test_a_slow_answer_is_said_to_take_long_and_is_then_shown(stage: Stage) -> None:
    stage.install_clock()
    stage.fall_silent()
    page = stage.open()
    status = page.get_by_role("region", name="Freshness")
    expect(status).to_contain_text("Reading from Coinbase…")
    page.clock.fast_forward(4000)
    expect(status).to_contain_text("this takes longer than usual…")
    stage.say(snapshot())
    expect(page.locator(".holdings")).to_be_visible()
    expect(status).not_to_contain_text("longer")


def test_a_request_is_held_back_for_as_long_as_the_api_asks(stage: Stage) -> None:
    stage.install_clock()
    stage.say(problem("exchange_rate_limited", 503), 503, Retry_After="20")
    page = stage.open()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_attribute("aria-disabled", "true")
    again.click(force=True)
    expect(page.locator(".toast")).to_contain_text("Trying again is possible in")
    assert len(stage.asked) == 1
    stage.say(snapshot())
    page.clock.fast_forward(21_000)
    expect(page.locator(".holdings")).to_be_visible()


@pytest.mark.parametrize("seconds", [20, 300, 3599, 10**9])
@pytest.mark.parametrize("width", [280, 390, 1280])
def test_a_wait_of_whatever_length_stands_beside_the_words_of_its_button(
    stage: Stage, seconds: int, width: int
) -> None:
    page = stage.page
    page.set_viewport_size({"width": width, "height": 800})
    stage.say(problem("exchange_rate_limited", 503), 503, Retry_After=str(seconds))
    stage.open()
    expect(page.locator(".refresh-wait")).to_be_visible()
    overlap: float = page.evaluate("""() => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector(".refresh-words, .refresh > .icon + *"));
      const words = range.getBoundingClientRect();
      return words.right - document.querySelector(".refresh-wait").getBoundingClientRect().left;
    }""")
    assert overlap <= 0
    button = page.locator(".refresh")
    assert button.evaluate("(it) => it.scrollWidth <= it.clientWidth")
