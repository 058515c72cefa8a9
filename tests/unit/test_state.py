"""What a run keeps is for its user alone, and no fault leaves half of it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from local.settings import ROOT, LocalError, environment
from local.stack import Stack, User
from local.state import open_log, prepare, read_object, write_private
from tests.builders import unmeasured_environ

UMASKS = [0o000, 0o022, 0o777]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("umask", UMASKS, indirect=True)
@pytest.mark.usefixtures("umask")
def test_whatever_the_umask_folder_state_and_logs_are_this_user_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    prepare(folder)
    write_private(folder / "stack.json", "{}")
    open_log(folder / "thing.log").close()
    assert [mode(path) for path in (folder, *sorted(folder.iterdir()))] == [0o700, 0o600, 0o600]


def test_what_was_open_before_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    (folder / "web").mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (folder / "link").symlink_to(elsewhere)
    for name in ("simulator.log", "stack.json"):
        (folder / name).write_text("old and long")
        (folder / name).chmod(0o644)
    for path in (folder, folder / "web"):
        path.chmod(0o755)
    elsewhere.chmod(0o644)
    prepare(folder)
    assert (mode(folder), mode(folder / "web")) == (0o700, 0o700)
    assert (mode(folder / "simulator.log"), mode(folder / "stack.json")) == (0o600, 0o600)
    assert mode(elsewhere) == 0o644
    prepare(folder)  # and again changes nothing


@pytest.mark.parametrize("before", [0o755, 0o600, 0o000])
def test_a_log_that_was_open_before_is_closed_and_emptied(tmp_path: Path, before: int) -> None:
    log = tmp_path / "thing.log"
    log.write_text("old")
    log.chmod(before)
    with open_log(log) as file:
        file.write(b"new")
    assert (mode(log), log.read_text()) == (0o600, "new")


@pytest.mark.parametrize("shared", [Path("/"), Path.home(), ROOT, ROOT.parent])
def test_a_folder_that_holds_more_than_our_state_is_not_closed(shared: Path) -> None:
    if mode(shared) == 0o700:
        pytest.skip("it is closed already")
    before = mode(shared)
    with pytest.raises(LocalError, match="LOCAL_STATE_DIR"):
        prepare(shared)
    assert mode(shared) == before


def test_a_folder_that_all_write_to_is_not_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(LocalError, match=r"holds more .*LOCAL_STATE_DIR"):
        prepare(tmp_path)
    assert mode(tmp_path) == 0o1777


@pytest.mark.parametrize("place", ["a file", "a file/below", "/proc/holdings"])
def test_a_place_that_can_be_no_folder_is_a_plain_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(LocalError, match=r"cannot be used: .*LOCAL_STATE_DIR"):
        prepare(tmp_path / place)
    assert (tmp_path / "a file").read_text() == "mine"


# As on a full disk: the process may write no more than a few bytes to any file.
NO_ROOM = """
import resource, sys
from dataclasses import asdict
from pathlib import Path
from local.state import prepare, write_private
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
"""


def without_room(code: str, argument: Path) -> str:
    """Return the last line of what a process without room to write says."""
    return subprocess.run(
        [sys.executable, "-c", NO_ROOM + code, str(argument)],
        cwd=ROOT,
        env=unmeasured_environ(),
        stderr=subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
    ).stderr.splitlines()[-1]


def test_a_disk_that_gets_full_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stack.json"
    path.write_text("as it was")
    said = without_room("write_private(Path(sys.argv[1]), 'x' * 5000)", path)
    assert said.endswith(f"LocalError: {path} cannot be written: File too large")
    assert path.read_text() == "as it was"
    assert [entry.name for entry in tmp_path.iterdir()] == ["stack.json"]


def test_a_full_disk_is_noticed_before_anything_is_started(tmp_path: Path) -> None:
    said = without_room("prepare(Path(sys.argv[1]))", tmp_path / "state")
    assert "state cannot be used: File too large; choose" in said


def test_a_folder_in_the_file_s_place_is_a_plain_sentence(tmp_path: Path) -> None:
    place = tmp_path / "stack.json"
    place.mkdir()
    with pytest.raises(LocalError, match=r"stack\.json cannot be written: Is a directory"):
        write_private(place, "")
    with pytest.raises(LocalError, match=r"stack\.json cannot be written: Is a directory"):
        open_log(place)
    assert list(tmp_path.iterdir()) == [place]


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    write_private(path, "as it was")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "half of it \ud800")
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


BROKEN = [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"\0" * 99, b"[" * 100_000, b"1" * 9999]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_a_plain_sentence_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(LocalError, match=r"state\.json is broken .*: delete it$"):
        read_object(path, missing="", broken="delete it")
    assert path.read_bytes() == content


NOT_TEXTS = {"users", "sample_credentials", "queues"}
TEXTS = {name: f"a {name}" for name in Stack.__slots__ if name not in NOT_TEXTS}
SAMPLES = [{"exchange": "coinbase_advanced", "credential": {"name": "n"}}]
QUEUES = {"sync-history": "http://localhost:4566/000000000000/sync-history"}
STACK = Stack(
    users=(User("a@example.com", "one"), User("b@example.com", "two")),
    sample_credentials=SAMPLES,
    queues=QUEUES,
    **TEXTS,
)
USERS = [asdict(user) for user in STACK.users]
WHOLE = {**TEXTS, "users": USERS, "sample_credentials": SAMPLES, "queues": QUEUES}


def test_what_is_written_of_a_stack_is_read_again(tmp_path: Path) -> None:
    STACK.write(tmp_path / "stack.json")
    assert Stack.read(tmp_path / "stack.json") == STACK


@pytest.mark.parametrize(
    "content",
    [
        *BROKEN,
        b"{}",
        b'{"more": "x"}',
        json.dumps(dict.fromkeys(Stack.__slots__, 1)).encode(),
        json.dumps({**WHOLE, "more": "x"}).encode(),
        json.dumps({**WHOLE, "users": USERS[:1]}).encode(),
        json.dumps({**WHOLE, "users": [USERS[0], "b"]}).encode(),
        json.dumps({**WHOLE, "users": [USERS[0], {**USERS[1], "password": 7}]}).encode(),
        json.dumps({**WHOLE, "users": [USERS[0], {**USERS[1], "more": "x"}]}).encode(),
        json.dumps({**WHOLE, "sample_credentials": [{"exchange": "x"}]}).encode(),
    ],
)
def test_a_broken_stack_file_says_how_to_go_on(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "stack.json"
    path.write_bytes(content)
    with pytest.raises(LocalError, match=r"stack\.json is broken .*: delete it, then `make run`"):
        Stack.read(path)


def test_a_stack_file_that_cannot_be_read_or_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is not here: start the stack with `make run`"):
        Stack.read(tmp_path / "stack.json")
    with pytest.raises(LocalError, match="cannot be read: Is a directory"):
        Stack.read(tmp_path)


def test_an_env_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CB_API_KEY=\xff\n")
    with pytest.raises(LocalError, match=r"\.env cannot be read"):
        environment(tmp_path / ".env")
    assert environment(tmp_path / "none") == dict(os.environ)
