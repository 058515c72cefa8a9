"""What imports what: the floors of the house, and what an import brings with it."""

import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

OURS = (
    *("holdings", "infra_pulumi", "local", "operations", "package", "supply_chain"),
    *("bench", "chaos"),
)

# Nothing in the first imports anything in the second, through however many others.
FLOORS = [
    ("holdings.core", ("holdings.api", "holdings.adapters", "holdings.settings", "holdings.logs")),
    ("holdings.core", ("flask", "werkzeug", "boto3", "botocore", "requests", "marshmallow")),
    ("holdings.adapters", ("holdings.api", "flask", "werkzeug", "marshmallow")),
    ("holdings.api", ("holdings.adapters.coinbase_exchange", "boto3", "requests")),
    ("holdings", ("infra_pulumi", "local", "operations", "package", "bench", "chaos")),
    ("infra_pulumi", ("holdings", "local", "operations", "package", "bench", "chaos")),
    ("package", ("holdings", "infra_pulumi", "local", "operations", "bench", "chaos")),
    ("operations", ("local", "bench", "chaos")),
    ("local", ("bench", "chaos")),
    ("supply_chain", ("holdings", "infra_pulumi", "local", "operations", "bench", "chaos")),
    ("bench", ("chaos",)),
]


@cache
def imports() -> grimp.ImportGraph:
    """Every import of our code, inside functions too; those for type checkers are none."""
    return grimp.build_graph(
        *OURS, include_external_packages=True, exclude_type_checking_imports=True
    )


def members(package: str) -> set[str]:
    return {m for m in imports().modules if m == package or m.startswith(f"{package}.")}


def test_no_import_goes_in_a_circle() -> None:
    graph = imports()
    try:
        TopologicalSorter(
            {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
        ).prepare()
    except CycleError as circle:
        pytest.fail(" imports ".join(reversed(circle.args[1])))


@pytest.mark.parametrize(("above", "below"), FLOORS, ids=str)
def test_no_import_goes_against_the_floors(above: str, below: tuple[str, ...]) -> None:
    graph = imports()
    assert members(above)
    against = [
        " imports ".join(chain)
        for importer in sorted(members(above))
        for package in below
        for imported in sorted(members(package))
        if (chain := graph.find_shortest_chain(importer, imported))
        and not any(link == "holdings" for link in chain)  # create_app itself joins the floors
    ]
    assert against == []


PROGRAM = """
import gc, sys
import {module}
print(gc.get_freeze_count(), gc.isenabled(), "flask" in sys.modules, "boto3" in sys.modules)
"""


@pytest.mark.parametrize("module", ["holdings", "holdings.core.money", "holdings.core.portfolio"])
def test_a_rule_of_the_core_loads_no_framework_and_leaves_the_collector_alone(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "True", "False", "False"]
