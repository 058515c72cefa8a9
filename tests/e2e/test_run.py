"""`make run` as its user sees it: what it prints, what it keeps, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.settings import CREDENTIALS, ROOT
from local.sign_in import access_token
from tests.builders import unvalued
from tests.e2e.conftest import GIVE_UP_SECONDS, PORTS, Running, free_port, is_no_hit

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="needs Linux's /proc"
)


def test_the_printed_curl_answers_200(stack: Running) -> None:
    printed = subprocess.run(
        ["bash", "-c", f"{stack.curl} --silent --write-out '\n%{{http_code}}'"],
        capture_output=True,
        text=True,
        timeout=GIVE_UP_SECONDS,
        check=True,
        cwd="/",
    ).stdout
    assert printed.endswith("\n200"), printed
    assert '"account_count":204' in printed


def test_what_it_prints_and_writes_agrees(stack: Running) -> None:
    for value in (stack.stack.api_url, stack.stack.username, stack.stack.password):
        assert value in stack.output
    assert "13 holdings of 204 accounts were read" in stack.output
    for name in ("stack.json", "sample-keys.json"):
        assert (stack.state_dir / name).stat().st_mode & 0o077 == 0
    assert stack.state_dir.stat().st_mode & 0o077 == 0


def test_it_prints_a_key_of_each_exchange_and_writes_two_to_paste_from(stack: Running) -> None:
    samples = json.loads((stack.state_dir / "sample-keys.json").read_text())
    assert stack.stack.sample_credentials == samples
    by_exchange = [sample["exchange"] for sample in samples]
    assert by_exchange == ["coinbase_exchange"] * 2 + ["coinbase_advanced"] * 2
    printed = [json.dumps(sample["credential"]) in stack.output for sample in samples]
    assert printed == [True, False, True, False]


def test_a_place_that_can_be_no_folder_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run_local(tmp_path / "file", {})
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"make run: {tmp_path / 'file'} cannot be used: File exists")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["stack.json", "simulator.json", "sample-keys.json"])
def test_a_broken_state_file_is_a_plain_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{")
    ended = run_local(tmp_path, {})
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"make run: {tmp_path / name} is broken or of another version")
    assert len(ended.stderr.splitlines()) == 1


def test_every_server_listens_on_this_machine_alone(stack: Running) -> None:
    for port in PORTS:
        number = int(stack.ports[port])
        assert socket.create_connection(("127.0.0.1", number), timeout=60).close() is None
        for address in other_addresses():
            with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
                socket.create_connection((address, number), timeout=1)


def other_addresses() -> list[str]:
    found = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    return [str(address) for address in found if not str(address).startswith(("127.", "::1"))]


def processes_below(state_dir: Path) -> list[str]:
    """Command lines of processes whose environment names this folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(state_dir).encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def left_below(state_dir: Path) -> list[str]:
    """Return the command lines that outlive a run, once all had their time to end."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while (left := processes_below(state_dir)) and time.monotonic() < give_up:
        time.sleep(0.1)
    return left


@pytest.mark.parametrize("name", PORTS)
def test_a_busy_port_is_named_with_its_variable(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run_local(tmp_path, {name: str(port)})
    assert ended.returncode == 1
    assert f"port {port} is taken" in ended.stderr
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"API_PORT": "http"}, "API_PORT"),
        ({"CB_BASE_URL": "https://api.exchange.coinbase.com"}, "CB_API_KEY"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, environ: dict[str, str], told: str
) -> None:
    ended = run_local(tmp_path, environ)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def run_local(state_dir: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env={
            **os.environ,
            **{name: str(free_port()) for name in PORTS},
            "LOCAL_STATE_DIR": str(state_dir),
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=GIVE_UP_SECONDS,
        check=False,
    )


def end(state_dir: Path, command: str) -> None:
    """Kill what runs this command for the stack of that folder."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ours = str(state_dir).encode() in (entry / "environ").read_bytes()
            if ours and command in (entry / "cmdline").read_text().replace("\0", " "):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue


# How long the figures of a run last that is to keep them over a restart.
LASTING = {"CACHE_TTL_SECONDS": "600"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack that tests end, and start again."""
    own = Running(tmp_path_factory.mktemp("own"))
    yield own
    if is_up(own):
        own.stop()


def is_up(own: Running) -> bool:
    return hasattr(own, "process") and own.process.poll() is None


def up(own: Running, environ: dict[str, str]) -> Running:
    """Start it with these settings, unless it runs with them."""
    if is_up(own) and own.environ == environ:
        return own
    if is_up(own):
        own.stop()
    own.environ = environ
    return own.start()


@needs_proc
def test_the_api_outlives_all_it_works_with_and_nothing_outlives_the_api(own: Running) -> None:
    running, folder = up(own, {}), own.state_dir
    token = access_token(running.stack)
    good = running.get(token=token).json()
    end(folder, "vite.js")
    running.wait_for("the page ended by itself; Ctrl-C, then `make run` starts it again")
    end(folder, "local.simulator")
    running.wait_for("the Coinbase simulators ended by itself")
    stale = running.get_until(is_no_hit, token=token)
    assert (stale.status_code, stale.headers["X-Cache"]) == (200, "STALE")
    assert unvalued(stale.json())["holdings"] == unvalued(good)["holdings"]
    end(folder, "supervise.py")
    running.wait_for("the emulated AWS ended by itself")
    answer = running.get(token=token)
    # Without the table too: the process keeps its own last reading.
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")
    assert unvalued(answer.json())["holdings"] == unvalued(good)["holdings"]
    assert "exchange_unavailable" in {warning["code"] for warning in answer.json()["warnings"]}
    end(folder, "local.api")
    running.wait_for("the API ended by itself")
    assert running.process.wait(GIVE_UP_SECONDS) == 1
    assert left_below(folder) == []
    # Whatever it was that ended: `make run` again starts it.
    assert unvalued(up(own, LASTING).get().json())["holdings"] == unvalued(good)["holdings"]


@needs_proc
def test_a_restart_keeps_the_user_the_pool_and_the_table_and_nothing_of_the_first_run_goes_on(
    own: Running,
) -> None:
    running = up(own, LASTING)
    first, answer = running.stack, running.get()
    assert len(processes_below(own.state_dir)) >= 5
    assert running.stop(signal.SIGTERM) == 0
    assert left_below(own.state_dir) == []
    again = running.start().get()
    assert running.stack == first
    assert (again.headers["X-Cache"], again.text) == ("HIT", answer.text)


@needs_proc
def test_nothing_outlives_it_when_it_is_killed(own: Running) -> None:
    running = up(own, LASTING)
    assert len(processes_below(own.state_dir)) >= 5
    running.stop(signal.SIGKILL)
    assert left_below(own.state_dir) == []


def flask_run(environ: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "run", *arguments],
        cwd=ROOT,
        env={**kept, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def flask_running(environ: dict[str, str]) -> Generator[str]:
    """The address of `flask run` with these settings and no others, once it answers."""
    port = free_port()
    process = flask_run({"FLASK_SKIP_DOTENV": "1", **environ}, "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                requests.get(f"{url}/health", timeout=30)
                break
            except requests.ConnectionError:
                assert time.monotonic() < give_up, "flask run did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.communicate()


def test_the_demo_needs_nothing_else() -> None:
    with flask_running({"DEMO_MODE": "true"}) as url:
        answer = requests.get(f"{url}/holdings", timeout=60)
        assert answer.json()["warnings"][0]["code"] == "demo_mode"
        assert answer.headers["Cache-Control"].startswith("private, max-age=")


def test_plain_flask_run_takes_the_tokens_of_the_pool_that_its_settings_name(
    stack: Running,
) -> None:
    told = {
        "DEFAULT_USER_ID": "flask-run",
        "DDB_TABLE": stack.stack.table,
        "CB_BASE_URL": stack.stack.coinbase_url,
        "CB_SECRET_NAME": stack.stack.secret,
        "AWS_ENDPOINT_URL": stack.stack.aws_endpoint_url,
        "AWS_REGION": stack.stack.region,
        **CREDENTIALS,
        "AUTH_ISSUER": stack.stack.issuer,
        "AUTH_CLIENT_ID": stack.stack.client_id,
        "AUTH_SCOPE": stack.stack.scope,
        "AUTH_JWKS_URL": stack.stack.jwks_url,
    }
    bearer = {"Authorization": f"Bearer {access_token(stack.stack)}"}
    with flask_running(told) as url:
        assert requests.get(f"{url}/holdings", timeout=60).status_code == 401
        answer = requests.get(f"{url}/holdings", headers=bearer, timeout=60)
        assert (answer.status_code, answer.json()["account_count"]) == (200, 204)


def test_without_settings_one_message_lists_them_all() -> None:
    process = flask_run({"FLASK_SKIP_DOTENV": "1"})
    output, _ = process.communicate(timeout=GIVE_UP_SECONDS)
    assert process.returncode != 0
    last = output.strip().splitlines()[-1]
    for name in ("DEFAULT_USER_ID", "DDB_TABLE", "CB_BASE_URL", "CB_SECRET_NAME"):
        assert name in last
