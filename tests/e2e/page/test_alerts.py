"""Alerts: rules in plain sentences, set in one form, and what fired."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.page.samples import problem, valued
from tests.e2e.page.stage import Stage


@pytest.fixture(autouse=True)
def _figures(stage: Stage) -> None:  # pyright: ignore[reportUnusedFunction] - pytest runs it
    stage.say(valued())
    stage.viewer.alerts["mail"]["available"] = True


def sent(stage: Stage) -> Any:
    return stage.viewer.changes[-1].post_data_json


def test_rules_are_plain_sentences_with_where_they_stand(stage: Stage) -> None:
    page = stage.open("/alerts")
    rules = page.locator(".rules > li")
    expect(rules).to_have_count(2)
    expect(rules.nth(0)).to_contain_text("Tell me when ETH falls by more than 0.5.")
    expect(rules.nth(0)).to_contain_text("Waiting, last fired")
    expect(rules.nth(1)).to_contain_text("Tell me when the value goes below 50000.")


@pytest.mark.parametrize(
    ("kind", "typed", "wanted"),
    [
        (
            "a balance falls",
            {"Asset": " btc ", "Amount": "0,5"},
            {"kind": "balance_fell", "currency": "BTC", "amount": "0.5"},
        ),
        (
            "an asset is held no more",
            {"Asset": "ETH"},
            {"kind": "left_exchange", "currency": "ETH"},
        ),
        (
            "the value crosses a line",
            {"Amount": "100"},
            {"kind": "value_crossed", "amount": "100", "direction": "below"},
        ),
        (
            "a connection fails",
            {"Not read for so many hours": "12"},
            {"kind": "connection_failed", "hours": 12},
        ),
        ("a ledger stops adding up", {}, {"kind": "reconciliation_broke"}),
    ],
)
def test_each_kind_is_set_by_what_belongs_to_it(
    stage: Stage, kind: str, typed: dict[str, str], wanted: dict[str, object]
) -> None:
    page = stage.open("/alerts")
    page.get_by_label("Tell me when", exact=True).select_option(label=kind)
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Set the alert").click()
    expect(page.locator(".rules > li")).to_have_count(3)
    assert sent(stage)["rules"][-1] == wanted
    assert len(sent(stage)["rules"][0]["id"]) == 16
    assert stage.viewer.changes[-1].headers["if-match"] == '"1"'


def test_a_percentage_is_sent_as_a_ratio(stage: Stage) -> None:
    page = stage.open("/alerts")
    page.get_by_label("Asset", exact=True).fill("BTC")
    page.get_by_label("By more than", exact=True).select_option("percent")
    page.get_by_label("Percent").fill("12.5")
    page.get_by_role("button", name="Set the alert").click()
    expect(page.locator(".rules > li").nth(2)).to_contain_text("falls by more than 12.50%")
    assert sent(stage)["rules"][-1]["ratio"] == "0.125"


def test_what_is_wrong_stands_at_its_field(stage: Stage) -> None:
    wrong = problem("invalid_request", 422)
    wrong["errors"] = {"rules.2.amount": ["Must be greater than 0."]}
    stage.viewer.refusals = [wrong]
    page = stage.open("/alerts")
    page.get_by_role("button", name="Set the alert").click()
    amount = page.get_by_label("Amount", exact=True)
    expect(amount).to_be_focused()
    expect(amount).to_have_accessible_description("Must be greater than 0.")


def test_a_rule_is_switched_off_and_deleted(stage: Stage) -> None:
    page = stage.open("/alerts")
    page.get_by_role("button", name="Switch off: Tell me when ETH").click()
    expect(page.get_by_role("button", name="Switch on: Tell me when ETH")).to_be_visible()
    assert [one["enabled"] for one in sent(stage)["rules"]] == [
        False,
        True,
    ]
    page.get_by_role("button", name="Delete: Tell me when ETH").click()
    expect(page.locator(".rules > li")).to_have_count(1)


def test_mail_is_off_until_it_is_wanted_and_without_figures_until_then(stage: Stage) -> None:
    page = stage.open("/alerts")
    page.get_by_label("Mail me when an alert fires").check()
    expect(page.locator(".toast")).to_have_text("Mail is on.")
    assert sent(stage)["mail"] == {"enabled": True, "figures": False}
    page.get_by_label("Say in the mail what happened").check()
    expect(page.locator(".toast")).to_have_text("Mails say what happened.")
    assert sent(stage)["mail"] == {"enabled": True, "figures": True}


def test_why_mail_is_stopped_is_said(stage: Stage) -> None:
    stage.viewer.alerts["mail"]["stopped"] = {"code": "bounced", "at": "2026-11-20T09:00:00Z"}
    page = stage.open("/alerts")
    expect(page.get_by_text("Mails to your address came back")).to_be_visible()


def test_a_change_made_elsewhere_is_seen_and_not_overwritten(stage: Stage) -> None:
    page = stage.open("/alerts")
    expect(page.locator(".rules > li")).to_have_count(2)
    stage.viewer.refusals = [problem("conflict", 409)]
    stage.viewer.alerts = stage.viewer.alerts | {
        "rules": stage.viewer.alerts["rules"][:1],
        "version": 2,
    }
    page.get_by_role("button", name="Delete: Tell me when ETH").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator(".rules > li")).to_have_count(1)


def test_what_fired_is_listed_and_more_on_request(stage: Stage) -> None:
    (event,) = stage.viewer.events
    older = event | {"id": "1700000000000-0f1e2d3c4b5a6978", "detail": "An older one <b>."}
    stage.viewer.events.append(older)
    page = stage.open("/alerts")
    events = page.locator(".events > li")
    expect(events).to_have_count(1)
    expect(events).to_contain_text(event["detail"])
    page.get_by_role("button", name="Show more").click()
    expect(events).to_have_count(2)
    expect(events.nth(1)).to_contain_text("An older one <b>.")
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    page.get_by_role("button", name="Hide amounts").click()
    expect(page.get_by_text(event["detail"])).to_have_count(0)
