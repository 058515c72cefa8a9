"""One browser, one site and one running stack for all that is held of the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.built_page import BuiltPage
from tests.e2e.browser import chromium
from tests.e2e.conftest import Running
from tests.e2e.page.stage import OPEN, SIGNED, Stage, staged
from tests.e2e.page.visit import Visit, visiting

# A busy machine may take its time; what is there is found at once all the same.
expect.set_options(timeout=60_000)


# Of this folder alone: a second Playwright, or an event loop of Pulumi's, cannot run beside it.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def site() -> Iterator[BuiltPage]:
    with BuiltPage(SIGNED) as site:
        yield site


@pytest.fixture(scope="package")
def open_site() -> Iterator[BuiltPage]:
    """The page of a stack that asks for no sign-in."""
    with BuiltPage(OPEN) as site:
        yield site


@pytest.fixture
def stage(browser: Browser, site: BuiltPage) -> Iterator[Stage]:
    """Somebody who is signed in, at a wide screen."""
    with staged(browser, site) as stage:
        yield stage


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole stack with the built page; a secret is read anew as soon as it is stored again."""
    environ = {"WEB_BUILT": "true", "SECRET_CACHE_TTL_SECONDS": "1"}
    running = Running(tmp_path_factory.mktemp("page"), environ).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def visit(browser: Browser, built: Running) -> Iterator[Visit]:
    """Somebody at the page of a stack with a well exchange and no snapshot."""
    built.forget()
    with visiting(browser, built) as visit:
        yield visit
    built.forget()


@pytest.fixture(scope="package")
def demo(demo_page: Running) -> str:
    """Where the built page shows sample figures."""
    return f"http://127.0.0.1:{demo_page.ports['WEB_PORT']}"
