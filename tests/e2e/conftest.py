"""The running stack: `python -m local` on ports of its own, with state in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
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

__all__ = ["archive", "python313", "tree"]

START_SECONDS = 90
PORTS = ("API_PORT", "EMULATOR_PORT", "SIMULATOR_PORT", "SIMULATOR_ADVANCED_PORT", "WEB_PORT")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
                time.sleep(0.2)
                assert text in self.output, f"ended with {self.process.returncode}: {self.output}"
                return
            assert time.monotonic() < give_up, self.output
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(5)
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
            timeout=20,
        )

    def forget(self) -> None:
        """Make the exchange well again, and leave nothing of an earlier reading or failure."""
        self.simulate("POST", "/reset")
        token, give_up = access_token(self.stack), time.monotonic() + 15
        # Not STALE either: a failure of a moment ago is remembered, and its figures are an answer.
        while (answer := self.get(token=token)).headers.get("X-Cache") == "STALE" or not answer.ok:
            assert time.monotonic() < give_up
            time.sleep(0.2)
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
            method, f"{self.stack.coinbase_url}/_simulator{path}", json=document, timeout=5
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
