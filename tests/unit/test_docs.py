"""What the documents promise is what the code has."""

import ast
import doctest
import re
from pathlib import Path

import pytest

from holdings.api.problem_kinds import KINDS

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"[A-Z][A-Z0-9]+(_[A-Z0-9]+)+")


def variables_in(path: Path) -> set[str]:
    """Every text in a module that looks like the name of an environment variable."""
    found = (
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    )
    return {text for text in found if isinstance(text, str) and VARIABLE.fullmatch(text)}


@pytest.mark.parametrize("module", ["holdings/settings.py", "local/settings.py"])
def test_every_setting_is_documented(module: str) -> None:
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs/settings.md").read_text()))
    internal = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_FUNCTION_NAME"}
    assert variables_in(ROOT / module) - documented - internal == set()


def test_every_event_of_the_log_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/observability.md").read_text()
    table = page.partition("The other events:")[2].partition("## ")[0]
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", table, re.MULTILINE)
    documented = {event for row in rows for event in re.findall(r"`(\w+)`", row)}
    source = "".join(path.read_text() for path in (ROOT / "holdings").rglob("*.py"))
    logged = set(re.findall(r'"event": "(\w+)"', source))
    for choice in re.findall(r'^ +event = (".+)', source, re.MULTILINE):
        logged |= set(re.findall(r'"(\w+)"', choice))
    assert documented == logged - {"request"}


def test_the_cost_page_counts_the_outcomes_that_there_can_be() -> None:
    cached, others = ("HIT", "MISS", "STALE", "REFRESH"), ("OK", "upstream_ms")
    most = len((*cached, *others, *KINDS))
    assert f"at most {most} metrics" in (ROOT / "docs/cost.md").read_text()


def test_every_code_of_the_api_has_its_remedy_in_the_troubleshooting_page() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text()
    assert [code for code in KINDS if f"`{code}`" not in page] == []


def test_the_month_s_costs_are_what_the_page_s_own_formula_gives() -> None:
    page = ROOT / "docs/cost.md"
    assert doctest.testfile(str(page), module_relative=False) == (0, 9)
    table = re.findall(r"^\| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \|$", page.read_text(), re.MULTILINE)
    printed = re.findall(r"^ *([\d,]+) +([\d.]+) +([\d.]+)$", page.read_text(), re.MULTILINE)
    assert len(table) == 6
    assert table == printed


def test_every_decision_is_listed_and_every_listed_one_is_there() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\((\d{4}-[^)]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_link_within_the_project_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_environment_is_read_in_one_place() -> None:
    texts = {path.name: path.read_text() for path in (ROOT / "holdings").rglob("*.py")}
    readers = {name for name, text in texts.items() if re.search(r"os\.environ|getenv", text)}
    # The second asks whether it runs in Lambda, before there is anything that could tell it.
    assert readers == {"settings.py", "cold_start.py"}
