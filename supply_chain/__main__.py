"""`python -m supply_chain`: the commands behind `make sbom` and `make licences`."""

import argparse
import sys

from package.build import ROOT
from supply_chain import SupplyChainError, bills, licences

DIST = ROOT / "dist"
LICENCES = ROOT / "docs" / "licences.md"


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


COMMANDS = {"sbom": sbom, "licences": write_licences}


def main() -> str | None:
    parser = argparse.ArgumentParser(prog="python -m supply_chain", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    try:
        COMMANDS[parser.parse_args().command]()
    except SupplyChainError as error:
        return f"holdings: {error}"
    return None


sys.exit(main())
