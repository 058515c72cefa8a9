"""`make image`: the archive's tree as a container image, in two layers: packages, our own code.

The stacks run the archive (docs/decisions/0035); the image is for those whose platform takes
nothing else. Docker or Podman builds it; what they get is laid out here, and the same each time.
"""

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from package import PackagingFailed
from package.build import ROOT

DEPENDENCIES, APP = "dependencies", "app"
_ENGINES = ("docker", "podman")

_OWN = {"LICENSE", "app.py", "docs", "holdings"}
_FIRST_DAY = 315_532_800  # 1980, as in the archive: a layer's digest has the files' dates in it


def lay_out(archive: Path, context: Path) -> None:
    """Unpack `archive` into `context`, in place of what was there: a folder for each layer."""
    if not archive.exists():
        raise PackagingFailed(f"{archive.name} is not here: run `make package`")
    shutil.rmtree(context, ignore_errors=True)
    for layer in (DEPENDENCIES, APP):
        (context / layer).mkdir(parents=True)
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            packed.extract(name, context / (APP if is_own(PurePosixPath(name)) else DEPENDENCIES))
    for path in context.rglob("*"):
        # Whoever built it, with whatever umask: it runs as somebody else.
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_FIRST_DAY, _FIRST_DAY))


def is_own(name: PurePosixPath) -> bool:
    """Whether a file of the archive is ours, or compiled from ours."""
    top = name.parts[0]
    return top in _OWN or (top == "__pycache__" and name.name.startswith("app."))


def find_engine(environ: Mapping[str, str]) -> str:
    """Docker or Podman, whichever is on PATH. Raises PackagingFailed."""
    for name in _ENGINES:
        if found := shutil.which(name, path=environ.get("PATH", "")):
            return found
    raise PackagingFailed(
        f"dist/image is laid out, but nothing here builds it: install {' or '.join(_ENGINES)}, or "
        "have `docker build --file Dockerfile dist/image` done elsewhere"
    )


def build(engine: str, context: Path, tag: str) -> None:
    """Have the image made. Raises PackagingFailed; the engine has said why by then."""
    command = [engine, "build", "--pull", "--tag", tag, "--file", str(ROOT / "Dockerfile")]
    # Docker adds an attestation by itself, and Lambda refuses an image with one.
    environ = os.environ | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    done = subprocess.run([*command, str(context)], env=environ, check=False)  # noqa: S603 - found by name
    if done.returncode:
        raise PackagingFailed(
            f"{Path(engine).name} did not build the image, as it says above: is it running, and "
            "may this machine read public.ecr.aws?"
        )


def main() -> str | None:
    parser = argparse.ArgumentParser(prog="python -m package.image", description=__doc__)
    parser.add_argument("--tag", default="holdings")
    tag: str = parser.parse_args().tag
    context = ROOT / "dist" / "image"
    try:
        lay_out(ROOT / "dist" / "holdings.zip", context)
        build(find_engine(os.environ), context, tag)
    except PackagingFailed as error:
        return f"holdings: {error}"
    print(f"image {tag}: from dist/image, which `make package` wrote")
    return None


if __name__ == "__main__":
    sys.exit(main())
