"""The emulated AWS of the laptop: MiniStack, as a child process with state of its own."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from local.ports import check_free
from local.settings import REGION, ROOT, LocalError

_LAUNCH = Path(__file__).with_name("launch.py")
PYTHON = ROOT / ".venv-emulator" / "bin" / "python"

# Nothing of the operator's own AWS set-up is passed on: functions inherit this environment.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

_READY_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.1
_LOG_TAIL_LINES = 20


@dataclass
class Emulator:
    """State lives in `state_dir` and is written when the emulator stops."""

    port: int
    state_dir: Path
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.state_dir / "emulator.log"

    def start(self) -> None:
        """Return once it answers. Raises LocalError with the end of its log if it does not."""
        check_free(self.port, "EMULATOR_PORT")
        if not PYTHON.exists():
            raise LocalError(f"{PYTHON} is not here: run `make setup`")
        for folder in ("state", "tmp"):
            (self.state_dir / folder).mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own launcher
                [PYTHON, _LAUNCH],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C is for us: we stop it after what uses it, and it writes its state.
                start_new_session=True,
            )
        self._await_ready(self._process)

    def stop(self) -> None:
        """Let it write its state and end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            "STATE_DIR": str(self.state_dir / "state"),
            "TMPDIR": str(self.state_dir / "tmp"),
            "PERSIST_STATE": "1",
            "LAMBDA_EXECUTOR": "local",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }

    def _await_ready(self, process: "subprocess.Popen[bytes]") -> None:
        give_up = time.monotonic() + _READY_SECONDS
        while time.monotonic() < give_up and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/ready", timeout=1):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(_POLL_SECONDS)
        self.stop()
        tail = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        raise LocalError("the emulated AWS does not start:\n" + "\n".join(tail))
