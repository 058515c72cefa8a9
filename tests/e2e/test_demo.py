"""`DEMO_MODE=true make run`: the page with sample figures, and nothing to set up or sign in to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import Running
from tests.e2e.test_run import run_local


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # A real exchange in .env is no business of the demo's: its key may be missing.
    environ = {"DEMO_MODE": "True", "CB_BASE_URL": "https://api.exchange.coinbase.com"}
    running = Running(tmp_path_factory.mktemp("demo"), environ)
    running.launch()
    yield running
    assert running.stop() == 0


def page(demo: Running) -> str:
    return f"http://127.0.0.1:{demo.ports['WEB_PORT']}"


def api(demo: Running) -> str:
    return f"http://127.0.0.1:{demo.ports['API_PORT']}/api/v1"


def test_the_page_is_told_that_there_is_nobody_to_sign_in(demo: Running) -> None:
    told = requests.get(f"{page(demo)}/config.json", timeout=60).json()
    assert told == {"api_url": "/api/v1"}


def test_the_page_may_read_the_sample_figures_without_a_token(demo: Running) -> None:
    answer = requests.get(f"{api(demo)}/holdings", headers={"Origin": page(demo)}, timeout=60)
    assert answer.json()["warnings"][0]["code"] == "demo_mode"
    assert answer.headers["Access-Control-Allow-Origin"] == page(demo)


def test_it_says_what_it_is_and_where(demo: Running) -> None:
    assert "sample figures: no AWS, no Coinbase, no sign-in" in demo.output
    assert f"page      {page(demo)} " in demo.output
    assert "password" not in demo.output


def test_nothing_of_the_real_stack_is_started_or_overwritten(demo: Running) -> None:
    assert sorted(path.name for path in demo.state_dir.iterdir()) == ["page.log", "web"]
    for port in ("EMULATOR_PORT", "SIMULATOR_PORT", "SIMULATOR_ADVANCED_PORT"):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{demo.ports[port]}", timeout=1)


def test_a_demo_that_is_neither_on_nor_off_is_refused(tmp_path: Path) -> None:
    ended = run_local(tmp_path, {"DEMO_MODE": "perhaps"})
    assert (ended.returncode, ended.stderr) == (1, "make run: DEMO_MODE must be true or false\n")
