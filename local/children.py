"""Child processes that end with us, whichever way we end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from local.answers import get_json
from local.settings import LocalError
from local.state import UMASK, open_log

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.1
_STOP_SECONDS = 8.0


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
        with ExitStack() as files:
            output = files.enter_context(open_log(self.log)) if self.log else None
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
