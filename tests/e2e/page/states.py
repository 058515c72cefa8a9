"""Every state of the page, and how a person gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.e2e.page.samples import Document, demo, problem, snapshot, stale
from tests.e2e.page.stage import USER_KEY, Stage


@dataclass(frozen=True)
class State:
    """What the API says (None: nothing yet), and what is seen when the state is reached."""

    seen: str
    answer: Document | None = None
    status: int = 200
    path: str = "/"
    signed_in: bool = True
    act: Callable[[Stage], None] | None = None

    def reach(self, stage: Stage) -> None:
        if self.answer is None:
            stage.fall_silent()
        else:
            stage.say(self.answer, self.status)
        stage.open(self.path)
        if self.act:
            self.act(stage)
        expect(stage.page.get_by_text(self.seen).first).to_be_visible()


def _expire(stage: Stage) -> None:
    expect(stage.page.locator(".holdings")).to_be_visible()
    stage.page.evaluate(f"sessionStorage.removeItem({USER_KEY!r})")
    stage.page.get_by_role("button", name="Refresh").click()


def _hide(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Hide amounts").click()


def _refresh(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Refresh").click()


def _lose_the_api(stage: Stage) -> None:
    expect(stage.page.locator(".holdings")).to_be_visible()
    stage.refuse()
    stage.page.get_by_role("button", name="Refresh").click()


KEY = problem("secret_invalid", 500, "api_secret is not base64: store the whole key again.")
WARNED = snapshot(
    warnings=[
        {"code": "cache_unavailable", "detail": "The table cannot be read."},
        {"code": "brand_new", "detail": "A warning of a newer API."},
    ]
)

STATES = {
    "loading": State("Reading from Coinbase…"),
    "table": State("10 holdings in 201 accounts", snapshot()),
    "refreshed": State("these are those figures", snapshot(), act=_refresh),
    "warned": State("A warning of a newer API.", WARNED),
    "stale": State("Coinbase is not available right now", stale()),
    "error": State("The stored Coinbase key cannot be used", KEY, 500),
    "unreachable": State("The API cannot be reached", snapshot(), act=_lose_the_api),
    "empty": State("No holdings", snapshot(holdings=[], account_count=191)),
    "filtered": State("No currency matches", snapshot(), path="/?q=zzz"),
    "hidden": State("10 holdings in 201 accounts", snapshot(), act=_hide),
    "expired": State("Your session has ended", snapshot(), act=_expire),
    "signed-out": State("See what you hold", signed_in=False),
    "cancelled": State("Sign-in was cancelled", path="/?error=access_denied", signed_in=False),
    "demo": State("Demo: sample figures", demo()),
}
