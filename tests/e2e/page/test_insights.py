"""Insights: each figure with what it rests on, and a switch that is the viewer's."""

from playwright.sync_api import expect

from tests.e2e.page.samples import Document, problem
from tests.e2e.page.stage import Stage


def test_each_figure_says_what_it_is_and_what_it_rests_on(stage: Stage) -> None:
    page = stage.open("/insights")
    expect(page.get_by_role("heading", name="Figures")).to_be_visible()
    period = next(one for one in stage.viewer.insights["features"]["periods"] if one["days"] == 30)
    rows = page.locator(".features > li")
    expect(rows).to_have_count(9)
    line = rows.filter(has_text="Largest asset")
    shown = line.locator(".feature-value").inner_text()
    assert abs(float(shown.rstrip("%")) - 100 * float(period["largest_weight"]["value"])) < 0.01
    line.locator("summary").press("Enter")
    expect(line).to_contain_text(f"From {period['largest_weight']['samples']} values.")
    page.get_by_text("7 days", exact=True).click()
    expect(page.get_by_label("7 days")).to_be_checked()
    weights = page.locator(".weights > li")
    week = next(one for one in stage.viewer.insights["features"]["periods"] if one["days"] == 7)
    expect(weights).to_have_count(len(week["weights"]))


def test_what_is_missing_says_why(stage: Stage) -> None:
    for period in stage.viewer.insights["features"]["periods"]:
        period["volatility"] = {"value": None, "reason": "no_ledger", "samples": 0}
    page = stage.open("/insights")
    line = page.locator(".features > li").filter(has_text="Daily ups and downs")
    expect(line).to_contain_text("not known")
    line.locator("summary").click()
    expect(line).to_contain_text("tells no entries")


def test_the_rule_that_fits_shows_its_figures_against_their_thresholds(stage: Stage) -> None:
    page = stage.open("/insights")
    persona = stage.viewer.insights["persona"]
    expect(page.get_by_role("heading", name="The account in a word")).to_contain_text(
        persona["title"]
    )
    page.get_by_text("Why: the figures").click()
    expect(page.locator(".evidence > li")).to_have_count(len(persona["evidence"]))
    page.get_by_text("All rules").click()
    for rule in persona["rules"]:
        expect(page.get_by_text(rule["sentence"]).first).to_be_visible()


def test_observations_come_with_their_reasons_and_nobody_is_advised(stage: Stage) -> None:
    page = stage.open("/insights")
    for one in stage.viewer.insights["recommendations"]:
        expect(page.get_by_role("heading", name=one["title"])).to_be_visible()
        expect(page.get_by_text(one["reason"])).to_be_visible()
    expect(page.get_by_text("They are no advice to buy")).to_be_visible()
    page.get_by_role("button", name="Hide amounts").click()
    for one in stage.viewer.insights["recommendations"]:
        expect(page.get_by_text(one["reason"])).to_have_count(0)


def test_switched_off_they_are_gone_and_switched_on_they_come(stage: Stage) -> None:
    page = stage.open("/insights")
    expect(page.locator(".features")).to_be_visible()
    off: Document = stage.viewer.insights | {
        "state": "off",
        "as_of": None,
        "features": None,
        "persona": None,
        "recommendations": [],
    }
    stage.viewer.insights, ready = off, stage.viewer.insights
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("heading", name="Insights are switched off")).to_be_visible()
    expect(page.locator(".features")).to_have_count(0)
    assert stage.viewer.changes[-1].post_data_json == {"insights": False}
    stage.viewer.insights = off | {"state": "pending"}
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("come with the next run")).to_be_visible()
    stage.viewer.insights = ready
    page.reload()
    expect(page.locator(".features")).to_be_visible()


def test_a_switch_that_is_refused_says_so(stage: Stage) -> None:
    stage.viewer.refusals = [problem("records_unavailable", 503)]
    page = stage.open("/insights")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator(".features")).to_be_visible()
