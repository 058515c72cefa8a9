"""On the running stack: a viewer connects, sees, changes and forgets what is theirs."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.page.visit import Visit


def samples(visit: Visit, exchange: str) -> list[dict[str, str]]:
    """The keys that `make run` offers to try, as a person pastes them."""
    stack: dict[str, Any] = json.loads((visit.running.state_dir / "stack.json").read_text())
    return [
        each["credential"] for each in stack["sample_credentials"] if each["exchange"] == exchange
    ]


def choose(visit: Visit, label: str, credential: dict[str, str]) -> None:
    """Bring a key in as a file, whichever exchange it is of, and send it."""
    page = visit.page
    page.goto(f"{visit.home}/connections/new")
    page.get_by_label("Choose the key file").set_input_files(
        {
            "name": "key.json",
            "mimeType": "application/json",
            "buffer": json.dumps(credential).encode(),
        }
    )
    page.get_by_label("Name of this connection").fill(label)
    page.get_by_role("button", name="Test and connect").click()


def view(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def forget_me(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.home}/profile")
    page.get_by_label("Type “forget me”").fill("forget me")
    page.get_by_role("button", name="Forget everything of me").click()
    expect(page.get_by_text("Everything that was kept of you is forgotten")).to_be_visible()


def test_a_viewer_connects_sees_renames_pauses_and_removes_an_account(visit: Visit) -> None:
    visit.enter()
    page = visit.page
    (key, *_) = samples(visit, "coinbase_advanced")
    choose(visit, "Home", key)
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    expect(page.get_by_text("This key may view, and nothing else.").first).to_be_visible()

    view(page, "Holdings")
    page.get_by_label("Connection", exact=True).select_option("Home")
    expect(page.locator(".holdings tbody tr:visible .origin").first).to_have_text("Home")

    view(page, "Connections")
    page.get_by_role("link", name="Home").click()
    page.get_by_label("Name of this connection").fill("Savings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Savings")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("button", name="Go on reading it")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Paused, last read")).to_be_visible()
    page.get_by_role("button", name="Go on reading it").click()
    expect(page.get_by_role("button", name="Pause it")).to_be_visible()

    page.get_by_role("button", name="Remove it…").click()
    page.get_by_role("button", name="Remove Savings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")
    expect(page.get_by_role("link", name="Savings")).to_have_count(0)
    view(page, "Holdings")
    expect(page.locator(".holdings")).to_be_visible()
    expect(page.get_by_label("Connection", exact=True)).to_have_count(0)
    secret = key["privateKey"].strip()
    assert secret not in page.content()
    assert secret not in json.dumps(visit.kept())
    forget_me(visit)


def test_the_same_account_twice_is_refused_in_words_and_a_wrong_key_at_its_field(
    visit: Visit,
) -> None:
    visit.enter()
    page = visit.page
    (key, *_) = samples(visit, "coinbase_exchange")
    choose(visit, "Main", key)
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()

    choose(visit, "Again", key)
    expect(page.get_by_role("alert")).to_contain_text("That is not possible as things are now")
    choose(visit, "Wrong", key | {"api_secret": "not base64"})
    field = page.get_by_label("API secret")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    forget_me(visit)


def test_a_choice_of_the_profile_is_kept_until_the_viewer_is_forgotten(visit: Visit) -> None:
    visit.enter()
    page = visit.page
    view(page, "Profile")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_have_text("Saved.")
    page.reload()
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    forget_me(visit)
    page.reload()
    expect(page.get_by_label("Currency")).to_have_value("USD")
