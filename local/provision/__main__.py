"""`python -m local.provision --endpoint URL`: provision, and print the outputs as JSON."""

import argparse
import json
import sys
from pathlib import Path

from local.provision import provision
from local.settings import ROOT, STACK, LocalError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.provision", description=__doc__)
    parser.add_argument("--endpoint", required=True, help="where the emulated AWS is")
    parser.add_argument("--stack", default=STACK, help="which Pulumi.<stack>.yaml (%(default)s)")
    parser.add_argument("--state-dir", type=Path, default=ROOT / ".local")
    given = parser.parse_args(arguments)
    try:
        outputs = provision(
            endpoint_url=given.endpoint, stack=given.stack, state_dir=given.state_dir
        )
    except LocalError as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    print(json.dumps(outputs, indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
