"""`python -m package`: build the archive and say what it is."""

import argparse
import sys
from pathlib import Path

from package import PackagingFailed
from package.build import ROOT, build


def main() -> str | None:
    parser = argparse.ArgumentParser(prog="python -m package", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "holdings.zip")
    output: Path = parser.parse_args().output.absolute()
    try:
        archive = build(output)
    except PackagingFailed as error:
        return f"holdings: {error}"
    shown = output.relative_to(ROOT) if output.is_relative_to(ROOT) else output
    print(f"{shown}: {archive.size / 1e6:.2f} MB ({archive.size} bytes), {archive.files} files")
    print(f"sha256 {archive.sha256}")
    return None


sys.exit(main())
