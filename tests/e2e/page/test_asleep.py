"""While nobody looks, on a stack of its own: schedules fire, and all that follows is seen."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from local.sign_in import access_token
from tests.e2e.conftest import Running
from tests.e2e.page.visit import Visit

# The emulator's schedules fire a minute after they were made, and a busy machine takes longer.
PATIENCE_SECONDS = 240
RULES = [
    {"kind": "connection_failed", "hours": 0},
    {"kind": "value_crossed", "amount": "1", "direction": "below"},
]


class Asleep:
    def __init__(self, running: Running) -> None:
        self.running = running
        self.token = access_token(running.stack)

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.running.stack.api_url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.ok, answer.text
        return answer.json()

    def until(self, path: str, wanted: Callable[[Any], bool]) -> Any:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not wanted(found := self.get(path)):
            assert time.monotonic() < give_up, found
            time.sleep(1)
        return found

    def run_job(self, job: str) -> Any:
        """As `make run-job` does."""
        functions = self.running.aws("lambda")
        answer = functions.invoke(
            FunctionName="holdings-dev-plan", Payload=json.dumps({"job": job}).encode()
        )
        return json.loads(answer["Payload"].read())

    def requests_of_accounts(self) -> int:
        counts: dict[str, int] = self.running.simulate("GET", "").json()["requests"]
        return counts.get("GET /accounts", 0)


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asleep]:
    """A stack that does by the minute what a cloud's does by the hour and by the day."""
    minutes = dict.fromkeys(("REFRESH_MINUTES", "SYNC_HISTORY_MINUTES", "INSIGHTS_MINUTES"), "1")
    environ = {"WEB_BUILT": "true", "SHARED_CONNECTION": "false", **minutes}
    running = Running(tmp_path_factory.mktemp("asleep"), environ).start()
    asleep = Asleep(running)
    sample = running.stack.sample_credentials[0]
    assert asleep.ask("POST", "/connections", {**sample, "label": "Main"}).status_code == 201
    body = {"mail": {"enabled": True, "figures": True}, "rules": RULES}
    assert asleep.ask("PUT", "/alerts", body).status_code == 200
    yield asleep
    assert running.stop() == 0


def test_schedules_fire_and_what_follows_is_seen_and_mailed(
    asleep: Asleep, browser: Browser
) -> None:
    # The schedule wakes the planner: a connection is read, and the rules are looked at.
    armed = asleep.until(
        "/alerts", lambda found: all(one["state"]["status"] == "armed" for one in found["rules"])
    )
    assert armed["mail"] == {"enabled": True, "figures": True, "stopped": None, "available": True}
    before = asleep.requests_of_accounts()
    ready = asleep.ask("GET", "/holdings")
    assert ready.headers["X-Cache"] == "HIT"
    assert asleep.requests_of_accounts() == before
    history = asleep.until(
        "/connections", lambda found: found["connections"][0]["history"]["entries"] > 0
    )
    assert history["connections"][0]["history"]["state"] in ("running", "done")
    insights = asleep.until("/insights", lambda found: found["state"] == "ready")
    assert len(insights["features"]["periods"]) == 3

    # The exchange fails: the next reading says so, and the viewer is told.
    asleep.running.simulate("PUT", "/faults", {"fault": "maintenance", "path": "/accounts"})
    assert asleep.run_job("refresh-readings")["sent"] == {"refresh-readings": 1}
    events = asleep.until(
        "/alerts/events",
        lambda found: bool(found["events"]) and found["events"][0]["mail"] == "sent",
    )["events"]
    assert [one["kind"] for one in events] == ["connection_failed"]
    mailbox = asleep.running.stack.mailbox_url
    (mail,) = requests.get(f"{mailbox}/messages", timeout=30).json()
    assert mail["to"] == [asleep.running.stack.username]
    assert events[0]["detail"] in mail["text"]
    stale = asleep.get("/holdings")
    assert stale["stale"]
    assert stale["holdings"]

    # All of it in a browser.
    context = browser.new_context()
    visit = Visit(asleep.running, context.new_page())
    visit.enter("/")
    page = visit.page
    page.get_by_role("link", name="Insights", exact=True).click()
    expect(page.get_by_role("heading", name="The account in a word")).to_be_visible()
    expect(page.locator(".features > li")).to_have_count(9)
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.locator(".events > li")).to_contain_text(events[0]["detail"])
    page.goto(mailbox)
    expect(page.get_by_role("heading", name=mail["subject"])).to_be_visible()

    # One click out of the mail, by whoever has it, ends the mails.
    found = re.search(r"To stop these mails: (\S+)", mail["text"])
    assert found
    page.goto(found[1])
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_text("You get no more mails about alerts")).to_be_visible()
    assert asleep.get("/alerts")["mail"]["stopped"]["code"] == "unsubscribed"
    context.close()

    # The account is well again, and the next reading says so too.
    asleep.running.simulate("DELETE", "/faults")
    assert asleep.ask("DELETE", "/me").status_code == 204
    assert asleep.until("/connections", lambda found: found["connections"] == [])
