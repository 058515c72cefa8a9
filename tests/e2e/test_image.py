"""The image, as far as a machine without an engine goes: the Dockerfile's steps in a plain root."""

import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from package.build import PYTHON_VERSION, ROOT
from package.image import APP, DEPENDENCIES, lay_out
from tests.builders import make_v2_event
from tests.e2e.runtime_api import started

TASK_ROOT = "/var/task"  # LAMBDA_TASK_ROOT of AWS's base images


@dataclass
class Image:
    """What the steps of a Dockerfile come to. `layers` are the folders that each step copied."""

    root: Path
    base: str = ""
    platform: str = ""
    layers: list[str] = field(default_factory=list[str])
    user: str = "0"
    command: list[str] = field(default_factory=list[str])

    def run(self, dockerfile: str, context: Path) -> None:
        lines = dockerfile.splitlines()
        for step in [line for line in lines if line and not line.startswith("#")]:
            match step.split(maxsplit=1):
                case ["FROM", rest]:
                    option, self.base = rest.split()
                    self.platform = option.removeprefix("--platform=")
                case ["COPY", rest]:
                    folder, target = rest.replace("${LAMBDA_TASK_ROOT}", TASK_ROOT).split()
                    to = self.root / target.removeprefix("/")
                    shutil.copytree(context / folder, to, dirs_exist_ok=True)
                    self.layers.append(folder.removesuffix("/"))
                case ["USER", rest]:
                    self.user = rest
                case ["CMD", rest]:
                    self.command = json.loads(rest)
                case _:
                    pytest.fail(f"a step that is not tried here: {step}")


@pytest.fixture(scope="session")
def image(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    folder = tmp_path_factory.mktemp("image")
    lay_out(archive, folder / "context")
    image = Image(folder / "root")
    image.run((ROOT / "Dockerfile").read_text(), folder / "context")
    return image


def contents(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Name -> hash, mode and date of every file: what a layer's digest is made of."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
            int(path.stat().st_mtime),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_its_root_is_the_archive_s_tree_and_readable_by_whoever_runs_it(
    image: Image, tree: Path
) -> None:
    there, packed = contents(image.root / TASK_ROOT[1:]), contents(tree)
    assert {name: each[0] for name, each in there.items()} == {
        name: each[0] for name, each in packed.items()
    }
    assert {each[1:] for each in there.values()} == {(0o100644, 315_532_800)}
    folders = (path for path in image.root.rglob("*") if path.is_dir())
    assert {path.stat().st_mode for path in folders} - {0o40755} == set()


def test_it_is_for_lambda_s_python_on_arm64_and_nobody_s_root(image: Image) -> None:
    assert image.base.rpartition("/")[2] == f"python:{PYTHON_VERSION}"
    assert image.platform == "linux/arm64"
    assert image.user == "65534:65534"


def test_new_code_of_ours_leaves_the_packages_layer_as_it_was(
    image: Image, archive: Path, tmp_path: Path
) -> None:
    assert image.layers == [DEPENDENCIES, APP]
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            ours = name == "app.py" or name.startswith("holdings/")
            new.writestr(name, old.read(name) + b"\n" if ours else old.read(name))
    before, after = tmp_path / "before", tmp_path / "after"
    lay_out(archive, before)
    lay_out(changed, after)
    assert contents(after / DEPENDENCIES) == contents(before / DEPENDENCIES)
    assert contents(after / APP).keys() == contents(before / APP).keys()
    own = contents(before / APP).keys() - {"LICENSE", "docs/openapi.json"}
    compiled = "__pycache__/app.cpython-313.pyc"
    assert {"app.py", compiled} < own
    assert all(name in {"app.py", compiled} or name.startswith("holdings/") for name in own)


def test_its_command_answers_under_lambda_s_runtime_client(
    image: Image, python313: Path, runtime_client: Path
) -> None:
    (handler,) = image.command
    root = image.root / TASK_ROOT[1:]
    with started(root, handler, python=python313, client=runtime_client) as invoke:
        health = invoke(make_v2_event(path="/health", claims=None))
    assert (health["statusCode"], json.loads(health["body"])["status"]) == (200, "ok")
