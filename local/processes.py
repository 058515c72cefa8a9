"""The programs that `make run` starts: waited for, missed when they end, and ended with us.

A process manager's usual work, without one: docs/decisions/0018 says why.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import requests

from local.settings import LocalError
from local.state import UMASK, open_log, reason

_ANSWER_SECONDS = 15
_READY_SECONDS = 30.0
_POLL_SECONDS = 0.1
_STOP_SECONDS = 8.0


def check_free(port: int, variable: str) -> None:
    """Raise LocalError, naming the variable to change, if something listens there already."""
    with socket.socket() as probe:
        # As the servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalError(
                f"port {port} is taken ({error.strerror}): stop what listens there, or choose "
                f"another with {variable}=<port>"
            ) from None


def get_json(url: str, token: str = "") -> Any | None:
    """Return a document of our own servers, or None while there is none to be had."""
    headers = {"User-Agent": "make-run"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = requests.get(url, headers=headers, timeout=_ANSWER_SECONDS)
        return answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        return None


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module with this very Python."""
    return (sys.executable, "-m", *arguments)


@dataclass
class Child:
    """A program as a process group of its own, so that a reloader's child ends too.

    A document at `url` shows that it is ready. What it prints goes to `log`, or where ours goes.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    url: str
    log: Path | None = None
    folder: Path | None = None
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Raises LocalError."""
        with ExitStack() as files:
            output = files.enter_context(open_log(self.log)) if self.log else None
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own programs
                    self.command,
                    cwd=self.folder,
                    env=dict(self.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output and subprocess.STDOUT,
                    start_new_session=True,
                    umask=UMASK,
                )
            except OSError as error:
                said = f"{error.filename or self.command[0]}: {reason(error)}"
                raise LocalError(f"{self.name} cannot be started: {said}") from None

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises LocalError if it ends instead, or takes too long."""
        give_up = time.monotonic() + _READY_SECONDS
        while self.running() and time.monotonic() < give_up:
            if get_json(self.url) is not None:
                return
            time.sleep(_POLL_SECONDS)
        where = f": see {self.log}" if self.log else ""
        raise LocalError(f"{self.name} does not start{where}")

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:  # it ended by itself
                return


class Server(Protocol):
    def start(self) -> None: ...
    def running(self) -> bool: ...
    def stop(self) -> None: ...


class Started:
    """Servers by the name that a person knows them by."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._stopping = ExitStack()

    def start(self, name: str, server: Server) -> None:
        # Before the start: one that fails halfway has something to stop as well.
        self._stopping.callback(server.stop)
        server.start()
        self._servers[name] = server

    def start_all(self, *children: Child) -> None:
        """Start them together, and return when each is ready. Raises LocalError."""
        for child in children:
            self.start(child.name, child)
        for child in children:
            child.wait_until_ready()

    def ended(self) -> list[str]:
        """Return the names of what has ended by itself."""
        return [name for name, server in self._servers.items() if not server.running()]

    def stop(self) -> None:
        self._stopping.close()
