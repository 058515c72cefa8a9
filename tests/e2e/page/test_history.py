"""The past: what is drawn is what is listed, what is not known is said, and a place is kept."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from local.built_page import BuiltPage
from tests.e2e.page.history_samples import FIRST, UNKNOWN, being_read, entry, history, read_past
from tests.e2e.page.samples import NOW, problem, valued
from tests.e2e.page.stage import PHONE, WIDE, Stage, staged
from tests.e2e.page.test_layout_shift import WATCH_SHIFTS

LAST_DAY = "20 Nov 2026"


@pytest.fixture
def stage(browser: Browser, site: BuiltPage) -> Iterator[Stage]:
    """On the same day as the server's: another one would be asked for, and then this one."""
    with staged(browser, site, at=NOW) as stage:
        yield stage


@pytest.fixture
def page(stage: Stage) -> Page:
    stage.say(valued())
    return stage.page


def opened(stage: Stage, path: str = "/history") -> Page:
    page = stage.open(path)
    expect(day(page)).to_contain_text(LAST_DAY)
    return page


def day(page: Page) -> Locator:
    return page.locator(".day-read p")


def cells(page: Page, column: int) -> list[str]:
    """Return a column of the table, from the first day to the last."""
    rows = page.locator(f".plain-table tbody tr > :nth-child({column})").all_inner_texts()
    return [text.split("\n")[0].replace(",", "") for text in reversed(rows)]


def test_the_picture_and_the_table_say_the_same(stage: Stage, page: Page) -> None:
    opened(stage, "/history?table=1")
    values = [each["value"] for each in history()["points"]]
    listed = cells(page, 2)
    assert listed == ["–" if value is None else value for value in values]

    # Each corner of the line, read back from its place on the axis.
    tops: list[list[float]] = page.evaluate("""() => {
      const paths = [...document.querySelectorAll(".chart-area .chart-line")];
      const drawn = paths.map((path) => path.getAttribute("d")).join("");
      const corners = drawn.match(/[\\d.]+ [\\d.]+/g);
      const at = corners.map((corner) => corner.split(" ").map(Number));
      return [...new Map(at).entries()].sort(([one], [other]) => one - other);
    }""")
    drawn = [top for _, top in tops]
    known = [float(value) for value in values if value is not None]
    assert len(drawn) == len(known)
    per_pixel = (max(known) - min(known)) / (max(drawn) - min(drawn))
    for top, value in zip(drawn, known, strict=True):
        assert (max(drawn) - top) * per_pixel == pytest.approx(value - min(known), abs=30)

    expect(
        page.get_by_role("img", name=re.compile("From 69,000.25 on 23 Aug 2026"))
    ).to_be_visible()


def test_the_line_breaks_where_nothing_is_known_and_is_dashed_where_carried(
    stage: Stage, page: Page
) -> None:
    opened(stage)
    solid, dashed = page.locator(".chart-area .chart-line").all()
    assert str(solid.get_attribute("d")).count("M") == 3
    assert str(dashed.get_attribute("d")).count("M") == 1
    assert dashed.evaluate("path => getComputedStyle(path).strokeDasharray") != "none"
    expect(page.locator("p", has_text="Nothing is known of 3 days")).to_be_visible()
    expect(page.locator(".chart-area .chart-deposit")).to_have_count(1)
    expect(page.locator(".chart-area .chart-withdrawal")).to_have_count(1)


def test_a_day_is_read_by_keys_and_leads_to_its_statement(stage: Stage, page: Page) -> None:
    opened(stage)
    slider = page.get_by_role("slider", name="Day to read")
    slider.focus()
    expect(day(page)).to_have_attribute("aria-live", "polite")
    page.keyboard.press("Home")
    expect(day(page)).to_contain_text("23 Aug 2026: 69,000.25 USD. Complete.")
    page.keyboard.press("PageUp")
    expect(day(page)).to_contain_text("30 Aug 2026")
    for _ in range(UNKNOWN[0] - 7):
        page.keyboard.press("ArrowRight")
    expect(day(page)).to_have_text("22 Sept 2026: nothing is known.")
    expect(slider).to_have_attribute("aria-valuetext", "22 Sept 2026")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(day(page)).to_contain_text("19 Nov 2026")
    page.get_by_role("link", name="Statement of this day").click()
    page.wait_for_url("**/history/2026-11-19")


def test_a_day_is_read_by_a_pointer_with_what_moved_on_it(stage: Stage, page: Page) -> None:
    opened(stage)
    box = page.get_by_role("slider").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 20 / 89, box["y"] + 40)
    expect(day(page)).to_contain_text("Deposits: 2,500.")


def test_the_range_is_kept_in_the_address_and_all_of_it_is_asked_for_by_its_length(
    stage: Stage, page: Page
) -> None:
    opened(stage)
    page.get_by_role("radio", name="1 week").check(force=True)
    page.wait_for_url("**/history?range=1W")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuemax", "6")
    page.reload()
    expect(page.get_by_role("radio", name="1 week")).to_be_checked()
    page.get_by_role("radio", name="All that is known").check(force=True)
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuemax", "89")
    assert stage.past.asked[-2:] == ["/history?interval=month", "/history?interval=day"]


def test_by_asset_the_layers_are_listed_with_what_is_left_out(stage: Stage, page: Page) -> None:
    opened(stage, "/history?by=asset&table=1")
    expect(page.locator(".chart-area .chart-layer")).to_have_count(2)
    legend = page.get_by_role("list", name="Assets")
    expect(legend).to_contain_text("ETH")
    assert page.locator(".plain-table thead th").all_inner_texts()[-2:] == ["BTC", "ETH"]
    totals = [float(value) for value in cells(page, 2) if value != "–"]
    parts = zip(cells(page, 6), cells(page, 7), strict=True)
    assert [float(one) + float(other) for one, other in parts if one != "–"] == totals
    page.get_by_role("slider").focus()
    for _ in range(19):
        page.keyboard.press("ArrowLeft")
    expect(day(page)).to_contain_text("Not complete. Left out: SHIB, no market has it.")


def test_hidden_amounts_are_hidden_in_the_picture_its_axis_and_its_words(
    stage: Stage, page: Page
) -> None:
    opened(stage, "/history?by=asset&table=1")
    page.get_by_role("button", name="Hide amounts").click()
    region = page.get_by_role("region", name="Value by day").first
    assert not re.search(r"\d\d,\d{3}|\d+k\b|%", region.inner_text() + region.aria_snapshot())
    masks = region.locator(".masked").evaluate_all("all => all.map((one) => one.textContent)")
    assert set(masks) == {"••••"}
    expect(page.locator(".chart-layer")).to_have_count(0)
    page.get_by_role("button", name="Export CSV").click(force=True)
    expect(page.locator(".toast")).to_have_text("Amounts are hidden: show them to export.")


def test_the_export_is_what_is_shown(stage: Stage, page: Page) -> None:
    opened(stage, "/history?range=1W&by=asset")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    text = saved.value.path().read_bytes().decode("utf-8-sig")
    head, *rows = text.strip().split("\r\n")
    assert head.endswith("deposits,withdrawals,value of BTC,value of ETH")
    points = history(days=7)["points"]
    assert [row.split(",")[:2] for row in rows] == [[p["date"], p["value"]] for p in points]


def test_the_currency_that_was_chosen_for_the_holdings_is_that_of_the_past(
    stage: Stage, page: Page
) -> None:
    opened(stage)
    stage.say(valued(currency="EUR"))
    page.get_by_label("Values in").select_option("EUR")
    expect(day(page)).to_contain_text("EUR")
    page.get_by_role("link", name="Statement of this day").click()
    expect(page.get_by_text("valued in EUR")).to_be_visible()
    assert stage.past.asked[-1] == "/statements/2026-11-20?currency=EUR"


def test_how_far_the_past_is_read_is_told_again_only_while_it_is_read(stage: Stage) -> None:
    stage.say(valued())
    stage.past.changes["connections"] = [being_read()]
    page = stage.page
    stage.install_clock(NOW)
    opened(stage)
    bar = page.get_by_role("progressbar", name="Reading the past of Coinbase")
    expect(bar).to_have_attribute("value", "17")
    expect(page.get_by_text("You can leave this page meanwhile")).to_be_visible()
    stage.past.changes["connections"] = [being_read() | {"accounts_done": 90}]
    page.clock.fast_forward(5_000)
    expect(page.get_by_text("90 of 204 accounts read")).to_be_visible()
    assert stage.past.asked[-1] == "/history?from=2026-11-20&to=2026-11-20"
    stage.past.changes["connections"] = [read_past()]
    with page.expect_response("**/history?*interval=day"):
        page.clock.fast_forward(5_000)
    expect(page.get_by_text("Read whole: 1,234 entries")).to_be_visible()
    expect(bar).to_have_count(0)
    asked = len(stage.past.asked)
    page.clock.fast_forward(20_000)
    page.evaluate("Promise.resolve()")
    assert len(stage.past.asked) == asked


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_nothing_moves_when_the_past_comes_and_with_another_range(
    browser: Browser, site: BuiltPage, viewport: ViewportSize
) -> None:
    with staged(browser, site, viewport=viewport, all_digits=False) as stage:
        stage.page.add_init_script(WATCH_SHIFTS)
        stage.say(valued())
        page = opened(stage)
        page.get_by_role("radio", name="1 week").check(force=True)
        expect(page.get_by_role("slider")).to_have_attribute("aria-valuemax", "6")
        page.get_by_role("slider").press("Home")
        page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
        assert page.evaluate("shifts") == []


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_nothing_moves_when_the_trends_come(
    browser: Browser, site: BuiltPage, viewport: ViewportSize
) -> None:
    with staged(browser, site, viewport=viewport, all_digits=False) as stage:
        stage.page.add_init_script(WATCH_SHIFTS)
        stage.say(valued())
        page = stage.open()
        expect(page.locator(".spark").first).to_be_visible()
        expect(page.locator(".holdings")).to_contain_text("Price in 30 days: +")
        page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
        shifts: list[list[Any]] = page.evaluate("shifts")
        assert [shift for shift in shifts if "spark" in str(shift)] == []
        assert sum(shift[0] for shift in shifts) < 0.001


def test_a_trend_that_does_not_come_leaves_the_holdings_alone(stage: Stage, page: Page) -> None:
    stage.past.problem = problem("internal_error", 500)
    with page.expect_response("**/history?*"):
        stage.open()
    expect(page.locator(".holdings")).to_be_visible()
    expect(page.locator(".spark")).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(0)


def listed(page: Page) -> list[str]:
    return page.locator(".entry-amount").all_inner_texts()


def test_activity_is_paged_to_its_end_without_an_entry_twice(stage: Stage, page: Page) -> None:
    stage.open("/activity")
    expect(page.get_by_text("50 entries so far")).to_be_visible()
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".entry")).to_have_count(100)
    # A new entry moves all pages by one, and the next page is empty.
    stage.past.entries.insert(0, entry(900, id="new"))
    page.keyboard.press("End")
    page.mouse.wheel(0, 20_000)
    expect(page.get_by_text("120 entries, the newest first")).to_be_visible()
    assert len(set(listed(page))) == 120
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)


def test_whoever_comes_back_to_the_activity_finds_their_place(stage: Stage, page: Page) -> None:
    stage.open("/activity?kind=trade")
    expect(page.get_by_text("18 entries, the newest first")).to_be_visible()
    page.get_by_label("Kind").select_option("")
    expect(page.locator(".entry")).to_have_count(50)
    page.mouse.wheel(0, 20_000)
    expect(page.locator(".entry")).to_have_count(100)
    page.evaluate("scrollTo(0, 2500)")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    asked = len([each for each in stage.past.asked if each.startswith("/activity")])
    # Not click(), which would scroll to the link first, and leave the place that is meant.
    page.get_by_role("link", name="Profile").dispatch_event("click")
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    page.get_by_role("link", name="Activity").click()
    expect(page.locator(".entry")).to_have_count(100)
    assert page.evaluate("scrollY") == pytest.approx(2500, abs=2)
    page.go_back()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    page.go_back()
    expect(page.locator(".entry")).to_have_count(100)
    assert len([each for each in stage.past.asked if each.startswith("/activity")]) == asked


def test_a_search_is_asked_for_when_the_typing_has_ended(stage: Stage, page: Page) -> None:
    stage.open("/activity")
    expect(page.locator(".entry").first).to_be_visible()
    before = len(stage.past.asked)
    page.get_by_label("Search entries").press_sequentially("order-77", delay=10)
    expect(page.get_by_text("1 entry, the newest first")).to_be_visible()
    searches = [each for each in stage.past.asked[before:] if each.startswith("/activity")]
    assert searches[-1] == "/activity?search=order-77"
    assert len(searches) < len("order-77")
    page.wait_for_url("**/activity?search=order-77")
    page.locator(".entry summary").click()
    expect(page.locator(".entry dd", has_text="order-77")).to_be_visible()

    page.get_by_label("Search entries").fill("nothing like it")
    expect(page.get_by_role("heading", name="No entry matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_text("50 entries so far")).to_be_visible()


def test_a_page_that_fails_keeps_what_is_listed(stage: Stage, page: Page) -> None:
    stage.open("/activity")
    expect(page.locator(".entry")).to_have_count(50)
    stage.past.problem = problem("internal_error", 500)
    # More is asked for as the end comes into sight: the button may be gone before it is pressed.
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("alert")).to_contain_text("Something failed")
    expect(page.locator(".entry")).to_have_count(50)
    stage.past.problem = None
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".entry")).to_have_count(100)


def test_a_statement_is_of_the_day_that_is_chosen_and_prints_whole(
    stage: Stage, page: Page
) -> None:
    stage.open("/history/2026-11-20")
    expect(page.get_by_role("heading", name="Statement of 20 November 2026")).to_be_visible()
    field = page.get_by_label("Day", exact=True)
    expect(field).to_have_attribute("max", "2026-11-20")
    field.fill(str(FIRST))
    page.wait_for_url(f"**/history/{FIRST}")
    expect(page.get_by_text("Balances at the end of 23 Aug 2026")).to_be_visible()

    page.emulate_media(media="print")
    for seen in (
        "Statement of 23 August 2026",
        "90,000.5",
        "ADA-BTC and BTC-USD",
        "agree for all 4",
    ):
        expect(page.get_by_text(seen).first).to_be_visible()
    for unseen in ("Print", "Export CSV", "All digits"):
        expect(page.get_by_role("button", name=unseen)).to_have_count(0)
    expect(field).not_to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_statement_is_exported_with_its_closes(stage: Stage, page: Page) -> None:
    stage.open("/history/2026-11-20")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    assert saved.value.suggested_filename == "statement-2026-11-20.csv"
    text = saved.value.path().read_bytes().decode("utf-8-sig")
    assert "2026-11-20,Coinbase,ADA,3120.5,ledger,1350.2,USD,0.4327" in text
