"""What becomes of a connection: its status, and each thing that can be done with it."""

import json

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import Document, connection, problem, snapshot, source
from tests.e2e.page.stage import API, USER_KEY, Stage, staged
from tests.e2e.page.viewer_api import OWN_ID

HERE = f"/connections/{OWN_ID}"


@pytest.fixture
def page(stage: Stage) -> Page:
    """At the viewer's only connection, Home, which is among the figures."""
    stage.say(snapshot(sources=[source(connection_id=OWN_ID, label="Home")]))
    page = stage.open(HERE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    return page


def sent(stage: Stage) -> list[tuple[str, object, str | None]]:
    """Of each change: its method, its body and the version that it is a change of."""
    return [
        (change.method, change.post_data_json, change.headers.get("if-match"))
        for change in stage.viewer.changes
    ]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "Read 40 s ago"),
        ({"id": "b", "last_read_at": None}, "Not read yet"),
        ({"id": "b", "status": "paused"}, "Paused, last read an hour"),
        ({"id": "b", "status": "rejected"}, "Key rejected since its last reading, "),
        (
            {"id": "b", "last_error": {"code": "exchange_timeout", "detail": "x"}},
            "Coinbase did not answer in time",
        ),
    ],
)
def test_each_connection_says_how_it_stands(
    browser: Browser, site: BuiltPage, fields: Document, status: str
) -> None:
    with staged(browser, site, at="2026-11-21T10:30:00Z") as stage:
        stage.say(snapshot(sources=[source(connection_id=OWN_ID)]))
        stage.viewer.connections = [connection(**({"id": OWN_ID} | fields))]
        item = stage.open("/connections").get_by_role("listitem")
        expect(item).to_contain_text(status.replace("an hour", "1 h 0 min ago"))


def test_whoever_has_nothing_connected_is_led_to_connecting_and_may_go_back(stage: Stage) -> None:
    stage.viewer.connections = []
    hidden = {"zero": 0, "dust": 0}
    stage.say(snapshot(sources=[], holdings=[], account_count=0, hidden=hidden))
    page = stage.open()
    page.wait_for_url("**/connections")
    expect(page.get_by_role("heading", name="Connect your first account")).to_be_visible()
    page.get_by_role("link", name="Connect Coinbase", exact=True).click()
    expect(page.get_by_role("radio", name="Coinbase You use")).to_be_checked()
    # Nobody is held there.
    page.get_by_role("navigation").get_by_role("link", name="Holdings").click()
    expect(page.get_by_role("heading", name="Nothing is connected")).to_be_visible()


def test_whoever_has_something_connected_is_led_nowhere(stage: Stage) -> None:
    page = stage.open()
    expect(page.locator(".holdings")).to_be_visible()
    assert page.url == f"{stage.site.url}/"


def test_a_new_name_is_kept_as_a_change_of_what_was_seen(stage: Stage, page: Page) -> None:
    page.get_by_label("Name of this connection").fill("  Savings ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Savings")
    expect(page.locator(".toast")).to_have_text("Renamed.")
    expect(page.get_by_label("Name of this connection")).to_be_focused()
    assert sent(stage) == [("PATCH", {"label": "Savings"}, '"1"')]


@pytest.mark.parametrize("label", ["", "   ", "x" * 61])
def test_a_name_that_is_none_is_said_to_be_at_its_field(
    stage: Stage, page: Page, label: str
) -> None:
    field = page.get_by_label("Name of this connection")
    field.fill(label)
    page.get_by_role("button", name="Save the name").click()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert stage.viewer.changes == []


def test_what_the_api_says_of_a_name_stands_at_its_field(stage: Stage, page: Page) -> None:
    stage.viewer.refusals = [problem("invalid_request", 422, label=["Take another one."])]
    page.get_by_role("button", name="Save the name").click()
    field = page.get_by_label("Name of this connection")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Only you see it. Take another one.")


def test_a_connection_is_paused_and_read_again(stage: Stage, page: Page) -> None:
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_text("Paused, last read")).to_be_visible()
    again = page.get_by_role("button", name="Go on reading it")
    expect(again).to_be_focused()
    again.click()
    expect(page.get_by_role("button", name="Pause it")).to_be_visible()
    assert sent(stage) == [
        ("PATCH", {"status": "paused"}, '"1"'),
        ("PATCH", {"status": "active"}, '"2"'),
    ]


def test_a_change_that_came_second_is_explained_and_what_came_first_is_shown(
    stage: Stage, page: Page
) -> None:
    stage.viewer.connections = [connection(id=OWN_ID, label="From another tab", version=2)]
    stage.viewer.refusals = [problem("conflict", 409, "It was changed meanwhile.")]
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("alert")).to_contain_text("It was changed meanwhile.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("From another tab")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("button", name="Go on reading it")).to_be_visible()
    assert [version for _, _, version in sent(stage)] == ['"1"', '"2"']


def test_a_key_is_replaced_by_another_that_works(stage: Stage) -> None:
    error = {"code": "exchange_credentials_rejected", "detail": "Replace it."}
    stage.viewer.connections = [connection(id=OWN_ID, status="rejected", last_error=error)]
    page = stage.open(HERE)
    expect(page.get_by_text("Key rejected since its last reading")).to_be_visible()
    # Whoever comes for this finds it open.
    page.get_by_label("Key name").fill("organizations/o/apiKeys/k")
    page.get_by_label("Private key").fill("canary-secret")
    page.get_by_role("button", name="Test and replace").click()
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    expect(page.locator(".alert")).to_be_focused()
    expect(page.get_by_text("Key rejected")).to_have_count(0)
    credential = {"name": "organizations/o/apiKeys/k", "privateKey": "canary-secret"}
    assert sent(stage) == [("PUT", {"credential": credential}, '"1"')]
    assert stage.viewer.changes[0].url.endswith(f"{HERE}/credential")
    assert "canary" not in page.content()


def test_a_key_of_another_exchange_replaces_nothing(stage: Stage, page: Page) -> None:
    page.get_by_role("button", name="Enter another key").click()
    expect(page.get_by_label("Choose the key file")).to_be_focused()
    other = {"api_key": "a", "passphrase": "b", "api_secret": "c"}
    page.get_by_label("Private key").fill(json.dumps(other))
    page.get_by_role("button", name="Test and replace").click()
    expect(page.locator(".toast")).to_contain_text("That is a key of Coinbase Exchange")
    assert stage.viewer.changes == []


def test_removing_says_what_is_forgotten_and_asks_once_more(stage: Stage, page: Page) -> None:
    page.get_by_role("button", name="Remove it…").click()
    expect(page.get_by_text("This forgets at once, and for good: the key, ")).to_be_focused()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Remove it…")).to_be_focused()
    assert stage.viewer.changes == []

    page.get_by_role("button", name="Remove it…").click()
    page.get_by_role("button", name="Remove Home").click()
    expect(page.get_by_role("heading", name="Connect your first account")).to_be_visible()
    expect(page.locator(".toast")).to_have_text("Home is removed, and its key forgotten.")
    assert sent(stage) == [("DELETE", None, '"1"')]
    assert page.url == f"{stage.site.url}/connections"


def test_the_shared_connection_offers_no_change(stage: Stage) -> None:
    shared = connection(id="shared", shared=True, label="House", key_hint="")
    stage.viewer.connections = [shared]
    page = stage.open("/connections")
    expect(page.get_by_role("listitem")).to_contain_text("Seen by everybody who signs in here")
    expect(page.get_by_role("listitem").get_by_role("link")).to_have_count(0)
    page.goto(f"{stage.site.url}/connections/shared")
    expect(page.get_by_role("heading", level=1)).to_have_text("This connection is everybody’s")
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)


def test_links_lead_in_and_a_step_back_leads_out_with_the_place_on_the_table(stage: Stage) -> None:
    page = stage.open("/?q=btc")
    expect(page.get_by_text("1 of 10 match")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Connections").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_title("Connections · Holdings")
    page.get_by_role("link", name="Home").click()
    expect(page).to_have_title("Home · Holdings")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")
    page.go_back()
    expect(page.get_by_text("1 of 10 match")).to_be_visible()
    expect(page).to_have_title("Holdings")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    # The same way again is a new start.
    page.get_by_role("navigation").get_by_role("link", name="Holdings").click()
    expect(page.get_by_label("Filter by currency code")).to_have_value("")


def test_a_hostile_name_is_shown_as_text(stage: Stage) -> None:
    label = "<img src=x onerror=alert(1)>\u202e"
    stage.viewer.connections = [connection(id=OWN_ID, label=label)]
    stage.say(snapshot(sources=[source(), source(connection_id=OWN_ID, label=label)]))
    page = stage.open("/connections")
    expect(page.get_by_role("link", name="<img src=x")).to_be_visible()
    page.get_by_role("link", name="<img src=x").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("main img").count() == 0


def test_a_list_in_pages_is_shown_whole(stage: Stage) -> None:
    pages = [
        {"connections": [connection(id="a", label="One")], "next": "a/b&c"},
        {"connections": [connection(id="b", label="Two")], "next": None},
    ]
    asked: list[str] = []

    def serve(route: Route) -> None:
        asked.append(route.request.url.partition("/connections")[2])
        headers = {"Access-Control-Allow-Origin": stage.site.url}
        route.fulfill(json=pages[len(asked) - 1], headers=headers)

    stage.context.route("**/connections*", serve, times=3)
    stage.context.route(f"{stage.site.url}/connections", lambda route: route.continue_())
    page = stage.open("/connections")
    expect(page.get_by_role("listitem").get_by_role("link")).to_have_text(["One", "Two"])
    assert asked == ["", "?cursor=a%2Fb%26c"]


def test_a_list_that_cannot_be_read_is_a_sentence_and_another_try(stage: Stage) -> None:
    refused = True

    def serve(route: Route) -> None:
        if refused:
            route.fulfill(status=503, json=problem("records_unavailable", 503))
        else:
            route.fallback()

    stage.context.route(f"{API}/connections", serve)
    page = stage.open("/connections")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Your connections cannot be reached right now")
    refused = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Home")).to_be_visible()
    expect(alert).to_have_count(0)


def test_a_part_of_the_page_that_does_not_come_leaves_a_sentence_and_a_way_on(
    stage: Stage,
) -> None:
    page = stage.open()
    expect(page.locator(".holdings")).to_be_visible()
    stage.context.route("**/assets/*.js", lambda route: route.abort())
    page.get_by_role("navigation").get_by_role("link", name="Connections").click()
    expect(page.get_by_role("alert")).to_contain_text("This part of the page has not arrived")
    stage.context.unroute("**/assets/*.js")
    page.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")


def test_a_session_that_ends_in_the_middle_of_a_change_asks_to_sign_in(
    stage: Stage, page: Page
) -> None:
    expect(page.get_by_role("button", name="Pause it")).to_be_visible()
    page.evaluate(f"sessionStorage.removeItem({USER_KEY!r})")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("region", name="Session ended")).to_be_visible()
    assert stage.viewer.changes == []
