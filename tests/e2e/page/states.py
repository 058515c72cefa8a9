"""Every state of the page, and how a person gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.e2e.page.history_samples import being_read, differing, nothing_known
from tests.e2e.page.samples import (
    Document,
    connection,
    demo,
    failing,
    prices,
    problem,
    several,
    snapshot,
    stale,
    valued,
)
from tests.e2e.page.stage import USER_KEY, Stage
from tests.e2e.page.viewer_api import OWN_ID


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


def _show_what_is_hidden(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Show them").click()


def _type_a_currency(stage: Stage) -> None:
    stage.page.get_by_label("Values in").select_option("…")
    expect(stage.page.get_by_label("Code of the currency")).to_be_focused()


def _refresh(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Refresh").click()


def _lose_the_api(stage: Stage) -> None:
    expect(stage.page.locator(".holdings")).to_be_visible()
    stage.refuse()
    stage.page.get_by_role("button", name="Refresh").click()


def _open_all(stage: Stage) -> None:
    expect(stage.page.locator(".features")).to_be_visible()
    stage.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def _open_sources(stage: Stage) -> None:
    stage.page.get_by_role("button", name="3 connections").click()


def _disconnect(stage: Stage) -> None:
    stage.viewer.connections.clear()
    stage.page.reload()


def _submit_nothing(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Test and connect").click()


def _have_more_rights(stage: Stage) -> None:
    refusal = problem("invalid_request", 422, "The key may trade.", accept_rights=["It may trade."])
    stage.viewer.refusals = [refusal]
    stage.page.get_by_label("Key name").fill("organizations/1/apiKeys/2")
    stage.page.get_by_label("Private key").fill("c2VjcmV0")
    _submit_nothing(stage)


def _have_one_of_each(stage: Stage) -> None:
    stage.viewer.connections[:] = [
        connection(id="shared", label="House", shared=True, key_hint="", rights=None),
        connection(id=OWN_ID),
        connection(id="main", label="Main", status="rejected"),
        connection(id="old", label="Old", status="paused", last_read_at=None),
    ]
    stage.page.reload()


def _ask_to_remove(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Remove it…").click()


def _forget_by_a_slip(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Forget everything of me").click()


def _have_a_trend(stage: Stage) -> None:
    expect(stage.page.locator(".spark").first).to_be_attached()


def _by_asset_with_a_table(stage: Stage) -> None:
    stage.page.get_by_role("button", name="By asset").click()
    stage.page.get_by_role("button", name="Table").click()


def _read_meanwhile(stage: Stage) -> None:
    stage.past.changes["connections"] = [being_read(), differing() | {"label": "Home"}]
    stage.page.reload()


def _fail_to_read(stage: Stage) -> None:
    why = {"code": "exchange_unavailable", "detail": "Status 503."}
    failed = being_read() | {"state": "failed", "last_error": why}
    stage.past.changes |= nothing_known(connections=[failed])
    stage.page.reload()


def _lose_the_past(stage: Stage) -> None:
    stage.past.problem = problem("internal_error", 500)
    stage.page.reload()


def _know_no_entry(stage: Stage) -> None:
    stage.past.entries.clear()
    stage.page.reload()


def _open_an_entry(stage: Stage) -> None:
    stage.page.locator(".entry summary").first.click()


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
    "valued": State("Left out, without a market", valued()),
    "valued-stale": State("Coinbase is not available right now", valued(stale())),
    "valued-hidden": State("10 holdings in 201 accounts", valued(), act=_hide),
    "in-bitcoin": State("in 24 hours", valued(currency="BTC")),
    "prices-stale": State("Prices cannot be read now", valued(at=prices(stale=True))),
    "prices-missing": State("Some prices are missing", valued(at=prices(failing=True))),
    "not-shown": State("Empty: 00, 1INCH, AAVE.", valued(), act=_show_what_is_hidden),
    "another-currency": State("10 holdings in 201 accounts", valued(), act=_type_a_currency),
    "refreshed": State("these are those figures", snapshot(), act=_refresh),
    "warned": State("A warning of a newer API.", WARNED),
    "trends": State("10 holdings in 201 accounts", valued(), act=_have_a_trend),
    "history": State("The ledger and the balances agree", valued(), path="/history"),
    "history-by-asset": State(
        "Value by day, in USD", valued(), path="/history", act=_by_asset_with_a_table
    ),
    "history-hidden": State(
        "The ledger and the balances agree", valued(), path="/history?by=asset&table=1", act=_hide
    ),
    "history-being-read": State(
        "17 of 204 accounts read", valued(), path="/history", act=_read_meanwhile
    ),
    "history-unknown": State(
        "Its past could not be read whole", valued(), path="/history", act=_fail_to_read
    ),
    "history-error": State(
        "Something failed that should not have", valued(), path="/history", act=_lose_the_past
    ),
    "insights": State("Worth a look", valued(), path="/insights", act=_open_all),
    "insights-hidden": State("Worth a look", valued(), path="/insights", act=_hide),
    "alerts": State("What fired", valued(), path="/alerts"),
    "statement": State("no market has it", valued(), path="/history/2026-11-20"),
    "statement-of-today": State("This day has not ended yet", valued(), path="/history/2026-11-21"),
    "activity": State("order-0", valued(), path="/activity", act=_open_an_entry),
    "activity-hidden": State("50 entries so far", valued(), path="/activity", act=_hide),
    "activity-unmatched": State("No entry matches", valued(), path="/activity?search=zzz"),
    "activity-empty": State(
        "No entry is known yet", valued(), path="/activity", act=_know_no_entry
    ),
    "activity-error": State(
        "Something failed that should not have", valued(), path="/activity", act=_lose_the_past
    ),
    "stale": State("Coinbase is not available right now", stale()),
    "error": State("The stored Coinbase key cannot be used", KEY, 500),
    "unreachable": State("The API cannot be reached", snapshot(), act=_lose_the_api),
    "empty": State("No holdings", snapshot(holdings=[], account_count=191)),
    "filtered": State("No currency matches", snapshot(), path="/?q=zzz"),
    "hidden": State("10 holdings in 201 accounts", snapshot(), act=_hide),
    "expired": State("Your session has ended", snapshot(), act=_expire),
    "signed-out": State("See what you hold", signed_in=False),
    "cancelled": State("Sign-in was cancelled", path="/?error=access_denied", signed_in=False),
    "sources": State("Vault and staked funds", several(), act=_open_sources),
    "one-failing": State(
        "Main: Coinbase rejects the stored API key",
        several(main=failing("exchange_credentials_rejected", connection_id="main", label="Main")),
    ),
    "narrowed": State("1 of 4 match", several(), path="/?connection=home"),
    "connections": State(
        "Paused, never read", snapshot(), path="/connections", act=_have_one_of_each
    ),
    "first": State("Connect your first account", snapshot(), path="/connections", act=_disconnect),
    "connect": State("Bring the key here", snapshot(), path="/connections/new"),
    "connect-wrong": State(
        "Key name: this is missing.", snapshot(), path="/connections/new", act=_submit_nothing
    ),
    "more-rights": State(
        "Connect it all the same", snapshot(), path="/connections/new", act=_have_more_rights
    ),
    "manage": State(
        "all that is kept of this connection’s past",
        snapshot(),
        path=f"/connections/{OWN_ID}",
        act=_ask_to_remove,
    ),
    "no-such": State("There is no such connection", snapshot(), path="/connections/nobody"),
    "profile": State(
        "Type “forget me” to go on.", snapshot(), path="/profile", act=_forget_by_a_slip
    ),
    "demo": State("Demo: sample figures", demo()),
}
