"""`WEB_BUILT=true make run`: the page as `make web` built it, under the headers of the cloud."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import Running
from tests.e2e.test_run import processes_below

ENVIRON = {"WEB_BUILT": "true", "DEMO_MODE": "true"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("built"), ENVIRON)
    running.launch()
    yield running
    assert running.stop() == 0


def get(built: Running, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{built.ports['WEB_PORT']}{path}", timeout=10)


def test_the_page_may_talk_to_this_api_and_runs_no_inline_script(built: Running) -> None:
    policy = get(built, "/").headers["Content-Security-Policy"]
    assert f"connect-src 'self' http://127.0.0.1:{built.ports['API_PORT']}" in policy
    assert "script-src 'self';" in policy


def test_all_that_the_page_loads_is_there_compressed_and_kept(built: Running) -> None:
    names: list[str] = re.findall(r'(?:src|href)="(/assets/[^"]+)"', get(built, "/").text)
    assert {Path(name).suffix for name in names} == {".css", ".js"}
    for name in names:
        answer = get(built, name)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"


def test_it_is_told_of_the_stack_as_with_reload(built: Running) -> None:
    assert get(built, "/config.json").json() == {
        "api_url": f"http://127.0.0.1:{built.ports['API_PORT']}"
    }


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_it_ends_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    running = Running(tmp_path, ENVIRON)
    running.launch()
    assert any("local.built_page" in command for command in processes_below(tmp_path))
    running.stop(signal.SIGKILL)
    give_up = time.monotonic() + 10
    while (left := processes_below(tmp_path)) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert left == []
