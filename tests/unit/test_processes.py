"""Programs that the launcher starts: waited for, missed, and ended."""

import sys
import time
from pathlib import Path

import pytest

from local.processes import Child, Started
from local.settings import LocalError


def child(code: str, log: Path | None = None) -> Child:
    nowhere = "http://127.0.0.1:1/"
    return Child("the thing", (sys.executable, "-c", code), {}, url=nowhere, log=log)


def test_one_that_ends_instead_of_starting_is_an_error_that_says_where_to_look(
    tmp_path: Path,
) -> None:
    log = tmp_path / "thing.log"
    with pytest.raises(LocalError, match=rf"^the thing does not start: see {log}$"):
        Started().start_all(child("print('no such port')", log))
    assert log.read_text() == "no such port\n"


def test_what_it_writes_is_for_this_user_alone(tmp_path: Path) -> None:
    log = tmp_path / "thing.log"
    log.touch(0o644)
    started = child(f"open({str(tmp_path / 'own')!r}, 'w')", log)
    started.start()
    while started.running():
        time.sleep(0.01)
    assert [path.stat().st_mode & 0o777 for path in (log, tmp_path / "own")] == [0o600, 0o600]


def test_one_that_ends_by_itself_is_missed_by_its_name() -> None:
    started = Started()
    staying, going = child("import time; time.sleep(60)"), child("")
    started.start("the one", staying)
    started.start("the other", going)
    while going.running():
        time.sleep(0.01)
    assert started.ended() == ["the other"]
    started.stop()
    assert not staying.running()


def test_one_whose_program_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    gone = Child("the thing", (str(tmp_path / "gone"),), {}, url="http://127.0.0.1:1/")
    with pytest.raises(LocalError, match=r"^the thing cannot be started: .*gone: No such file"):
        Started().start_all(gone)


def test_one_that_was_never_started_needs_no_end() -> None:
    never = child("")
    never.stop()
    assert not never.running()


def test_it_is_started_in_its_folder_with_its_environment_alone(tmp_path: Path) -> None:
    code = "import os, pathlib; print(pathlib.Path().resolve(), os.environ.get('HOME'))"
    started = Child(
        "the thing",
        (sys.executable, "-c", code),
        {},
        url="http://127.0.0.1:1/",
        log=tmp_path / "log",
        folder=tmp_path,
    )
    started.start()
    while started.running():
        time.sleep(0.01)
    assert (tmp_path / "log").read_text().split() == [str(tmp_path.resolve()), "None"]
