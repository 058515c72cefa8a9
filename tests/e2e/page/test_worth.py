"""What it is worth: said as it is, in whatever currency, and never more than is known."""

import re

from playwright.sync_api import Browser, Page, expect

from local.built_page import BuiltPage
from tests.e2e.page.samples import failing, holding, prices, problem, snapshot, stale, valued
from tests.e2e.page.stage import Stage, staged


def worth(page: Page) -> str:
    region = page.get_by_role("region", name="Worth")
    expect(region).to_be_visible()
    return region.inner_text()


def rows(page: Page) -> list[str]:
    expect(page.locator(".holdings")).to_be_visible()
    return page.locator(".holdings tbody .code").all_text_contents()


def test_the_page_opens_with_the_total_and_what_it_leaves_out(
    browser: Browser, site: BuiltPage
) -> None:
    with staged(browser, site, all_digits=False) as stage:
        stage.say(valued())
        said = worth(stage.open())
        assert "136,398.48 USD" in said.replace("\n", " ").replace("  ", " ")
        assert "Up by 320.38 (+0.24%) in 24 hours" in said
        assert "Left out, without a market: 48,211,930 SHIB." in said
        assert "Left out, delisted: 0.000000417 XRP." in said
        assert rows(stage.page)[:3] == ["BTC", "ETH", "USD"]
        assert rows(stage.page)[-2:] == ["SHIB", "XRP"]


def test_the_total_is_copied_whole_and_found_by_the_browsers_search(stage: Stage) -> None:
    stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stage.say(valued())
    page = stage.open()
    total = valued()["value"]["amount"]
    amount = page.get_by_role("region", name="Worth").locator("button.amount")
    shown = str(amount.text_content())
    assert shown.replace(",", "") == total
    assert page.evaluate(f"find({shown!r})")
    assert page.evaluate("getSelection().toString()") == shown
    amount.click()
    assert page.evaluate("navigator.clipboard.readText()") == total


def test_fewer_digits_are_shown_until_all_are_asked_for_and_copies_have_all(
    browser: Browser, site: BuiltPage
) -> None:
    with staged(browser, site, all_digits=False) as stage:
        stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
        stage.say(valued())
        page = stage.open()
        btc = page.locator(".holdings tbody tr", has_text="Bitcoin")
        balance = btc.locator("[data-column=balance] .amount")
        expect(balance).to_have_text("1.2345678")
        balance.click()
        assert page.evaluate("navigator.clipboard.readText()") == "1.234567890123"
        page.get_by_role("button", name="All digits").click()
        expect(balance).to_have_text("1.234567890123")
        page.reload()
        expect(balance).to_have_text("1.234567890123")


def test_each_row_says_its_price_and_how_far_to_trust_it(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()

    # Not what is rendered: rows out of sight are not, and the first frame has none yet.
    def price_of(code: str) -> str:
        row = page.locator(".holdings tbody tr").filter(
            has=page.locator(".code", has_text=re.compile(f"^{code}$"))
        )
        return row.locator("[data-column=price]").text_content() or ""

    assert re.search(r"1 BTC = 64,900.01 USD\s*live, \d+ s ago", price_of("BTC"))
    assert "routed over ADA-BTC and BTC-USD" in price_of("ADA")
    assert "quiet: last traded 12 days ago" in price_of("LINK")
    assert "at par with USD" in price_of("USDC")
    assert "no price: no market here has it" in price_of("SHIB")
    assert "delisted: last price of" in price_of("XRP")


def test_filtering_takes_a_name_as_well_as_a_code(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()
    page.get_by_label("Filter by currency code").fill("chain")
    expect(page.get_by_text("1 of 10 match")).to_be_visible()
    expect(page.locator(".holdings tbody tr:visible .code")).to_have_text(["LINK"])


def test_values_change_with_the_currency_and_stay_where_there_is_no_price(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()
    expect(page.get_by_label("Values in")).to_have_value("USD")
    stage.say(valued(currency="EUR"))
    page.get_by_label("Values in").select_option("EUR")
    expect(page.locator(".toast")).to_have_text("Values are in EUR.")
    assert stage.asked[-1].endswith("/holdings?currency=EUR")
    assert "EUR" in worth(page)

    stage.say(problem("invalid_request", 422, "no price", currency=["Not one of EUR, USD."]), 422)
    page.get_by_label("Values in").select_option("…")
    page.get_by_label("Code of the currency").fill("nope")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_text("No price leads to NOPE: values stay in EUR.")
    stage.say(valued(currency="EUR"))
    expect(page.get_by_label("Values in")).to_have_value("EUR")
    expect(page.locator(".notice")).to_have_count(0)


def test_hidden_amounts_are_hidden_in_the_total_too(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()
    page.get_by_role("button", name="Hide amounts").click()
    region = page.get_by_role("region", name="Worth")
    expect(region.get_by_text("hidden").first).to_be_attached()
    total = valued()["value"]["amount"]
    assert total not in page.content()
    assert not re.search(r"136|320\.38|48,211|58\.7", region.inner_text() + region.aria_snapshot())
    masks = region.locator(".masked").evaluate_all("all => all.map((one) => one.textContent)")
    assert set(masks) == {"••••"}


def test_the_allocation_is_a_picture_and_a_table_of_the_same(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()
    picture = page.get_by_role("img", name="Allocation.")
    expect(picture).to_have_accessible_name(
        "Allocation. BTC is 58.7% of what has a price. Some holdings have no price."
    )
    table = page.get_by_role("table", name="Allocation by currency")
    listed = table.get_by_role("rowheader").all_inner_texts()
    assert listed[:3] == ["BTC", "ETH", "USD"]
    assert listed[-2:] == ["Other (3 currencies)", "Without a price"]
    # Six shares and what has none.
    assert picture.locator("rect.slice").count() == 6


def test_prices_that_fail_leave_fresh_balances_alone(stage: Stage) -> None:
    stage.say(valued(at=prices(failing=True)))
    page = stage.open()
    notice = page.get_by_role("region", name="Prices")
    expect(notice).to_contain_text("The balances are not affected")
    said = worth(page)
    assert "Total value of what has a price" in said
    assert "with a price that could not be read: 3,120.5 ADA" in said
    expect(page.locator(".status")).to_have_attribute("data-tone", "good")
    expect(page.get_by_role("button", name="1.234567890123").first).to_be_visible()


def test_balances_that_fail_have_fresh_prices(stage: Stage) -> None:
    stage.say(valued(stale()))
    page = stage.open()
    expect(page.get_by_role("region", name="Stale figures")).to_be_visible()
    expect(page.get_by_role("region", name="Prices")).to_have_count(0)
    assert "136,398.48" in worth(page)


def test_nothing_known_is_not_zero(stage: Stage) -> None:
    unknown = valued(snapshot(holdings=[holding("BTC", "1")]), at=prices(failing=True))
    stage.say(unknown)
    said = worth(stage.open())
    assert "Not known now" in said
    assert "0.00" not in said


def test_what_is_hidden_is_shown_on_demand(stage: Stage) -> None:
    stage.say(valued())
    page = stage.open()
    page.get_by_role("button", name="Show them").click()
    hidden = page.get_by_role("region", name="Accounts not shown")
    expect(hidden).to_contain_text("Empty: 00, 1INCH, AAVE.")
    expect(hidden).to_contain_text("XLM")
    page.get_by_role("button", name="Hide them").click()
    expect(hidden).to_have_count(0)


def test_the_export_has_values_and_where_they_come_from(stage: Stage) -> None:
    stage.say(valued(snapshot(holdings=[holding("BTC", "2")], sources=[failing(stale=False)])))
    page = stage.open()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    text = saved.value.path().read_bytes().decode("utf-8-sig")
    head, row, _ = text.split("\r\n")
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert (cells["value"], cells["value_currency"]) == ("129800.02", "USD")
    assert (cells["price"], cells["price_route"]) == ("64900.01", "BTC-USD")
