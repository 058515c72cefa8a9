"""The running stack: `python -m local` on ports of its own, with state in a folder of its own."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3
import jwt
import pytest
import requests

from local.settings import CREDENTIALS, ROOT
from local.sign_in import access_token
from local.stack import Stack
from tests.e2e.archives import archive, python313, tree
from tests.e2e.runtime_api import runtime_client

__all__ = ["archive", "python313", "runtime_client", "tree"]

# For what is waited for: a machine that is busy with other tests may take its time.
START_SECONDS = 180
GIVE_UP_SECONDS = 120
PORTS = (
    "API_PORT",
    "EMULATOR_PORT",
    "SIMULATOR_PORT",
    "SIMULATOR_ADVANCED_PORT",
    "WEB_PORT",
    "MAILBOX_PORT",
)


def free_port() -> int:
    """Return one below those of outgoing connections, which would take it before it is used."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def is_stale(answer: requests.Response) -> bool:
    return answer.headers.get("X-Cache") == "STALE"


def is_no_hit(answer: requests.Response) -> bool:
    """Whether what was read before is no longer fresh, or nothing was."""
    return answer.headers.get("X-Cache") != "HIT"


@dataclass
class Running:
    """One `make run`: what it printed, and how to reach and stop it."""

    state_dir: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])
    ports: dict[str, str] = field(default_factory=dict[str, str])
    lines: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        for name in PORTS:
            self.ports.setdefault(name, str(free_port()))

    def start(self) -> "Running":
        self.launch()
        self.stack = Stack.read(self.state_dir / "stack.json")
        return self

    def launch(self) -> None:
        """Return when the launcher has said all that it says at the start."""
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env={
                **os.environ,
                **self.ports,
                "LOCAL_STATE_DIR": str(self.state_dir),
                "CACHE_TTL_SECONDS": "2",
                "REFRESH_COOLDOWN_SECONDS": "1",
                # Nothing is read by itself: what each test sees is of its own making.
                "REFRESH_MINUTES": "0",
                "SYNC_HISTORY_MINUTES": "0",
                "INSIGHTS_MINUTES": "0",
                "PYTHONUNBUFFERED": "1",
                **self.environ,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()
        self.wait_for("Ctrl-C stops it")

    def _drain(self) -> None:
        assert self.process.stdout
        with self.process.stdout as printed:
            for line in printed:  # one by one: wait_for looks while it runs
                self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, text: str, seconds: float = START_SECONDS) -> None:
        give_up = time.monotonic() + seconds
        while text not in self.output:
            if self.process.poll() is not None:
                self._reader.join(GIVE_UP_SECONDS)
                assert text in self.output, f"ended with {self.process.returncode}: {self.output}"
                return
            assert time.monotonic() < give_up, self.output
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(GIVE_UP_SECONDS)
        self._reader.join(GIVE_UP_SECONDS)
        return code

    @property
    def curl(self) -> str:
        found = re.search(r"^ +(curl .*)$", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]

    def get(self, query: str = "", token: str | None = None, **headers: str) -> requests.Response:
        bearer = access_token(self.stack) if token is None else token
        return requests.get(
            f"{self.stack.api_url}/holdings{query}",
            headers={"Authorization": f"Bearer {bearer}", **headers},
            timeout=60,
        )

    def get_until(
        self, wanted: Callable[[requests.Response], bool], token: str | None = None
    ) -> requests.Response:
        """Ask until the answer is of a kind: freshness, a cool-down or a key's time has to end."""
        token, give_up = token or access_token(self.stack), time.monotonic() + GIVE_UP_SECONDS
        while not wanted(answer := self.get(token=token)):
            assert time.monotonic() < give_up, (answer.headers, answer.text)
            time.sleep(0.1)
        return answer

    def forget(self) -> None:
        """Make the exchange well again, and leave nothing of an earlier reading or failure."""
        self.simulate("POST", "/reset")
        # Not STALE either: a failure of a moment ago is remembered, and its figures are an answer.
        self.get_until(lambda answer: answer.ok and not is_stale(answer))
        self.delete_snapshot()

    def delete_snapshot(self) -> None:
        table = self.aws("dynamodb")
        viewer = jwt.decode(access_token(self.stack), options={"verify_signature": False})["sub"]
        for place in ("reading#demo-user", f"answer#{viewer}"):
            for item in ("", "#read", "#refresh"):
                key = {"pk": {"S": f"{place}{item}"}}
                table.delete_item(TableName=self.stack.table, Key=key)

    def simulate(self, method: str, path: str, document: Any = None) -> requests.Response:
        answer = requests.request(
            method, f"{self.stack.coinbase_url}/_simulator{path}", json=document, timeout=30
        )
        answer.raise_for_status()
        return answer

    def aws(self, service: Any) -> Any:
        return cast("Any", boto3).client(
            service,
            endpoint_url=self.stack.aws_endpoint_url,
            region_name=self.stack.region,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One stack for all tests that leave it as they found it."""
    running = Running(tmp_path_factory.mktemp("stack")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def stack(running: Running) -> Running:
    """The running stack with a well exchange and no snapshot."""
    running.forget()
    return running


@pytest.fixture(scope="session")
def demo_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The built page with sample figures: `WEB_BUILT=true DEMO_MODE=true make run`."""
    environ = {"WEB_BUILT": "true", "DEMO_MODE": "true"}
    running = Running(tmp_path_factory.mktemp("demo"), environ)
    running.launch()
    yield running
    assert running.stop() == 0
