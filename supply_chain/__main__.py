"""`python -m supply_chain`: the commands behind `make audit`, `make sbom` and `make licences`."""

import argparse
import sys
from datetime import UTC, datetime

from package.build import ROOT
from supply_chain import SupplyChainError, bills, licences
from supply_chain.audit import judge, read_accepted
from supply_chain.scanners import scan

DIST = ROOT / "dist"
LICENCES = ROOT / "docs" / "licences.md"


def audit(seconds: float) -> bool:
    """Print what is known; whether nothing is open and everything was asked."""
    accepted = read_accepted()
    verdict = judge(scan(seconds), accepted, datetime.now(UTC).date())
    print("\n".join(verdict.lines))
    return verdict.passed


def sbom() -> None:
    for name, bill in (
        ("holdings.cdx.json", bills.of_archive(DIST / "holdings.zip")),
        ("page.cdx.json", bills.of_page()),
    ):
        bills.write(bill, DIST / name)
        print(f"dist/{name}: {len(bill['components'])} components")


def write_licences() -> None:
    archive, page = bills.of_archive(DIST / "holdings.zip"), bills.of_page()
    LICENCES.write_text(licences.document(archive, page))


def main() -> str | int | None:
    parser = argparse.ArgumentParser(prog="python -m supply_chain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    auditing = commands.add_parser("audit", help="ask what is known to be wrong with the packages")
    auditing.add_argument("--seconds", type=float, default=300, help="how long each may take")
    auditing.add_argument("--report-only", action="store_true", help="end well whatever is found")
    commands.add_parser("sbom", help="write dist/*.cdx.json")
    commands.add_parser("licences", help="write docs/licences.md")
    asked = parser.parse_args()
    try:
        if asked.command == "audit":
            return 0 if audit(asked.seconds) or asked.report_only else 1
        sbom() if asked.command == "sbom" else write_licences()
    except SupplyChainError as error:
        return f"holdings: {error}"
    return None


sys.exit(main())
