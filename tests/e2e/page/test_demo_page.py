"""The demo in a browser: sample figures that say so, and nobody to sign in."""

from playwright.sync_api import Browser, expect


def test_the_demo_shows_sample_figures_under_a_ribbon_and_asks_for_no_sign_in(
    browser: Browser, demo: str
) -> None:
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(demo)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Demo: sample figures")
        expect(page.get_by_text("9 holdings in 11 accounts")).to_be_visible()
        expect(page.get_by_text("1 empty and 1 dust account not shown")).to_be_visible()
        expect(page.get_by_role("button", name="10,432.19").first).to_be_visible()
        worth = page.get_by_role("region", name="Worth")
        expect(worth).to_contain_text("Left out, without a market: 3.14159 QX7.")
        expect(worth).to_contain_text("Left out, delisted: 12 REP.")
        for status in ("live", "quiet: last traded", "at par with USD", "delisted: last price of"):
            expect(page.locator(".price", has_text=status).first).to_be_visible()
        expect(page.get_by_role("button", name="Sign")).to_have_count(0)
        expect(page.get_by_role("region", name="Freshness")).to_contain_text("Sample figures")
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator(".toast")).to_have_text("These are the demo’s sample figures.")
        assert "Coinbase" not in page.locator("body").inner_text()
        assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]") == [[], []]
        assert complaints == []
