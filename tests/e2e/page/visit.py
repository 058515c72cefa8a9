"""A person at the page of the running stack, and what their browser had to do for it."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.e2e.conftest import Running
from tests.e2e.page.samples import PREFIX
from tests.e2e.page.stage import ALL_DIGITS

AMOUNTS = ("balance", "available", "hold")


@dataclass
class Visit:
    running: Running
    page: Page
    requests: list[Request] = field(default_factory=list[Request])
    answers: list[Response] = field(default_factory=list[Response])
    complaints: list[str] = field(default_factory=list[str])

    def watch(self) -> None:
        # Not the lists' own methods: Playwright marks what it calls, which a built-in forbids.
        self.page.on("request", self._note)
        self.page.on("response", self._take)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def _take(self, answer: Response) -> None:
        self.answers.append(answer)

    def _hear(self, message: ConsoleMessage) -> None:
        # The emulated hosted UI has faults of its own.
        theirs = message.location["url"].startswith(self.running.stack.hosted_ui_url)
        if message.type in ("error", "warning") and not theirs:
            self.complaints.append(message.text)

    @property
    def home(self) -> str:
        return self.running.stack.web_url

    def enter(self, path: str = "/") -> None:
        """Sign in through the hosted UI."""
        self.page.goto(f"{self.home}{path}")
        self.page.get_by_role("button", name="Sign in").click()
        self.give_password()
        expect(self.page.locator(".holdings")).to_be_visible()

    def give_password(self) -> None:
        self.page.locator("#username").fill(self.running.stack.username)
        self.page.locator("#password").fill(self.running.stack.password)
        self.page.locator("button[type=submit]").click()

    def figures(self) -> list[dict[str, str]]:
        """What the table shows, row by row, without what only spaces the digits."""
        rows: list[list[str]] = self.page.locator(".holdings tbody tr").evaluate_all(
            """(rows, columns) => rows.map((row) => [
              row.querySelector(".code").textContent,
              ...columns.map((column) =>
                row.querySelector(`[data-column=${column}] .amount`).textContent.replaceAll(",", "")
              ),
            ])""",
            AMOUNTS,
        )
        return [dict(zip(("currency", *AMOUNTS), row, strict=True)) for row in rows]

    def asked_of(self, path: str) -> list[Request]:
        """Return what was asked at a path of the hosted UI, or of the API below its prefix."""
        wholes = (path, f"{PREFIX}{path}")
        return [request for request in self.requests if urlsplit(request.url).path in wholes]

    def user(self, **changes: Any) -> None:
        """Change what the tab keeps of the session."""
        self.page.evaluate(
            """changes => {
              const key = Object.keys(sessionStorage).find((key) => key.startsWith("oidc.user:"));
              const user = JSON.parse(sessionStorage.getItem(key));
              sessionStorage.setItem(key, JSON.stringify({ ...user, ...changes }));
            }""",
            changes,
        )

    def kept(self) -> dict[str, str]:
        """Everything in localStorage and sessionStorage."""
        stored: str = self.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        return json.loads(stored)


@contextmanager
def visiting(browser: Browser, running: Running) -> Generator[Visit]:
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        context.set_default_timeout(60_000)
        context.add_init_script(ALL_DIGITS)
        visit = Visit(running, context.new_page())
        visit.watch()
        yield visit
