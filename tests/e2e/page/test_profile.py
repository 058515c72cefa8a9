"""What a viewer chooses, and how they are forgotten."""

from playwright.sync_api import expect

from tests.e2e.page.samples import problem
from tests.e2e.page.stage import Stage


def test_whoever_has_chosen_nothing_sees_what_holds_and_may_choose(stage: Stage) -> None:
    page = stage.open("/profile")
    expect(page.get_by_text("Signed in as viewer@example.com")).to_be_visible()
    expect(page.get_by_label("Currency")).to_have_value("USD")
    expect(page.get_by_label("Time zone")).to_have_value("UTC")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Time zone").select_option("Europe/Paris")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_have_text("Saved.")
    page.get_by_label("Currency").select_option("CHF")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Currency")).to_have_value("CHF")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Paris")
    first, second = stage.viewer.changes
    assert first.post_data_json == {"currency": "EUR", "time_zone": "Europe/Paris"}
    assert (first.headers.get("if-match"), second.headers.get("if-match")) == (None, '"1"')


def test_what_is_wrong_with_a_choice_stands_at_it(stage: Stage) -> None:
    stage.viewer.refusals = [problem("invalid_request", 422, currency=["Not priced yet."])]
    page = stage.open("/profile")
    page.get_by_role("button", name="Save").click()
    field = page.get_by_label("Currency")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(
        "What your holdings are worth is told in it. Not priced yet."
    )


def test_the_devices_time_zone_is_one_press_away(stage: Stage) -> None:
    page = stage.open("/profile")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Take this device’s time zone").click()
    expect(page.get_by_label("Time zone")).to_have_value("UTC")


def test_nobody_is_forgotten_by_a_slip(stage: Stage) -> None:
    page = stage.open("/profile")
    for typed in ("", "forget", "forget you"):
        page.get_by_label("Type “forget me”").fill(typed)
        page.get_by_role("button", name="Forget everything of me").click()
        expect(page.get_by_label("Type “forget me”")).to_be_focused()
        expect(page.get_by_text("Type “forget me” to go on.")).to_be_visible()
    assert stage.viewer.changes == []


def test_whoever_asks_for_it_is_forgotten_and_told_what_is_not(stage: Stage) -> None:
    stage.viewer.refusals = [problem("records_unavailable", 503)]
    page = stage.open("/profile")
    page.get_by_label("Type “forget me”").fill("Forget me")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached right now")
    expect(page.get_by_role("alert")).to_be_focused()

    page.get_by_role("button", name="Forget everything of me").click()
    done = page.get_by_role("heading", name="Everything that was kept of you is forgotten")
    expect(done).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("They stay valid at the exchange")).to_be_visible()
    assert [change.method for change in stage.viewer.changes] == ["DELETE", "DELETE"]
    page.get_by_role("navigation").get_by_role("link", name="Connections").click()
    expect(page.get_by_role("heading", name="Connect your first account")).to_be_visible()
