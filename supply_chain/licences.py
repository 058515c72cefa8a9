"""Under which licences it ships: docs/licences.md, from the bills of materials.

Only licences that ask for no more than their text beside the code pass; each text does lie there
(package/selection.py for the archive, `build.license` of spa/vite.config.ts for the page).
"""

import re
from collections.abc import Mapping
from typing import Any

from supply_chain import SupplyChainError
from supply_chain.bills import Bill

# As SPDX names them, and as the classifiers of older packages do. Of MPL-2.0, too, nothing more is
# asked of whoever ships the files unchanged.
ACCEPTED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0"),
    *("PSF-2.0", "Apache Software License", "BSD License"),
}
_OPERATORS = re.compile(r"[()]|\b(?:AND|OR|WITH)\b")

_DOCUMENT = """# Licences of what ships

Written by `make licences` from the [bills of materials](supply-chain.md); a test holds it to the
lock files. The texts ship as well: in the archive under each package's `.dist-info`, with the page
as `/licenses.txt`. Holdings itself is under the [MIT licence](../LICENSE).

## In the archive that Lambda runs

{archive}

## In the page

{page}
"""


def document(archive: Bill, page: Bill) -> str:
    """The document. Raises SupplyChainError for a licence that nobody has accepted yet."""
    return _DOCUMENT.format(archive=_table(archive), page=_table(page))


def _table(bill: Bill) -> str:
    rows = sorted(
        (_name(component), component["version"], ", ".join(licences(component)))
        for component in bill["components"]
    )
    head = ["| package | version | licence |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _name(component: Mapping[str, Any]) -> str:
    """As the lock files have it, which the package's own metadata may write otherwise."""
    name = re.sub(r"^pkg:[a-z]+/|@[^@]+$", "", component["purl"])
    return name.replace("%40", "@")


def licences(component: Mapping[str, Any]) -> list[str]:
    """What a component says of itself: SPDX where it does, else the names of its classifiers."""
    said = component.get("licenses", [])
    precise = [
        each.get("expression") or each["license"].get("id")
        for each in said
        if "expression" in each or "id" in each["license"]
    ]
    found = precise or [each["license"]["name"].split(" :: ")[-1] for each in said]
    named = {part.strip() for each in found for part in _OPERATORS.split(each) if part.strip()}
    if not found or named - ACCEPTED:
        raise SupplyChainError(
            f"{component['name']} {component['version']} is under "
            f"{', '.join(sorted(named - ACCEPTED)) or 'no licence that it names'}: replace it, or, "
            "if what the licence asks for is done, add it to supply_chain/licences.py"
        )
    return found
