"""Building the image: by what, and what is said where that is not there."""

import zipfile
from pathlib import Path

import pytest

from package import PackagingFailed
from package.image import build, find_engine, lay_out


def engine(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_docker_is_taken_before_podman_and_podman_where_it_is_alone(tmp_path: Path) -> None:
    podman = engine(tmp_path / "podman", "")
    assert find_engine({"PATH": str(tmp_path)}) == str(podman)
    docker = engine(tmp_path / "docker", "")
    assert find_engine({"PATH": str(tmp_path)}) == str(docker)


def test_without_an_engine_it_is_told_what_to_do_with_what_is_laid_out(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match="install docker or podman"):
        find_engine({"PATH": str(tmp_path)})


def test_the_engine_gets_the_context_the_tag_and_no_attestation(tmp_path: Path) -> None:
    note = tmp_path / "note"
    docker = engine(tmp_path / "docker", f'echo "$@ $BUILDX_NO_DEFAULT_ATTESTATIONS" >"{note}"')
    build(str(docker), tmp_path / "image", "holdings:1")
    *options, dockerfile, context, attestations = note.read_text().split()
    assert options == ["build", "--pull", "--tag", "holdings:1", "--file"]
    assert (Path(dockerfile).name, context) == ("Dockerfile", str(tmp_path / "image"))
    assert attestations == "1"


def test_an_engine_that_fails_fails_the_command(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match="docker did not build the image"):
        build(str(engine(tmp_path / "docker", "exit 1")), tmp_path, "holdings")


def test_what_an_earlier_layout_left_is_gone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "holdings.zip", "w") as packed:
        for name in ("app.py", "six.py", "__pycache__/app.cpython-313.pyc", "__pycache__/six.pyc"):
            packed.writestr(name, b"")
    (tmp_path / "image/app").mkdir(parents=True)
    (tmp_path / "image/app/old.py").touch()
    lay_out(tmp_path / "holdings.zip", tmp_path / "image")
    files = (path for path in (tmp_path / "image").rglob("*") if path.is_file())
    assert sorted(path.relative_to(tmp_path / "image").as_posix() for path in files) == [
        "app/__pycache__/app.cpython-313.pyc",
        "app/app.py",
        "dependencies/__pycache__/six.pyc",
        "dependencies/six.py",
    ]


def test_without_an_archive_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match="make package"):
        lay_out(tmp_path / "holdings.zip", tmp_path / "image")
    assert not (tmp_path / "image").exists()
