"""The bills of materials in CycloneDX: of the archive by cyclonedx-py, of the page by its lock.

Each is of what ships and nothing else, and the same inputs give the same bytes.
"""

import json
import subprocess
import sys
import tempfile
import venv
import zipfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from package.build import ROOT
from supply_chain import SupplyChainError

PAGE_LOCK = ROOT / "spa" / "package-lock.json"

# A CycloneDX document in JSON, as its schema 1.6 has it.
Bill = Mapping[str, Any]


def of_archive(archive: Path) -> Bill:
    """What `make package` wrote. Raises SupplyChainError where it did not."""
    if not archive.exists():
        raise SupplyChainError(f"{archive.name} is not here: run `make package`")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
        return of_tree(Path(folder))


def of_tree(tree: Path, *, validate: bool = True) -> Bill:
    """The distributions of an unpacked archive; `validate` against the schema takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        # An interpreter that sees the tree and nothing else, though it is built for another one.
        venv.create(folder)
        (site,) = Path(folder).glob("lib/python3*/site-packages")
        (site / "tree.pth").write_text(f"{tree.absolute()}\n")
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
        command += ["--pyproject", "pyproject.toml"]
        command += ["--validate" if validate else "--no-validate", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our tool, pinned
    if done.returncode:
        raise SupplyChainError(f"cyclonedx-py failed:\n{done.stderr.strip()}")
    return json.loads(done.stdout)


def of_page(lock: Path = PAGE_LOCK) -> Bill:
    """What is bundled into the page, by its lock file.

    Not by `npm sbom`: what is also a peer of a tool, as Preact is, it leaves out (npm 11.19).
    """
    packages = json.loads(lock.read_text())["packages"]
    page = packages.pop("")
    components = [_component(at, entry) for at, entry in packages.items() if ships(entry)]
    root = {"bom-ref": "page", "type": "application"}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root | {key: page[key] for key in ("name", "version")}},
        "components": components,
    }


def ships(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of a package-lock.json is there for more than the tools."""
    return not (entry.get("dev") or entry.get("devOptional"))


def _component(at: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of an entry and its folder, such as node_modules/@scope/name."""
    name, version, said = at.rpartition("node_modules/")[2], entry["version"], entry["license"]
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    algorithm, _, digest = entry["integrity"].partition("-")
    return {
        "bom-ref": purl,
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": f"SHA-{algorithm[3:]}", "content": b64decode(digest).hex()}],
        "licenses": [{"expression": said} if " " in said else {"license": {"id": said}}],
    }


def write(bill: Bill, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n")
