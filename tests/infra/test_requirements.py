"""What `pulumi install` and a first `pulumi up` make of a fresh clone."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml

from tests.infra.capture import ROOT

LOCK = re.compile(r"^([a-z0-9-]+)==(\S+) .*\\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M)


def locked(file: Path) -> dict[str, str]:
    """The versions of a lock file, each with its hashes."""
    return {name: version for name, version, _ in LOCK.findall(file.read_text())}


def program_folder() -> Path:
    """Where Pulumi's pip toolchain runs `pip install -r requirements.txt`.

    The language host hands it the program's folder; `virtualenv` is of Pulumi.yaml's own.
    https://github.com/pulumi/pulumi/blob/master/sdk/python/toolchain/pip.go
    """
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    options = project["runtime"]["options"]
    assert options == {"toolchain": "pip", "virtualenv": ".venv"}
    return ROOT / project["main"]


def imported(folder: Path) -> set[str]:
    """The names of distributions that a program imports."""
    modules: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module)
    tops = {module.partition(".")[0] for module in modules}
    foreign = tops - sys.stdlib_module_names - {folder.name}
    return {packages_distributions()[top][0].lower().replace("_", "-") for top in foreign}


def test_pulumi_installs_all_that_the_program_imports() -> None:
    pinned = locked(program_folder() / "requirements.txt")
    assert {"marshmallow", "pulumi", "pulumi-aws"} <= imported(program_folder()) <= pinned.keys()


def test_it_installs_what_the_developers_have_with_hashes_and_from_no_named_place() -> None:
    file = program_folder() / "requirements.txt"
    pinned = locked(file)
    assert pinned.items() <= locked(ROOT / "requirements-dev.txt").items()
    # pip takes hashes for all or for none, and every line is of a requirement or a comment.
    lines = [line for line in file.read_text().splitlines() if not line.startswith(" ")]
    assert [line.partition("==")[0] for line in lines] == sorted(pinned)
