"""`make rights`: write docs/deployer-policy.json and docs/rights.md.

With an account's number, the deployer's policies are written into dist too, ready for
`aws iam create-policy`.
"""

import argparse
import json
import re
import sys

from local.rights.document import document
from local.rights.needs import needs
from local.rights.policies import ACCOUNT, policies
from local.rights.roles import declared
from local.settings import ROOT, LocalError

POLICY, TABLES = ROOT / "docs" / "deployer-policy.json", ROOT / "docs" / "rights.md"


def texts() -> tuple[str, str]:
    """Return what is in the two files."""
    made = policies(needs())
    return json.dumps(made, indent=2) + "\n", document(declared(), made)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.rights", description=__doc__)
    parser.add_argument("--account", default="", help="the 12 digits of an AWS account")
    account = parser.parse_args(arguments).account
    if account and not re.fullmatch(r"[0-9]{12}", account):
        print(f"rights: ACCOUNT={account} is not an account's 12 digits", file=sys.stderr)
        return 1
    try:
        policy, tables = texts()
    except LocalError as error:
        print(f"rights: {error}", file=sys.stderr)
        return 1
    POLICY.write_text(policy)
    TABLES.write_text(tables)
    if account:
        _write_for(account, policy)
    return 0


def _write_for(account: str, policy: str) -> None:
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    for name, document_ in json.loads(policy.replace(ACCOUNT, account)).items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(document_, indent=2) + "\n")
        print(
            f"aws iam create-policy --policy-name {name} --policy-document file://{path.relative_to(ROOT)}"
        )


if __name__ == "__main__":
    sys.exit(main())
