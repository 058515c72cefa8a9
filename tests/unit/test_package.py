"""The rules of the package: what ships, which Python compiles, and bytes that do not vary."""

import io
import os
import random
import stat
import subprocess
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from package import NoInterpreter, PackagingFailed, selection
from package.build import fetch, find_python, zipped

ROOT = Path(__file__).parents[2]

names = st.from_regex(r"[a-z_]{1,8}(/[a-z_]{1,8}){0,2}\.(py|json)", fullmatch=True)
contents = st.dictionaries(names, st.binary(max_size=300), max_size=8)


@given(files=contents, order=st.randoms(use_true_random=False))
def test_the_same_files_in_any_order_give_the_same_zip(
    files: dict[str, bytes], order: random.Random
) -> None:
    shuffled = list(files.items())
    order.shuffle(shuffled)
    assert zipped(dict(shuffled)) == zipped(files)


@given(files=contents)
def test_any_unzip_reads_back_what_was_zipped(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_an_entry_tells_nothing_of_the_machine_that_packed_it() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"b.py": b"x" * 99, "a.py": b""}))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a.py", "b.py"]
    assert {
        (entry.date_time, entry.external_attr, entry.create_system, entry.extra)
        for entry in entries
    } == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, b"")}


@pytest.mark.parametrize(
    "name",
    [
        "six.py",
        "botocore/docs/client.py",  # botocore.client imports it
        "flask/testing.py",  # test_request_context does
        "jinja2/tests.py",
        "markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so",
        "cryptography/hazmat/bindings/_rust.abi3.so",
        "_cffi_backend.cpython-313-aarch64-linux-gnu.so",
        "cffi-2.1.1.dist-info/METADATA",
        "certifi/cacert.pem",
        "flask-3.1.3.dist-info/METADATA",
        "flask-3.1.3.dist-info/licenses/LICENSE.txt",
        "marshmallow-4.4.0.dist-info/licenses/AUTHORS.rst",
        "x-1.0.dist-info/licenses/vendored/Apache-2.0",
        "six-1.17.0.dist-info/LICENSE",
        "s3transfer-0.19.3.dist-info/NOTICE.txt",
        "botocore/data/endpoints.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "botocore/data/dynamodb/2012-08-10/endpoint-rule-set-1.json.gz",
        "botocore/data/secretsmanager/2017-10-17/service-2.sdk-extras.json",
    ],
)
def test_what_runs_ships(name: str) -> None:
    assert selection.ships(PurePosixPath(name))


@pytest.mark.parametrize(
    "name",
    [
        "bin/flask",
        "cffi/api.py",
        "pycparser/c_parser.py",
        "certifi/tests/test_certify.py",
        "click/__pycache__/core.cpython-313.pyc",
        "flask/py.typed",
        "markupsafe/_speedups.pyi",
        "markupsafe/_speedups.c",
        "werkzeug/debug/shared/debugger.js",
        "boto3/data/ec2/2016-11-15/resources-1.json",
        "boto3/examples/s3.rst",
        "botocore/cacert.pem",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/dynamodb/2011-12-05/endpoint-rule-set-1.json.gz",
        "botocore/data/dynamodb/2012-08-10/examples-1.json",
        "botocore/data/dynamodb/2012-08-10/paginators-1.json",
        "flask-3.1.3.dist-info/RECORD",
        "flask-3.1.3.dist-info/entry_points.txt",
    ],
)
def test_what_does_not_run_stays_out(name: str) -> None:
    assert not selection.ships(PurePosixPath(name))


def test_metadata_keeps_name_and_version_and_loses_the_readme() -> None:
    metadata = "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.3\n\n# Flask\n\nA web framework.\n"
    assert selection.headers(metadata) == "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.3\n"


def test_the_tree_is_the_app_beside_what_it_needs(tmp_path: Path) -> None:
    checkout, site, tree = tmp_path / "checkout", tmp_path / "site", tmp_path / "tree"
    own = ("LICENSE", "app.py", "holdings/core/money.py", "docs/openapi.json")
    for name in (*own, "tests/x.py", ".env"):
        write(checkout / name)
    for name in ("METADATA", "RECORD", "LICENSE"):
        write(site / "six-1.0.dist-info" / name)
    for name in ("six.py", "bin/flask"):
        write(site / name)
    selection.lay_out(tree, checkout=checkout, site_packages=site)
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()) == [
        "LICENSE",
        "app.py",
        "docs/openapi.json",
        "holdings/core/money.py",
        "six-1.0.dist-info/LICENSE",
        "six-1.0.dist-info/METADATA",
        "six.py",
    ]


def test_a_licence_that_a_wheel_lacks_is_added_from_ours(tmp_path: Path) -> None:
    tree = lay_out_without_license(tmp_path, "Flask-Cors")
    text = tree / "x-1.0.dist-info" / "licenses" / "LICENSE"
    assert text.read_text() == (ROOT / "package" / "licenses" / "flask-cors.txt").read_text()


def test_what_has_no_licence_text_anywhere_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"package/licenses/stranger\.txt"):
        lay_out_without_license(tmp_path, "Stranger")


def lay_out_without_license(tmp_path: Path, name: str) -> Path:
    checkout, site, tree = tmp_path / "checkout", tmp_path / "site", tmp_path / "tree"
    for path in ("LICENSE", "app.py", "docs/openapi.json"):
        write(checkout / path)
    metadata = site / "x-1.0.dist-info" / "METADATA"
    write(metadata)
    metadata.write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n\n")
    selection.lay_out(tree, checkout=checkout, site_packages=site)
    return tree


def test_without_its_description_the_api_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match="make openapi"):
        selection.lay_out(tmp_path / "tree", checkout=tmp_path, site_packages=tmp_path / "site")


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("six", "=="),
        ("six>=1", "=="),
        ("six==1.*", "=="),
        ("six==1.17.0", "hash"),
        ("-e .", "hash"),
    ],
)
def test_what_is_not_pinned_with_its_hash_is_refused(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    with pytest.raises(PackagingFailed, match=said):
        fetch(tmp_path / "requirements.txt", tmp_path / "site", "--require-hashes", "--offline")


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def version_of(python: Path) -> str:
    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    return subprocess.check_output([python, "-I", "-c", code], text=True).strip()


def found_elsewhere() -> Path:
    """Any Python 3.13 of this machine."""
    try:
        return find_python(dict(os.environ))
    except NoInterpreter:
        pytest.skip("no Python 3.13 is here")


def test_a_shim_of_pyenv_that_leads_to_nothing_hides_no_version_of_pyenv(tmp_path: Path) -> None:
    real = found_elsewhere()
    executable(tmp_path / "shims" / "python3.13", "echo 'command not found' >&2; exit 127")
    executable(tmp_path / "versions" / "3.13.9" / "bin" / "python3.13", f'exec "{real}" "$@"')
    environ = {
        "PYENV_ROOT": str(tmp_path),
        "PATH": f"{tmp_path}/shims:/usr/bin:/bin",
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"),
    }
    assert version_of(find_python(environ)) == "cpython 3 13"


def test_without_python_3_13_the_way_to_one_is_told(tmp_path: Path) -> None:
    environ = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"),
    }
    with pytest.raises(NoInterpreter, match=r"uv python install 3\.13"):
        find_python(environ)
