"""Several connections in one table: whose each figure is, how old, and which one has failed."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.samples import failing, several
from tests.e2e.page.stage import Stage

REJECTED = failing("exchange_credentials_rejected", connection_id="main", label="Main")


def listed(page: Page) -> Locator:
    return page.locator(".holdings tbody tr:visible th")


def test_each_row_says_whose_it_is(stage: Stage) -> None:
    stage.say(several())
    page = stage.open()
    expect(listed(page)).to_have_text(["BTCMain", "BTCHouse", "ETHHome", "USDMain"])


def test_the_table_is_narrowed_to_a_connection_and_a_reload_keeps_it(stage: Stage) -> None:
    stage.say(several())
    page = stage.open()
    page.get_by_label("Connection", exact=True).select_option("Main")
    expect(listed(page)).to_have_text(["BTCMain", "USDMain"])
    expect(page.get_by_text("2 of 4 match")).to_be_visible()
    page.wait_for_url("**/?connection=main")
    page.reload()
    expect(listed(page)).to_have_text(["BTCMain", "USDMain"])
    page.get_by_label("Filter by currency code").fill("eth")
    expect(page.get_by_role("heading", name="No currency matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(listed(page)).to_have_count(4)


def test_an_address_that_names_no_connection_lists_them_all(stage: Stage) -> None:
    stage.say(several())
    page = stage.open("/?connection=gone")
    expect(listed(page)).to_have_count(4)


def test_the_export_names_the_connection_and_the_moment_of_each(
    stage: Stage, tmp_path: Path
) -> None:
    stage.say(several(main=REJECTED))
    page = stage.open("/?q=btc")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    download.value.save_as(tmp_path / "holdings.csv")
    text = (tmp_path / "holdings.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["balance"], row["connection"], row["as_of"]) for row in rows] == [
        ("1.5", "House", "2026-11-21T09:30:30Z"),
        ("0.25", "Main", "2026-11-21T08:12:00Z"),
    ]


def test_the_freshness_line_tells_the_oldest_and_opens_to_each(stage: Stage) -> None:
    stage.say(several())
    page = stage.open()
    status = page.get_by_role("region", name="Freshness")
    expect(status).to_contain_text("Oldest of 3 connections read 4")
    opener = status.get_by_role("button", name="3 connections")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(status.get_by_role("listitem")).to_have_count(3)
    expect(status.get_by_role("listitem").nth(0)).to_contain_text("House Coinbase Exchange")
    expect(status.get_by_role("listitem").nth(2)).to_contain_text("Vault and staked funds")
    status.get_by_role("link", name="Manage Home").click()
    page.wait_for_url("**/connections/home")


def test_a_connection_that_fails_has_a_notice_of_its_own_and_leads_to_its_key(
    stage: Stage,
) -> None:
    stage.say(several(main=REJECTED))
    page = stage.open()
    notice = page.get_by_role("region", name="Stale figures of Main")
    expect(notice).to_contain_text("Main: Coinbase rejects the stored API key")
    expect(notice).to_contain_text("the last good figures, as of 21 Nov 2026, 08:12")
    expect(page.locator(".notice")).to_have_count(1)
    expect(listed(page)).to_have_count(4)
    notice.get_by_role("link", name="Replace the key").click()
    page.wait_for_url("**/connections/main")


def test_a_connection_without_a_reading_is_missed_aloud(stage: Stage) -> None:
    warning = {"code": "exchange_timeout", "detail": "x"}
    never = failing(connection_id="main", label="Main", warning=warning, as_of=None)
    stage.say(several(main=never | {"expires_at": None}))
    page = stage.open()
    notice = page.get_by_role("region", name="Stale figures of Main")
    expect(notice).to_contain_text("Main: Coinbase did not answer in time")
    expect(notice).to_contain_text("nothing of it is in the figures below")
    expect(page.get_by_role("region", name="Freshness")).to_contain_text("Oldest of 2 connections")
