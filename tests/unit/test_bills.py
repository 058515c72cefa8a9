"""The page's bill of materials, and which licences ship; tests/e2e has the archive's bill."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion

from supply_chain import SupplyChainError
from supply_chain.bills import Bill, of_archive, of_page
from supply_chain.licences import document, licences

ROOT = Path(__file__).parents[2]
# What each is in the lock file, of which the bill has to say neither more nor less.
SHIPPED = {"jwt-decode", "oidc-client-ts", "preact"}
EMPTY: Bill = {"components": []}


def test_the_page_s_bill_is_what_the_schema_of_cyclonedx_wants() -> None:
    bill = json.dumps(of_page())
    # A grammar of addresses comes with it, which takes seconds to be made.
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_the_page_s_bill_has_what_package_json_names_and_what_that_needs() -> None:
    package = json.loads((ROOT / "spa/package.json").read_text())
    versions = {each["name"]: each["version"] for each in of_page()["components"]}
    assert versions.keys() == SHIPPED
    assert versions.items() >= package["dependencies"].items()


def test_a_scoped_package_under_two_licences_is_told_with_its_hash(tmp_path: Path) -> None:
    tool = {"version": "2.0.0", "integrity": "sha512-AA==", "license": "MIT", "dev": True}
    lock = {
        "": {"name": "page", "version": "0.1.0"},
        "node_modules/@scope/one": {
            "version": "1.0.0",
            "integrity": "sha512-AAEC",
            "license": "MIT OR Apache-2.0",
        },
        "node_modules/tool": tool,
    }
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": lock}))
    bill = of_page(tmp_path / "package-lock.json")
    purl = "pkg:npm/%40scope/one@1.0.0"
    assert bill["components"] == [
        {
            "bom-ref": purl,
            "type": "library",
            "name": "@scope/one",
            "version": "1.0.0",
            "purl": purl,
            "hashes": [{"alg": "SHA-512", "content": "000102"}],
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }
    ]
    row = "| @scope/one | 1.0.0 | MIT OR Apache-2.0 |"
    assert row in document(archive=EMPTY, page=bill)


def component(*said: Any) -> dict[str, Any]:
    return {"name": "one", "version": "1.0", "purl": "pkg:pypi/one@1.0", "licenses": list(said)}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ([{"license": {"id": "MIT"}}, {"license": {"name": "X :: MIT License"}}], ["MIT"]),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], ["BSD License"]),
        ([{"expression": "(MIT AND PSF-2.0) OR ISC"}], ["(MIT AND PSF-2.0) OR ISC"]),
    ],
)
def test_a_licence_is_read_as_precisely_as_it_is_said(said: list[Any], read: list[str]) -> None:
    assert licences(component(*said)) == read


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ([], "no licence that it names"),
        ([{"license": {"id": "AGPL-3.0-only"}}], "AGPL-3.0-only"),
        ([{"expression": "MIT AND GPL-2.0-only"}], "GPL-2.0-only"),
        ([{"license": {"name": "Ask the author"}}], "Ask the author"),
    ],
)
def test_a_licence_that_nobody_has_accepted_stops_the_list(said: list[Any], named: str) -> None:
    with pytest.raises(SupplyChainError, match=f"one 1.0 is under {named}: replace it"):
        document(archive={"components": [component(*said)]}, page=EMPTY)


def test_without_an_archive_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(SupplyChainError, match="make package"):
        of_archive(tmp_path / "holdings.zip")
