import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator import SUPERVISE, Emulator
from local.settings import ROOT, LocalError
from tests.e2e.conftest import free_port
from tests.e2e.emulated import aws, emulator


def _script(folder: Path, text: str) -> Path:
    path = folder / "pretender.py"
    path.write_text(text)
    return path


def _within_seconds(seconds: float, holds: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


def test_it_answers_once_started_and_no_more_once_stopped(tmp_path: Path) -> None:
    emulated = emulator(tmp_path)
    assert not emulated.running()

    with emulated:
        assert emulated.running()
        assert aws(emulated).client("sts").get_caller_identity()["Account"] == "000000000000"

    assert not emulated.running()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", emulated.port)) != 0
    emulated.stop()  # a second time is no error


def test_it_writes_below_its_state_folder_and_is_told_nothing_of_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the operator's own")

    environment = emulator(tmp_path, enforce_iam=True).environment

    paths = {"HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR"}
    assert all(Path(environment[name]).is_relative_to(tmp_path.resolve()) for name in paths)
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert emulator(tmp_path).environment["AUTH"] == "false"


def test_all_that_it_writes_is_this_user_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    (folder / "emulator.log").touch(mode=0o644)
    before = os.umask(0)
    try:
        with emulator(folder) as emulated:
            aws(emulated).client("kms").create_key()
            aws(emulated).client("s3").create_bucket(
                Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": emulated.region}
            )
    finally:
        os.umask(before)

    written = [folder, *folder.rglob("*")]
    assert folder / "state" / "kms.json" in written
    assert [path for path in written if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("content", [b"", b'{"cut', b"\xff", b"[]"])
def test_broken_state_is_a_plain_sentence_and_kept(content: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "state" / "kms.json"
    broken.parent.mkdir()
    broken.write_bytes(content)

    with pytest.raises(LocalError, match=r"kms\.json is broken .*`make clean`"):
        emulator(tmp_path).start()

    assert broken.read_bytes() == content


def test_a_place_that_can_hold_no_state_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "s3").touch()

    with pytest.raises(LocalError, match=r"s3 cannot be used: "):
        emulator(tmp_path).start()


def test_an_environment_that_cannot_be_run_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "python").touch(mode=0o600)

    with pytest.raises(LocalError, match=r"python cannot be run: Permission denied"):
        Emulator(tmp_path / "python", tmp_path, free_port()).start()


def test_a_taken_port_is_refused_with_the_variable_to_change(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])

        with pytest.raises(LocalError, match=rf"port {port} is taken .*EMULATOR_PORT"):
            Emulator(Path(sys.executable), tmp_path, port).start()


def test_without_its_environment_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"no emulator environment at .*none: run `make"):
        Emulator(tmp_path / "none", tmp_path, free_port()).start()


def test_an_emulator_that_ends_at_once_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = _script(tmp_path, "print('first'); print('out of luck', flush=True); exit(3)")
    emulated = Emulator(Path(sys.executable), tmp_path, free_port(), supervise=broken)

    with pytest.raises(LocalError, match=r"ended with status 3; .*emulator.log:\nfirst\nout of"):
        emulated.start()


def test_an_emulator_that_never_answers_is_stopped_and_an_error(tmp_path: Path) -> None:
    idle = _script(tmp_path, "import time; time.sleep(60)")
    emulated = Emulator(
        Path(sys.executable), tmp_path, free_port(), supervise=idle, start_seconds=0.3
    )

    with pytest.raises(LocalError, match=r"was not ready within 0\.3 s"):
        emulated.start()

    assert not emulated.running()


def test_an_emulator_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    stubborn = _script(
        tmp_path,
        "import http.server, os, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "class Ready(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "http.server.HTTPServer(('127.0.0.1', int(os.environ['GATEWAY_PORT'])), Ready)"
        ".serve_forever()\n",
    )
    emulated = Emulator(
        Path(sys.executable), tmp_path, free_port(), supervise=stubborn, stop_seconds=0.2
    )
    emulated.start()

    emulated.stop()

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", emulated.port)) != 0


def test_it_ends_and_keeps_its_state_when_its_parent_is_killed(tmp_path: Path) -> None:
    port = free_port()
    starter = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from local.emulator import Emulator\n"
        "from local.settings import EMULATOR_PYTHON\n"
        f"Emulator(EMULATOR_PYTHON, Path({str(tmp_path)!r}), {port}).start()\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", starter]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        emulated = Emulator(Path(sys.executable), tmp_path, port)
        aws(emulated).client("kms").create_key()
        parent.kill()

    def gone() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    assert _within_seconds(60, gone)
    assert _within_seconds(60, (tmp_path / "state" / "kms.json").exists)


def test_the_supervisor_hides_our_packages_from_what_it_runs(tmp_path: Path) -> None:
    emulated = tmp_path / "ministack"
    (emulated / "services").mkdir(parents=True)
    (emulated / "services" / "waf.py").write_text("handle_request = None")
    (emulated / "__main__.py").write_text("import sys; print(__name__, *sys.path, sep='\\n')")

    printed = subprocess.run(
        [sys.executable, SUPERVISE],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.splitlines()

    assert printed[0] == "__main__"
    assert str(tmp_path) in printed
    assert str(ROOT) not in printed
