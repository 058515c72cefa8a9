"""An emulated AWS on this machine: MiniStack, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

import requests

from local.processes import check_free
from local.settings import LocalError
from local.state import UMASK, open_log, prepare, read_object, reason

HOST = "127.0.0.1"
LOG_TAIL_LINES = 20
SUPERVISE = Path(__file__).with_name("supervise.py")
# On the path of the functions, for its sitecustomize.
FUNCTIONS = Path(__file__).with_name("functions")


@dataclass(slots=True)
class Emulator:
    """An AWS of one's own at `url`; what is in it stays in `state_dir` for the next start.

    `python` is the interpreter of the emulator's own environment. With `enforce_iam`, roles may
    do only what their policies say. `told_functions` are variables that every function has beside
    its own.
    """

    python: Path
    state_dir: Path
    port: int = 4566
    region: str = "eu-west-1"
    enforce_iam: bool = False
    told_functions: Mapping[str, str] = field(default_factory=dict[str, str])
    start_seconds: float = 30.0
    stop_seconds: float = 10.0
    supervise: Path = SUPERVISE
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.state_dir / "emulator.log"

    @property
    def environment(self) -> Mapping[str, str]:
        """All that MiniStack is told, and what it hands on to the functions that it runs.

        Everything that it writes goes below `state_dir`; nothing is the caller's but where
        programs are.
        """
        state_dir = self.state_dir.resolve()
        return {
            **self.told_functions,
            "PATH": os.defpath,
            "PYTHONPATH": str(FUNCTIONS),
            "HOME": str(state_dir),  # so that nobody's ~/.aws is read
            "TMPDIR": str(state_dir / "tmp"),
            "STATE_DIR": str(state_dir / "state"),
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(state_dir / "s3"),
            "S3_PERSIST": "1",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": self.region,
            "AUTH": "true" if self.enforce_iam else "false",
            "LAMBDA_EXECUTOR": "local",
            # It removes containers that it takes for its own; we start none.
            "DOCKER_HOST": f"unix://{state_dir / 'no-docker.sock'}",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }

    def start(self) -> None:
        """Return when the emulator answers. Raises LocalError, with the log's end, if not."""
        if not self.python.exists():
            raise LocalError(f"no emulator environment at {self.python}: run `make run`")
        check_free(self.port, "EMULATOR_PORT")
        for folder in ("", "state", "tmp", "s3"):
            prepare(self.state_dir / folder)
        for file in sorted((self.state_dir / "state").glob("*.json")):
            # MiniStack would start without what such a file holds, or not at all.
            read_object(file, missing="", broken="`make clean` starts over without it")
        with open_log(self.log_file) as log:
            self._process = self._run(log)
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the emulator, which saves its state. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - our own command
                [str(self.python), str(self.supervise)],
                env=self.environment,
                cwd=self.state_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for whoever started us; the emulator outlives it until `stop`.
                start_new_session=True,
                umask=UMASK,
            )
        except OSError as error:
            raise LocalError(f"{self.python} cannot be run: {reason(error)}") from None

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise self._failed(f"ended with status {process.returncode}")
            if self._is_ready():
                return
            time.sleep(0.05)
        raise self._failed(f"was not ready within {self.start_seconds:g} s")

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/_ministack/ready", timeout=1).ok
        except requests.RequestException:
            return False

    def _failed(self, what: str) -> LocalError:
        lines = self.log_file.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        tail = "\n".join(lines)
        return LocalError(f"the emulator {what}; the end of {self.log_file}:\n{tail}")
