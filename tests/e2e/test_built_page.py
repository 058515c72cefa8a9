"""`WEB_BUILT=true make run`: the page as `make web` built it, under the headers of the cloud."""

import re
import signal
from pathlib import Path

import requests

from supply_chain.bills import of_page
from tests.e2e.conftest import Running
from tests.e2e.test_run import left_below, needs_proc, processes_below


def get(demo_page: Running, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{demo_page.ports['WEB_PORT']}{path}", timeout=60)


def test_the_page_may_talk_to_this_api_and_runs_no_inline_script(demo_page: Running) -> None:
    policy = get(demo_page, "/").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "script-src 'self';" in policy


def test_all_that_the_page_loads_is_there_compressed_and_kept(demo_page: Running) -> None:
    names: list[str] = re.findall(r'(?:src|href)="(/assets/[^"]+)"', get(demo_page, "/").text)
    assert {Path(name).suffix for name in names} == {".css", ".js"}
    for name in names:
        answer = get(demo_page, name)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"


def test_it_is_told_of_the_stack_as_with_reload(demo_page: Running) -> None:
    assert get(demo_page, "/config.json").json() == {"api_url": "/api/v1"}


def test_the_api_answers_beside_the_page_with_its_own_errors_and_the_page_s_headers(
    demo_page: Running,
) -> None:
    read, missing = get(demo_page, "/api/v1/holdings"), get(demo_page, "/api/v1/nothing")
    assert (read.status_code, read.headers["X-Cache"]) in {(200, "HIT"), (200, "MISS")}
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    for answer in (read, missing):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_licence_of_each_package_in_it_is_there(demo_page: Running) -> None:
    """Vite writes down what it bundled; the bill of materials says it by the lock file."""
    answer = get(demo_page, "/licenses.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    bundled = re.findall(r"^## (\S+) - (\S+) \(", answer.text, re.MULTILINE)
    shipped = [(each["name"], each["version"]) for each in of_page()["components"]]
    assert bundled == shipped
    grants = re.findall("Permission is hereby granted|Apache License", answer.text, re.IGNORECASE)
    assert len(grants) >= len(shipped)


@needs_proc
def test_it_ends_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    running = Running(tmp_path, {"WEB_BUILT": "true", "DEMO_MODE": "true"})
    running.launch()
    assert any("local.built_page" in command for command in processes_below(tmp_path))
    running.stop(signal.SIGKILL)
    assert left_below(tmp_path) == []
