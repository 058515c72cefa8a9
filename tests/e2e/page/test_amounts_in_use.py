"""Amounts that are hidden are nowhere, and amounts that are exported are whole."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.page.samples import holding, snapshot
from tests.e2e.page.stage import Stage


def test_hidden_amounts_are_in_neither_the_document_nor_the_accessibility_tree(
    stage: Stage,
) -> None:
    page = stage.open()
    page.get_by_role("button", name="Hide amounts").click()
    table = page.get_by_role("table")
    expect(table.get_by_text("hidden")).to_have_count(30)
    assert re.findall(r"\d", table.inner_text() + table.aria_snapshot()) == []
    amounts = {held[name] for held in snapshot()["holdings"] for name in ("balance", "hold")}
    told = {amount for amount in amounts if len(amount) > 3}  # shorter ones are in icons too
    html = page.content()
    assert {amount for amount in told if amount in html} == set()

    page.get_by_role("button", name="Export CSV").click(force=True)
    expect(page.locator(".toast")).to_have_text("Amounts are hidden: show them to export.")


def test_hidden_amounts_stay_hidden_after_a_reload(stage: Stage) -> None:
    page = stage.open()
    page.get_by_role("button", name="Hide amounts").click()
    page.reload()
    expect(page.get_by_role("table").get_by_text("hidden")).to_have_count(30)


def test_the_export_has_every_digit_and_no_formula(stage: Stage) -> None:
    most = "123456789012345678901234567890.123456789012"
    held = [
        holding("=HYPERLINK(1)", most, "0", "0.5"),
        holding('+A"1,2', "-3"),
    ]
    stage.say(snapshot(holdings=held))
    page = stage.open()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    assert saved.value.suggested_filename == "holdings-2026-11-21T093000Z.csv"
    assert Path(saved.value.path()).read_bytes().decode("utf-8-sig").split("\r\n") == [
        "account_id,currency,balance,available,hold,as_of,connection",
        f"account-of-=HYPERLINK(1),'=HYPERLINK(1),{most},0,0.5,2026-11-21T09:30:00Z,Coinbase",
        """"account-of-+A""1,2","'+A""1,2",-3,0,0,2026-11-21T09:30:00Z,Coinbase""",
        "",
    ]
    expect(page.locator(".toast")).to_have_text("2 holdings exported with all digits.")


def test_the_export_has_what_the_filter_leaves_and_no_character_that_turns_text_round(
    stage: Stage,
) -> None:
    stage.say(
        snapshot(holdings=[holding("USD", "1"), holding("\u202eUSB", "3"), holding("BTC", "2")])
    )
    page = stage.open("/?q=us&sort=balance&dir=desc")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    rows = Path(saved.value.path()).read_bytes().decode("utf-8-sig").split("\r\n")[1:-1]
    assert [row.split(",")[1] for row in rows] == ["USD", "\ufffdUSB"]
    expect(page.locator(".toast")).to_have_text("2 of 3 holdings exported with all digits.")


def test_an_amount_is_copied_as_the_api_gave_it(stage: Stage) -> None:
    stage.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open()
    page.get_by_role("button", name="48,211,930.000000000012").first.click()
    expect(page.locator(".toast")).to_have_text("Copied 48211930.000000000012 (SHIB, balance).")
    assert page.evaluate("navigator.clipboard.readText()") == "48211930.000000000012"
