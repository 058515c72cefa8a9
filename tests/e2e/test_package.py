"""The archive that `make package` writes runs as it is, in a Python 3.13 that has nothing else.

Its compiled parts are for arm64: on another processor their pure-Python twins answer, and
`cryptography`, which has none, is not imported.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import jwt
import pytest

from holdings.cold_start import LATER
from local.emulator import Emulator
from local.settings import EMULATOR_PYTHON
from local.simulator import AdvancedSimulator
from local.simulator.kept import kept_certificate
from package import selection
from package.build import ROOT, fetch
from supply_chain import bills, licences
from tests.builders import make_v2_event
from tests.coinbase_keys import EC_PEM, NAME
from tests.e2e.archives import build, pins_of
from tests.e2e.runtime_api import Invoke, started

LIMIT_BYTES = 11_700_000
INPUTS = ("LICENSE", "app.py", "holdings", "docs/openapi.json", "package", "requirements.txt")
# importlib.util.MAGIC_NUMBER of CPython 3.13, and PEP 552's flags: by hash, which nobody checks.
UNCHECKED = b"\xf3\x0d\x0d\x0a\x01\x00\x00\x00"
# What each licence of the shipped distributions says in its own text.
GRANTS = re.compile(
    "Permission is hereby granted|Redistribution and use|Apache License|Mozilla Public License"
    "|PYTHON SOFTWARE FOUNDATION LICENSE"
)

ARM64 = ".cpython-313-aarch64-linux-gnu.so"
SIGN = """
import json, sys
sys.path.append(sys.argv[1])
from holdings.adapters.coinbase_advanced.credential import SigningKey, parse_credential
from holdings.adapters.coinbase_advanced.signing import token
key = SigningKey.of(parse_credential(json.loads(sys.argv[2])))
print(token(key, "GET api.coinbase.com/api/v3/brokerage/accounts", now=0, nonce="5eed"))
"""
READ = """
import json, sys
sys.path.insert(0, sys.argv[1])  # as the emulator does
from holdings.adapters import tls
from holdings.adapters.exchanges import kinds
from holdings.core.clock import Clock, Deadline
from holdings.settings import Settings
advanced = kinds(Settings.from_env(), clock=Clock(), trusted=tls.context)["coinbase_advanced"]
key = advanced.parse(json.loads(sys.argv[2]))
print(len(advanced.open(lambda anew: key).accounts(Deadline.after(60, Clock()))))
"""
CLIENTS = """
import sys
sys.path.append(sys.argv[1])
import boto3
for service in ("dynamodb", "secretsmanager", "sts"):
    print(boto3.client(service).meta.endpoint_url)
"""


def copy_of_the_checkout(folder: Path) -> Path:
    checkout = folder / "checkout"
    for name in INPUTS:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, checkout / name)
    return checkout


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_checkout_elsewhere_built_otherwise_gives_the_same_bytes(
    archive: Path, tmp_path: Path
) -> None:
    checkout = copy_of_the_checkout(tmp_path / "another path")
    for path in checkout.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    elsewhere = build(
        checkout,
        tmp_path / "out.zip",
        umask=0o077,
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        PYTHONOPTIMIZE="2",
    )
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (archive, elsewhere)}
    assert len(digests) == 1


def test_a_wheel_that_is_not_the_one_that_was_locked_is_refused(
    python313: Path, tmp_path: Path
) -> None:
    del python313
    checkout = copy_of_the_checkout(tmp_path)
    requirements = checkout / "requirements.txt"
    locked = requirements.read_text()
    requirements.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", locked))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        build(checkout, tmp_path / "out.zip")
    assert b"Hash mismatch" in refused.value.stderr
    assert not (tmp_path / "out.zip").exists()


def test_it_is_small(archive: Path) -> None:
    assert archive.stat().st_size <= LIMIT_BYTES


def test_it_holds_our_code_and_what_is_pinned_and_nothing_else(tree: Path) -> None:
    found = distributions(path=[str(tree)])
    installed = {each.name.lower().replace("_", "-"): each.version for each in found}
    assert installed == pins_of(ROOT / "requirements.txt")
    files = files_in(tree)
    assert {"app.py", "holdings/__init__.py", "docs/openapi.json"} < files.keys()
    strangers = {"pip", "setuptools", "local", "infra_pulumi", "package", "tests", "bin", ".env"}
    assert strangers & {part for name in files for part in name.split("/")} == set()
    kinds = {Path(name).suffix for name in files if ".dist-info/" not in name} - {""}
    assert kinds == {".py", ".pyc", ".so", ".json", ".gz", ".pem"}


def test_each_distribution_that_ships_has_its_licence_there_and_so_have_we(tree: Path) -> None:
    granted = {
        name.split("/")[0]
        for name, data in files_in(tree).items()
        if ".dist-info/" in name and GRANTS.search(data.decode())
    }
    assert granted == {folder.name for folder in tree.glob("*.dist-info")}
    assert (tree / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_its_bill_of_materials_is_what_is_pinned_and_the_licences_are_those_of_the_document(
    tree: Path,
) -> None:
    bill = bills.of_tree(tree, validate=False)  # which is its maker's own test
    named = {each["purl"].removeprefix("pkg:pypi/") for each in bill["components"]}
    pinned = pins_of(ROOT / "requirements.txt")
    assert named == {f"{name}@{version}" for name, version in pinned.items()}
    assert {"serialNumber", "timestamp"} & {*bill, *bill["metadata"]} == set()
    assert str(tree) not in json.dumps(bill)
    document = licences.document(archive=bill, page=bills.of_page())
    assert (ROOT / "docs/licences.md").read_text() == document, "run `make licences`"


def test_its_compiled_parts_are_for_arm64(tree: Path) -> None:
    parts = {path: path.read_bytes()[:20] for path in tree.rglob("*.so")}
    assert {path.name for path in parts} >= {"_rust.abi3.so", f"_cffi_backend{ARM64}"}
    assert all(path.name.endswith((ARM64, ".abi3.so")) for path in parts)
    # ELF's e_machine, at 18: 183 is AArch64.
    assert {int.from_bytes(head[18:20], "little") for head in parts.values()} == {183}


def test_what_ships_signs_for_coinbase_advanced_trade(python313: Path, tmp_path: Path) -> None:
    """`cryptography` has no pure-Python twin: the same files, compiled for this machine."""
    site, tree = tmp_path / "site-packages", tmp_path / "tree"
    fetch(ROOT / "requirements.txt", site, "--require-hashes")
    selection.lay_out(tree, checkout=ROOT, site_packages=site)
    done = subprocess.run(
        [
            python313,
            "-I",
            "-S",
            "-B",
            "-c",
            SIGN,
            tree,
            json.dumps({"name": NAME, "privateKey": EC_PEM}),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    header = jwt.get_unverified_header(done.stdout.strip())
    assert (header["alg"], header["kid"], header["nonce"]) == ("ES256", NAME, "5eed")


def test_in_the_emulator_the_very_archive_reads_coinbase_advanced_trade(
    tree: Path, tmp_path: Path
) -> None:
    """By the emulator's cryptography, from the simulator that its functions are told to trust."""
    emulator = Emulator(EMULATOR_PYTHON, tmp_path)
    if not emulator.python.exists():
        pytest.skip(f"no emulator environment at {emulator.python}")
    certificate = kept_certificate(tmp_path)
    with AdvancedSimulator(certificate) as simulator:
        told = {
            "CB_ADVANCED_URL": simulator.url,
            "REQUESTS_CA_BUNDLE": str(certificate.trusted),
            "DEMO_MODE": "true",  # no other setting
        }
        done = subprocess.run(
            [
                emulator.python,
                "-B",
                "-c",
                READ,
                tree,
                json.dumps(simulator.credentials.credential()),
            ],
            env=replace(emulator, told_functions=told).environment,
            cwd=tree,
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(done.stdout) == len(simulator.exchange.rows())
    theirs = pins_of(ROOT / "local" / "emulator" / "requirements.txt")["cryptography"]
    assert theirs == pins_of(ROOT / "requirements.txt")["cryptography"]


def test_no_file_tells_where_it_was_built(tree: Path) -> None:
    places = [str(place).encode() for place in (ROOT, tree.parent, sys.prefix)]
    assert [
        name for name, data in files_in(tree).items() if any(place in data for place in places)
    ] == []


def test_every_module_is_compiled_for_lambda_and_its_source_is_not_looked_at(tree: Path) -> None:
    """All but those that wait until somebody touches them, and nobody has."""
    files = files_in(tree)
    compiled = {name for name in files if name.endswith(".pyc")}
    assert {files[name][:8] for name in compiled} == {UNCHECKED}
    modules = {Path(name) for name in files if name.endswith(".py")}
    seldom = {one for one in modules if re.match(selection.SELDOM, one.as_posix())}
    modules -= seldom
    assert {one.parts[0] for one in seldom} <= {name.partition(".")[0] for name in LATER}
    assert compiled == {
        (module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc").as_posix()
        for module in modules
    }


def test_botocore_still_makes_the_clients_that_are_called(python313: Path, tree: Path) -> None:
    done = subprocess.run(
        [python313, "-I", "-S", "-B", "-c", CLIENTS, tree],
        env={"AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        f"https://{service}.eu-central-1.amazonaws.com"
        for service in ("dynamodb", "secretsmanager", "sts")
    ]


@pytest.fixture
def invoke(python313: Path, tree: Path, runtime_client: Path) -> Iterator[Invoke]:
    with started(tree, "app.handler", python=python313, client=runtime_client) as invoke:
        yield invoke


def test_the_handler_runs_from_the_archive_alone(invoke: Invoke, tree: Path) -> None:
    before = files_in(tree).keys()
    health = invoke(make_v2_event(path="/health", claims=None))
    assert (health["statusCode"], json.loads(health["body"])["status"]) == (200, "ok")
    refused = invoke(make_v2_event(path="/holdings", claims=None))
    assert (refused["statusCode"], refused["headers"]["content-type"]) == (
        401,
        "application/problem+json",
    )
    document = invoke(make_v2_event(path="/openapi.json", claims=None))
    assert "/holdings" in json.loads(document["body"])["paths"]
    # Whatever had come without bytecode would have some now.
    assert files_in(tree).keys() == before
