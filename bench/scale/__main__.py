"""`python -m bench.scale`: measure, write docs/scale.md, and fail if a goal is missed."""

import argparse
import sys

from bench.scale import whole


def main() -> str | None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="printed, nothing written")
    return whole.run(quick=parser.parse_args().quick)


if __name__ == "__main__":
    sys.exit(main())
