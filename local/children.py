"""Child processes that end with us, whichever way we end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

_STOP_SECONDS = 8.0


@dataclass
class Child:
    """A Python module as a process group of its own, so that a reloader's child ends too.

    What it prints goes to `log`, or where ours goes.
    """

    name: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path | None = None
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        with ExitStack() as files:
            output = files.enter_context(self.log.open("wb")) if self.log else None
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *self.arguments],
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output and subprocess.STDOUT,
                start_new_session=True,
            )

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
