"""Connecting an account: a key is brought in, tested, and from then on nowhere in the browser."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, Request, Route, expect

from tests.e2e.page.samples import problem, snapshot
from tests.e2e.page.stage import API, Stage
from tests.e2e.page.viewer_api import NEW_ID

# Each part is found wherever it turns up.
KEY = {"name": "organizations/canary-org/apiKeys/canary-name", "privateKey": "canary-secret\nline"}
KEY_FILE = json.dumps(KEY)
EXCHANGE_KEY = {
    "api_key": "canary-id",
    "passphrase": "canary-pass phrase",
    "api_secret": "canary-secret==",
}
CANARY = "canary"

_EVERYWHERE = """async () => {
  const databases = await indexedDB.databases();
  const caches = await globalThis.caches.keys();
  return JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie, databases, caches,
    location.href, history.state, document.title, globalThis.name,
    document.documentElement.outerHTML,
    [...document.querySelectorAll("input, textarea")].map(({ value }) => value),
    performance.getEntries().map(({ name }) => name),
  ]);
}"""


@pytest.fixture
def heard(stage: Stage) -> list[str]:
    """All that the console was told, and every address that was asked for."""
    heard: list[str] = []
    stage.page.on("console", lambda message: heard.append(message.text))
    stage.page.on("pageerror", lambda error: heard.append(str(error)))
    stage.page.on("request", lambda request: heard.append(request.url))
    return heard


def open_form(stage: Stage, exchange: str = "coinbase_advanced") -> Page:
    page = stage.open(f"/connections/new?exchange={exchange}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect an account")
    return page


def submit(page: Page) -> None:
    page.get_by_role("button", name="Test and connect").click()


def everywhere(page: Page) -> str:
    found: str = page.evaluate(_EVERYWHERE)
    return found


def sent(request: Request) -> object:
    return request.post_data_json


def file_of(text: str) -> FilePayload:
    return {"name": "cdp_api_key.json", "mimeType": "application/json", "buffer": text.encode()}


def write_fields(page: Page) -> None:
    page.get_by_label("Key name").fill(KEY["name"])
    page.get_by_label("Private key").fill(KEY["privateKey"])


def write_file_into_a_field(page: Page) -> None:
    page.get_by_label("Private key").fill(KEY_FILE)


def choose_file(page: Page) -> None:
    page.get_by_label("Choose the key file").set_input_files(file_of(KEY_FILE))
    expect(page.get_by_text("The key that ends in name is ready.")).to_be_visible()


def paste_file(page: Page) -> None:
    page.get_by_label("Key name").focus()
    page.evaluate("text => navigator.clipboard.writeText(text)", KEY_FILE)
    page.keyboard.press("Control+v")
    expect(page.get_by_text("The key that ends in name is ready.")).to_be_visible()
    page.evaluate("navigator.clipboard.writeText('')")


def drop_file(page: Page) -> None:
    """Beside every field: it must not be opened in place of the page."""
    page.evaluate(
        """text => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([text], "cdp_api_key.json"));
          const init = { dataTransfer, bubbles: true, cancelable: true };
          const heading = document.querySelector("h1");
          const taken = ["dragover", "drop"].map(
            (kind) => !heading.dispatchEvent(new DragEvent(kind, init)));
          if (!taken.every(Boolean)) throw new Error("the browser would open it");
        }""",
        KEY_FILE,
    )
    expect(page.get_by_text("The key that ends in name is ready.")).to_be_visible()


@pytest.mark.parametrize(
    "bring", [write_fields, write_file_into_a_field, choose_file, paste_file, drop_file]
)
def test_a_key_is_tested_and_then_nowhere_in_the_browser(
    stage: Stage, heard: list[str], bring: Callable[[Page], None]
) -> None:
    stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_form(stage)
    page.get_by_label("Name of this connection").fill("Mine")
    bring(page)
    submit(page)
    made = page.get_by_text("The key was tested, and works")
    expect(made).to_be_visible()
    expect(page.get_by_text("This key may view, and nothing else.").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")

    (change,) = stage.viewer.changes
    assert sent(change) == {"exchange": "coinbase_advanced", "label": "Mine", "credential": KEY}
    assert len(change.headers["idempotency-key"]) == 32
    assert change.headers["authorization"] == "Bearer access"
    assert page.url == f"{stage.site.url}/connections/{NEW_ID}"
    assert CANARY not in everywhere(page)
    assert CANARY not in "".join(heard)


def test_nothing_of_a_key_is_in_the_document_while_it_is_being_tested(
    stage: Stage, heard: list[str]
) -> None:
    page = open_form(stage, "coinbase_exchange")
    for label, name in (
        ("API key", "api_key"),
        ("Passphrase of the key", "passphrase"),
        ("API secret", "api_secret"),
    ):
        page.get_by_label(label).fill(EXCHANGE_KEY[name])
    # Never answered: the test is under way for as long as it takes to look.
    page.evaluate("() => { globalThis.fetch = () => new Promise(() => undefined); }")
    submit(page)
    expect(page.get_by_role("button", name="Testing the key…")).to_be_visible()
    assert CANARY not in everywhere(page)
    assert CANARY not in "".join(heard)


@pytest.mark.parametrize(
    ("refusal", "title"),
    [
        (problem("exchange_unavailable", 503), "The exchange is not available right now"),
        (problem("exchange_credentials_rejected", 502), "The exchange rejects this key"),
        (problem("exchange_timeout", 504), "The exchange did not answer in time"),
        (problem("records_unavailable", 503), "Your connections cannot be reached right now"),
        (problem("conflict", 409, "Main has this account."), "That is not possible as things are"),
        (problem("too_many_connections", 422), "There can be no more connections"),
        (problem("forbidden", 403), "Your sign-in does not allow changes"),
        (problem("brand_new", 500), "could not be"),
    ],
)
def test_a_refusal_is_a_sentence_with_the_focus_and_shows_no_key(
    stage: Stage, heard: list[str], refusal: dict[str, object], title: str
) -> None:
    stage.viewer.refusals = [refusal]
    page = open_form(stage)
    write_fields(page)
    submit(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(title)
    expect(alert).to_contain_text(str(refusal["detail"]))
    expect(alert).to_be_focused()
    assert CANARY not in everywhere(page)
    assert CANARY not in "".join(heard)


def test_trying_again_sends_the_key_that_is_held_as_the_same_request(stage: Stage) -> None:
    stage.viewer.refusals = [problem("exchange_unavailable", 503)]
    page = open_form(stage)
    write_fields(page)
    submit(page)
    expect(page.get_by_role("alert")).to_be_visible()
    submit(page)
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    first, second = stage.viewer.changes
    assert sent(first) == sent(second)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_another_request_has_another_idempotency_key(stage: Stage) -> None:
    stage.viewer.refusals = [problem("conflict", 409)]
    page = open_form(stage)
    write_fields(page)
    submit(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Name of this connection").fill("Another")
    submit(page)
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    first, second = (change.headers["idempotency-key"] for change in stage.viewer.changes)
    assert first != second


def test_what_is_wrong_with_a_field_stands_at_it_and_the_first_has_the_focus(
    stage: Stage,
) -> None:
    wrong = {
        "credential.privateKey": ["Its last line is missing."],
        "label": ["Another one has this name."],
    }
    stage.viewer.refusals = [problem("invalid_request", 422, "Correct it.", **wrong)]
    page = open_form(stage)
    write_fields(page)
    submit(page)
    field = page.get_by_label("Private key")
    expect(field).to_be_focused()
    # The key is entered again, from nothing.
    expect(field).to_have_value("")
    expect(field).to_have_accessible_description(
        "Whole, with its first and its last line if it has such. Its last line is missing."
    )
    expect(page.get_by_label("Name of this connection")).to_have_accessible_description(
        "Only you see it. Another one has this name."
    )
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_missing_is_said_before_anything_is_sent(stage: Stage) -> None:
    page = open_form(stage)
    page.get_by_label("Name of this connection").fill(" ")
    page.get_by_label("Private key").fill("canary-secret")
    submit(page)
    expect(page.get_by_label("Key name")).to_be_focused()
    expect(page.get_by_text("Key name: this is missing.")).to_be_visible()
    expect(page.get_by_text("Give it a name, such as Main.")).to_be_visible()
    expect(page.get_by_label("Private key")).to_have_value("canary-secret")
    assert stage.viewer.changes == []


def test_more_rights_than_viewing_are_named_and_taken_only_by_somebody_who_insists(
    stage: Stage,
) -> None:
    detail = "This key may view, trade: make one that may only view."
    stage.viewer.rights = ["view", "trade"]
    stage.viewer.refusals = [
        problem("invalid_request", 422, detail, accept_rights=["Name trade to accept it."])
    ]
    page = open_form(stage)
    write_fields(page)
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text(detail)
    insist = page.get_by_label("Connect it all the same, though it may trade")
    expect(insist).not_to_be_checked()
    insist.check()
    submit(page)
    expect(page.get_by_text("This key may view and trade.").first).to_be_visible()
    assert [
        json.loads(change.post_data or "").get("accept_rights") for change in stage.viewer.changes
    ] == [
        None,
        ["trade"],
    ]


def test_the_rights_are_said_to_be_unknown_where_the_exchange_reports_none(stage: Stage) -> None:
    stage.viewer.rights = None
    page = open_form(stage, "coinbase_exchange")
    page.get_by_label("API key").fill(json.dumps(EXCHANGE_KEY))
    submit(page)
    expect(
        page.get_by_text("Coinbase Exchange does not report what a key may do.").first
    ).to_be_visible()
    assert sent(stage.viewer.changes[0]) == {
        "exchange": "coinbase_exchange",
        "label": "Coinbase Exchange",
        "credential": EXCHANGE_KEY,
    }


def test_the_key_itself_says_of_which_exchange_it_is(stage: Stage) -> None:
    page = open_form(stage, "coinbase_advanced")
    sample = json.dumps({"exchange": "coinbase_exchange", "credential": EXCHANGE_KEY})
    page.get_by_label("Choose the key file").set_input_files(file_of(sample))
    expect(page.get_by_role("radio", name="Coinbase Exchange")).to_be_checked()
    expect(page.get_by_text("The key that ends in y-id is ready.")).to_be_visible()
    expect(page.get_by_label("API secret")).to_have_count(0)


@pytest.mark.parametrize("text", ["", "{}", "[]", "no key", '{"name": "a"}', "\x00" * 30_000])
def test_a_file_that_is_no_key_is_said_to_be_none(stage: Stage, text: str) -> None:
    page = open_form(stage)
    page.get_by_label("Choose the key file").set_input_files(file_of(text))
    expect(page.locator(".toast")).to_contain_text("There is no key in this file.")
    expect(page.get_by_label("Key name")).to_be_visible()


def test_no_field_for_a_key_is_one_that_a_password_manager_keeps_or_fills(stage: Stage) -> None:
    for exchange in ("coinbase_advanced", "coinbase_exchange"):
        page = open_form(stage, exchange)
        expect(page.get_by_label("Name of this connection")).to_be_visible()
        assert page.locator("form, input[type=password], [name=username]").count() == 0
        fields = page.locator(".key input[type=text], .key textarea")
        assert fields.count() > 1
        for field in fields.all():
            expect(field).to_have_attribute("autocomplete", "off")
            expect(field).to_have_attribute("spellcheck", "false")
            expect(field).to_have_attribute("data-1p-ignore", "true")


def test_leaving_forgets_a_key_that_was_not_sent(stage: Stage) -> None:
    page = open_form(stage)
    choose_file(page)
    page.get_by_role("navigation").get_by_role("link", name="Connections").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")
    page.go_back()
    expect(page.get_by_label("Key name")).to_have_value("")
    assert CANARY not in everywhere(page)


def test_the_figures_are_read_again_as_soon_as_an_account_is_connected(stage: Stage) -> None:
    stage.say(snapshot(sources=[], holdings=[], account_count=0))
    page = open_form(stage)
    asked = len(stage.asked)
    stage.say(snapshot())
    write_fields(page)
    submit(page)
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Holdings").click()
    expect(page.locator(".holdings")).to_be_visible()
    assert len(stage.asked) > asked


def test_it_is_all_done_by_keys(stage: Stage) -> None:
    page = open_form(stage)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Coinbase Exchange")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose the key file")).to_be_focused()
    for value in EXCHANGE_KEY.values():
        page.keyboard.press("Tab")
        page.keyboard.type(value)
    page.keyboard.press("Tab")
    page.keyboard.type("Main")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The key was tested, and works")).to_be_visible()
    expect(page.locator(".alert")).to_be_focused()
    assert sent(stage.viewer.changes[0]) == {
        "exchange": "coinbase_exchange",
        "label": "Main",
        "credential": EXCHANGE_KEY,
    }


def test_whoever_goes_elsewhere_while_a_key_is_tested_stays_there_and_is_told(
    stage: Stage,
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.fallback()

    stage.context.route(f"{API}/connections", hold)
    page = open_form(stage)
    write_fields(page)
    submit(page)
    expect(page.get_by_role("button", name="Testing the key…")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Holdings").click()
    expect(page.locator(".holdings")).to_be_visible()
    while not held:
        page.wait_for_timeout(20)
    held.pop().fallback()
    expect(page.locator(".toast")).to_have_text("Coinbase is connected.")
    assert page.url == f"{stage.site.url}/"


def test_a_wait_that_the_exchange_asks_for_is_told(stage: Stage) -> None:
    headers = {
        "Access-Control-Allow-Origin": stage.site.url,
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "20",
    }
    busy = problem("exchange_rate_limited", 503)
    page = open_form(stage)
    stage.context.route(
        f"{API}/connections",
        lambda route: route.fulfill(status=503, json=busy, headers=headers),
    )
    write_fields(page)
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("It is possible again in 20 s.")
