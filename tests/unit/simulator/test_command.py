from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.parent import exit_with_parent
from local.settings import LocalError
from local.simulator import CdpKey, Credentials
from local.simulator.__main__ import greeting, opened
from local.simulator.kept import keep, kept, kept_samples

if TYPE_CHECKING:
    from collections.abc import Generator

COMMAND = [sys.executable, "-m", "local.simulator"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    ports = {"SIMULATOR_PORT": "0", "SIMULATOR_ADVANCED_PORT": "0"}
    return {**ports, "SIMULATOR_STATE": str(tmp_path / "new" / "state.json")}


@contextmanager
def started(environ: dict[str, str]) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        COMMAND, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_cleanly(environ: dict[str, str], number: int) -> None:
    with started(environ | {"SIMULATOR_EXIT_WITH_PARENT": "1"}) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(
            "Coinbase Exchange simulator: http://127.0.0.1:"
        )
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_the_greeting_shows_all_that_a_client_needs(environ: dict[str, str]) -> None:
    both = opened(environ)
    said = greeting(both)
    both.stop()
    simulator, advanced = both.exchange, both.advanced
    for shown in (
        simulator.url,
        simulator.credentials.api_key,
        simulator.credentials.api_secret,
        simulator.credentials.passphrase,
        advanced.url,
        advanced.credentials.name,
        repr(advanced.credentials.private_key.strip())[1:-1],
        str(both.certificate.authority),
        f'curl -X PUT {simulator.url}/_simulator/faults -d \'{{"fault": "rate_limited"',
        "endless_pages",
    ):
        assert shown in said


def test_keys_and_certificate_are_made_once_and_kept_for_this_user_only(
    environ: dict[str, str],
) -> None:
    made: list[list[object]] = []
    for both in (opened(environ), opened(environ)):
        holders = (*both.exchange.exchange.holders, *both.advanced.exchange.holders)
        certificate = both.certificate.authority.read_text()
        made.append([certificate, *(holder.key.credential() for holder in holders)])
        assert len(both.exchange.credentials.signing_key) == 64
        both.stop()
    folder = Path(environ["SIMULATOR_STATE"]).parent
    assert made[0] == made[1]
    kept_files = ("advanced-ca", "advanced-server", "sample-keys", "state", "trusted")
    assert {entry.stem: entry.stat().st_mode & 0o777 for entry in folder.iterdir()} == (
        dict.fromkeys(kept_files, 0o600)
    )


def test_the_sample_keys_are_two_of_each_exchange_to_paste_from(environ: dict[str, str]) -> None:
    both = opened(environ)
    both.stop()
    file = Path(environ["SIMULATOR_STATE"]).with_name("sample-keys.json")
    exchange, advanced = both.exchange.exchange.holders, both.advanced.exchange.holders
    assert json.loads(file.read_text()) == [
        *(
            {"exchange": "coinbase_exchange", "credential": holder.key.credential()}
            for holder in exchange[1:]
        ),
        *(
            {"exchange": "coinbase_advanced", "credential": holder.key.credential()}
            for holder in advanced
        ),
    ]
    assert len({holder.profile_id for holder in (*exchange, *advanced)}) == 5


def test_rotated_credentials_are_kept_too(environ: dict[str, str]) -> None:
    both = opened(environ)
    first, second, third = Credentials.random(), Credentials.random(), CdpKey.random()
    both.exchange.exchange.rotate(first)
    both.exchange.exchange.rotate(second, both.exchange.exchange.holders[2])
    both.advanced.exchange.rotate(third, both.advanced.exchange.holders[1])
    both.stop()
    file = Path(environ["SIMULATOR_STATE"])
    assert kept(file) == first
    samples = kept_samples(file.with_name("sample-keys.json"))
    assert (samples.exchange[1], samples.advanced[1]) == (second, third)


def test_credentials_do_not_show_when_printed() -> None:
    assert repr(Credentials.random()) == "Credentials()"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"api_key": 1}', "null", '"x"'])
def test_a_file_of_something_else_is_left_alone(environ: dict[str, str], text: str) -> None:
    file = Path(environ["SIMULATOR_STATE"])
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(SystemExit, match="holds no simulator credentials: delete it"):
        opened(environ)
    assert file.read_text() == text


def test_fields_of_the_wrong_type_are_not_credentials(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"api_key": 1, "api_secret": 2, "passphrase": 3}))
    with pytest.raises(LocalError, match="holds no simulator credentials: delete it"):
        kept(file)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "[1]", '[{"exchange": "x"}]', "null"])
def test_a_file_of_other_sample_keys_is_left_alone(environ: dict[str, str], text: str) -> None:
    file = Path(environ["SIMULATOR_STATE"]).with_name("sample-keys.json")
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(SystemExit, match="holds no sample keys: delete it"):
        opened(environ)
    assert file.read_text() == text


def test_keeping_replaces_what_was_kept(tmp_path: Path) -> None:
    for credentials in (Credentials.random(), Credentials.random()):
        keep(credentials, tmp_path / "state.json")
        assert kept(tmp_path / "state.json") == credentials


def test_a_busy_port_is_one_line_that_names_the_variable(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for variable in ("SIMULATOR_PORT", "SIMULATOR_ADVANCED_PORT"):
            with pytest.raises(SystemExit) as caught:
                opened(environ | {variable: port})
            assert caught.value.code == f"Port {port} is in use: set {variable} to another one."


@pytest.mark.parametrize("variable", ["SIMULATOR_PORT", "SIMULATOR_ADVANCED_PORT"])
@pytest.mark.parametrize("port", ["many", "-1", "65536", "", "\u0665"])
def test_a_port_that_is_no_number_is_one_line(
    environ: dict[str, str], variable: str, port: str
) -> None:
    with pytest.raises(SystemExit, match=f"{variable} must be a port number"):
        opened(environ | {variable: port})


def test_a_state_file_that_cannot_be_written_is_one_line(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"SIMULATOR_STATE: .*/file cannot be used: File exists"):
        opened(environ | {"SIMULATOR_STATE": str(tmp_path / "file" / "state.json")})


def test_a_process_ends_once_its_parent_has_changed() -> None:
    parents, ended = iter([7, 7, 7, 1]), list[str]()
    thread = exit_with_parent(
        interval=0, parent=lambda: next(parents), end=lambda: ended.append("ended")
    )
    thread.join(timeout=60)
    assert (thread.daemon, ended) == (True, ["ended"])


def test_it_ends_with_the_process_that_started_it(environ: dict[str, str]) -> None:
    launch = (
        "import subprocess, sys; child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE);"
        "child.stdout.readline(); print(child.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", launch, *COMMAND],
        env=os.environ | environ | {"SIMULATOR_EXIT_WITH_PARENT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        running = os.pidfd_open(child)
        parent.kill()
    try:
        # A pidfd becomes readable when its process has ended, whoever is to reap it.
        assert select.select([running], [], [], 5)[0] == [running]
    finally:
        os.close(running)
