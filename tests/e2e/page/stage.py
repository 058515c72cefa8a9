"""The built page under the cloud's headers, with an API that says what a test wants."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize

from local.built_page import BuiltPage
from tests.e2e.page.history_api import HistoryApi
from tests.e2e.page.samples import (
    AGE_SECONDS,
    FRESH_SECONDS,
    PREFIX,
    STALE_AGE_SECONDS,
    Document,
    asked,
    snapshot,
)
from tests.e2e.page.viewer_api import ViewerApi

# Where the API is asked, at whichever address the page has.
API = f"**{PREFIX}"
HOSTED_UI = "https://sign-in.example.test"
ISSUER = "https://issuer.example.test/pool"
CLIENT = "page"

# Nothing listens at these: whatever is not routed fails.
SIGNED = {
    "api_url": PREFIX,
    "hosted_ui_url": HOSTED_UI,
    "issuer": ISSUER,
    "client_id": CLIENT,
    "scope": "holdings/read holdings/write",
}
OPEN = {"api_url": PREFIX}

USER_KEY = f"oidc.user:{ISSUER}:{CLIENT}"
USER = {
    "access_token": "access",
    "refresh_token": "refresh",
    "token_type": "Bearer",
    "scope": "openid email holdings/read holdings/write",
    "profile": {"sub": "1", "iss": ISSUER, "aud": CLIENT, "email": "viewer@example.com"},
    "expires_at": 4_102_444_800,
}

ALL_DIGITS = 'localStorage.setItem("holdings.all-digits", "1")'

PHONE: ViewportSize = {"width": 390, "height": 844}
_JSON = {"Content-Type": "application/json"}

WIDE: ViewportSize = {"width": 1280, "height": 800}
# By browser and settings, so that the next test with the same finds its window open.
_CONTEXTS: dict[tuple[Any, ...], BrowserContext] = {}
_USUAL: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC"}


@dataclass
class Stage:
    """A person in front of the page.

    `say` sets what the API answers about holdings from now on, and `asked` notes those requests;
    what is of the past is `past`'s, everything else `viewer`'s.
    """

    site: BuiltPage
    context: BrowserContext
    page: Page
    asked: list[str] = field(default_factory=list[str])
    viewer: ViewerApi = field(default_factory=ViewerApi)
    past: HistoryApi = field(default_factory=HistoryApi)
    clock_was_set: bool = False
    _answer: dict[str, Any] | None = None
    _waiting: list[Route] = field(default_factory=list[Route])

    def say(self, document: Document | str, status: int = 200, **headers: str) -> None:
        stale = not isinstance(document, str) and document.get("stale") is True
        told = _JSON | {
            "Age": str(STALE_AGE_SECONDS if stale else AGE_SECONDS),
            "Cache-Control": "no-store" if stale else f"private, max-age={FRESH_SECONDS}",
            "X-Cache": "STALE" if stale else "HIT",
            "X-Request-Id": "7f3c2a90-5b1e-4d57-9c5e-2f6a8d0b4e11",
        }
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = document if isinstance(document, str) else json.dumps(document)
        self._answer = {"status": status, "headers": told, "body": body}
        while self._waiting:
            self._waiting.pop().fulfill(**self._answer)

    def fall_silent(self) -> None:
        """From now on requests wait until something is said."""
        self._answer = {}

    def refuse(self) -> None:
        """From now on nobody listens."""
        self._answer = None

    def install_clock(self, time: str | None = None) -> None:
        """Have time go by as the test wants it: for all of a context, which is not used again."""
        self.clock_was_set = True
        self.page.clock.install(time=time)

    def open(self, path: str = "/") -> Page:
        self.page.goto(f"{self.site.url}{path}")
        return self.page

    def serve(self, route: Route) -> None:
        if asked(route.request.url) != ["holdings"]:
            status, body = self.past.answer(route.request.url) or self.viewer.answer(route.request)
            text = "" if body is None else json.dumps(body)
            route.fulfill(status=status, headers=_JSON, body=text)
            return
        self.asked.append(route.request.url)
        if self._answer is None:
            route.abort("connectionrefused")
        elif self._answer:
            route.fulfill(**self._answer)
        else:
            self._waiting.append(route)

    def leave(self) -> None:
        while self._waiting:
            self._waiting.pop().abort()


@contextmanager
def staged(
    browser: Browser,
    site: BuiltPage,
    *,
    signed_in: bool = True,
    all_digits: bool = True,
    viewport: ViewportSize = WIDE,
    at: str | None = None,
    **settings: str | float,
) -> Generator[Stage]:
    """Well figures until told otherwise, and no request to anybody else.

    Most look at every digit, which a person has to ask for once: so it has been, if `all_digits`.
    Time stands still where one is given.
    """
    key = (browser, signed_in, all_digits, at, *settings.items())
    context = _CONTEXTS.get(key) or _new_context(browser, signed_in, all_digits, at, settings)
    _CONTEXTS[key] = context
    page = context.new_page()
    page.set_viewport_size(viewport)
    stage = Stage(site, context, page)
    stage.say(snapshot())
    context.route(f"{API}/**", stage.serve)
    try:
        yield stage
    finally:
        stage.leave()
        if stage.clock_was_set:
            _CONTEXTS.pop(key).close()
        else:
            _forget(context, site)


def _new_context(
    browser: Browser,
    signed_in: bool,
    all_digits: bool,
    at: str | None,
    settings: dict[str, Any],
) -> BrowserContext:
    context = browser.new_context(**_USUAL | settings)
    context.set_default_timeout(60_000)
    if all_digits:
        context.add_init_script(ALL_DIGITS)
    if signed_in:
        context.add_init_script(
            f"sessionStorage.setItem({json.dumps(USER_KEY)}, {json.dumps(json.dumps(USER))})"
        )
    if at:
        context.clock.set_fixed_time(at)
    # Nobody's. It stays, so that the window does: another takes longer than all of most tests.
    context.new_page()
    return context


def _forget(context: BrowserContext, site: BuiltPage) -> None:
    """Leave nothing to the next test."""
    context.unroute_all(behavior="ignoreErrors")
    first, *theirs = context.pages
    for page in theirs:
        page.close()
    debugger = context.new_cdp_session(first)
    debugger.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "all"})
    debugger.detach()
    context.clear_cookies()
    context.clear_permissions()
    context.set_offline(False)
