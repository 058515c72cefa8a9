"""The lock files say exactly what is installed, from wherever it comes."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SHIPS = ROOT / "requirements.txt"
DEV = ROOT / "requirements-dev.txt"
EMULATOR = ROOT / "local/emulator/requirements.txt"
INFRA = ROOT / "infra_pulumi/requirements.txt"
LOCKS = (SHIPS, DEV, INFRA, EMULATOR)
PIN = re.compile(r"^([a-z0-9-]+)(\[[a-z0-9, _-]+\])?==([^\s;]+)( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
NAME = re.compile(r"^[A-Za-z0-9-]+")

PAGE = json.loads((ROOT / "spa/package-lock.json").read_text())["packages"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: Path) -> dict[str, str]:
    lines = map(PIN.match, lock.read_text().splitlines())
    return {found[1]: found[3] for found in lines if found}


def named(requirements: list[Any]) -> set[str]:
    texts = [each for each in requirements if isinstance(each, str)]  # and no other group
    return {found[0] for each in texts if (found := NAME.match(each))}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_line_is_a_pin_a_hash_or_a_comment_and_no_pin_is_without_hashes(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if not (PIN.match(line) or HASH.match(line))] == []
    followed = pairwise([*lines, ""])
    assert [pin for pin, after in followed if PIN.match(pin) and not HASH.match(after)] == []


def test_what_is_tested_is_what_ships() -> None:
    ships, tested = pins(SHIPS), pins(DEV)
    assert {name: tested.get(name) for name in ships} == ships


def test_what_pyproject_names_is_locked() -> None:
    groups = PROJECT["dependency-groups"]
    assert named(PROJECT["project"]["dependencies"]) - pins(SHIPS).keys() == set()
    assert named(groups["dev"]) - pins(DEV).keys() == set()
    assert named(groups["infra"]) - pins(INFRA).keys() == set()
    assert named(groups["emulator"]) - pins(EMULATOR).keys() == set()


def test_of_the_page_every_package_has_its_hash_and_none_an_address() -> None:
    packages: dict[str, dict[str, Any]] = {at: each for at, each in PAGE.items() if at}
    assert packages
    without = [at for at, each in packages.items() if not each.get("integrity")]
    assert without == []
    assert [at for at, each in packages.items() if "resolved" in each] == []


def test_what_the_page_names_is_locked_as_it_says() -> None:
    package = json.loads((ROOT / "spa/package.json").read_text())
    exact = package["dependencies"] | package["devDependencies"]
    assert {name: PAGE[f"node_modules/{name}"]["version"] for name in exact} == exact


def wheel(folder: Path, name: str, version: str) -> None:
    told = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as packed:
        packed.writestr(
            f"{told}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        packed.writestr(
            f"{told}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{told}/RECORD", "")


def test_a_lock_moves_when_it_is_told_to_and_not_before(tmp_path: Path) -> None:
    """scripts/lock, on a project whose packages lie in a folder; npm is a stand-in that notes."""
    wheels, checkout = tmp_path / "wheels", tmp_path / "checkout"
    for folder in (
        *(wheels, checkout / "scripts", checkout / "spa"),
        *(checkout / "local/emulator", checkout / "infra_pulumi"),
    ):
        folder.mkdir(parents=True)
    (checkout / ".venv").symlink_to(sys.prefix)
    shutil.copy(ROOT / "scripts/lock", checkout / "scripts")
    stand_in = '#!/bin/sh\necho "$@" >>npm.log\n'
    for script, says in (("npm", stand_in), ("node-bin", "#!/bin/sh\necho scripts\n")):
        (checkout / "scripts" / script).write_text(says)
        (checkout / "scripts" / script).chmod(0o755)
    (checkout / "scripts/node").write_text("#!/bin/sh\necho left@^1.0.0\n")
    (checkout / "scripts/node").chmod(0o755)
    (checkout / "pyproject.toml").write_text(
        "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['one']\n"
        "[dependency-groups]\ndev = ['two']\ninfra = ['two']\nemulator = ['one']\n"
        f"[tool.uv]\nno-index = true\nfind-links = ['{wheels}']\n"
    )

    def lock(*options: str) -> list[dict[str, str]]:
        subprocess.run(
            [checkout / "scripts/lock", *options],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "UV_NO_CACHE": "1",
            },
            check=True,
        )
        paths = ("requirements.txt", "requirements-dev.txt", "local/emulator/requirements.txt")
        return [pins(checkout / path) for path in paths]

    old, new = {"one": "1.0", "two": "1.0"}, {"one": "2.0", "two": "2.0"}
    for name in old:
        wheel(wheels, name, "1.0")
    assert lock() == [{"one": "1.0"}, old, {"one": "1.0"}]
    for name in new:
        wheel(wheels, name, "2.0")
    assert lock() == [{"one": "1.0"}, old, {"one": "1.0"}]
    one_moved = [{"one": "1.0"}, {"one": "1.0", "two": "2.0"}, {"one": "1.0"}]
    assert lock("--upgrade-package", "two") == one_moved
    assert lock("--upgrade") == [{"one": "2.0"}, new, {"one": "2.0"}]
    told = (checkout / "npm.log").read_text().splitlines()
    commands = [line.split(" --package-lock-only")[0] for line in told]
    assert commands == [*["install"] * 3, "install --save-exact left@^1.0.0", "update"]


# What Dependabot looks for in a folder, by the name of the ecosystem.
MANIFESTS = {
    "pip": "requirements*.txt",
    "npm": "package-lock.json",
    "github-actions": ".github/workflows/*.yml",
}


def test_dependabot_looks_after_every_lock_file_once_a_week_and_in_groups() -> None:
    config = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())
    assert config.keys() == {"version", "updates"}
    assert config["version"] == 2
    keys = {"package-ecosystem", "directories", "schedule", "groups"}
    found: list[Path] = []
    for update in config["updates"]:
        assert update.keys() == keys
        assert update["schedule"] == {"interval": "weekly"}
        assert [group["patterns"] for group in update["groups"].values()] == [["*"]]
        for directory in update["directories"]:
            looked_for = MANIFESTS[update["package-ecosystem"]]
            manifests = list((ROOT / directory.removeprefix("/")).glob(looked_for))
            assert manifests, f"{update['package-ecosystem']} finds nothing in {directory}"
            found += manifests
    assert set(LOCKS) | {ROOT / "spa/package-lock.json"} <= set(found)


def test_an_action_is_named_by_its_commit_and_may_only_read() -> None:
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        used = [step["uses"] for step in steps if "uses" in step]
        assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []
