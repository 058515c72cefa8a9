"""What the scanners say, in one shape, and what `make audit` makes of it."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from supply_chain import SupplyChainError
from supply_chain.audit import Accepted, judge, read_accepted
from supply_chain.bills import PAGE_LOCK
from supply_chain.scanners import Advisory, Report, ask, of_npm, of_pip_audit

LOCK = PAGE_LOCK.parents[1] / "requirements.txt"
TODAY = date(2026, 11, 27)
FLASK = Advisory("flask", "3.1.3", ("PYSEC-2026-1", "CVE-2026-1"), ships=True, remedy="fixed in 4")
RUFF = Advisory("ruff", "0.1.0", ("GHSA-ruff",), ships=False, remedy="fixed in no version yet")
ACCEPTED = Accepted("CVE-2026-1", "flask", "We call nothing of it.", TODAY)


def pip_audit(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": dependencies, "fixes": []}


def test_what_pip_audit_found_is_told_with_all_its_names_and_whether_it_ships() -> None:
    output = pip_audit(
        {
            "name": "flask",
            "version": "3.1.3",
            "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["4"], "aliases": ["CVE-2026-1"]}],
        },
        {
            "name": "ruff",
            "version": "0.1.0",
            "vulns": [{"id": "GHSA-ruff", "fix_versions": [], "aliases": []}],
        },
        {"name": "six", "version": "1.17.0", "vulns": []},
    )
    shipped = frozenset({("flask", "3.1.3"), ("six", "1.17.0")})
    assert of_pip_audit(output, shipped=shipped) == ([FLASK, RUFF], "")


def test_packages_that_pip_audit_passed_over_are_no_clean_result() -> None:
    skipped = {"name": "flask", "skip_reason": "Dependency not found on PyPI"}
    output = pip_audit(skipped, {"name": "six", "version": "1.17.0", "vulns": []})
    assert of_pip_audit(output, shipped=frozenset()) == (
        [],
        "1 of 2 packages: Dependency not found on PyPI",
    )


def test_what_npm_found_is_told_once_for_the_package_that_it_concerns() -> None:
    via = {
        "name": "preact",
        "url": "https://example.com/advisories/GHSA-preact",
        "range": "<10.30.0",
        "severity": "high",
    }
    output = {
        "auditReportVersion": 2,
        "vulnerabilities": {
            "preact": {"via": [via], "nodes": ["node_modules/preact"]},
            "testing": {"via": ["preact"], "nodes": ["node_modules/testing"]},
            "tool": {"via": [via | {"name": "tool"}], "nodes": ["node_modules/tool"]},
        },
    }
    entries = {
        "node_modules/preact": {"version": "10.29.8"},
        "node_modules/testing": {"version": "3.2.4", "dev": True},
        "node_modules/tool": {"version": "1.0.0", "dev": True},
    }
    ids, remedy = ("GHSA-preact",), "concerns <10.30.0"
    assert of_npm(output, entries=entries) == (
        [
            Advisory("preact", "10.29.8", ids, ships=True, remedy=remedy),
            Advisory("tool", "1.0.0", ids, ships=False, remedy=remedy),
        ],
        "",
    )


def test_a_registry_without_advisories_is_no_clean_result() -> None:
    output = {"message": "405 Method Not Allowed", "method": "POST"}
    assert of_npm(output, entries={}) == ([], "405 Method Not Allowed")


def asked(code: str, seconds: float = 60) -> Report:
    return ask(LOCK, [sys.executable, "-c", code], lambda output: ([], output["said"]), seconds)


def test_a_scanner_that_found_something_is_read_though_it_ends_badly() -> None:
    code = 'import sys; print(\'{"said": ""}\'); sys.exit(1)'
    assert asked(code) == Report("requirements.txt")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no route to host')", "no route to host"),
        ("pass", "it said nothing"),
        ("print('<html>')", "it said nothing"),
        ("print('{}')", "it said nothing"),
        ("print('[]')", "it said nothing"),
    ],
)
def test_a_scanner_that_could_not_ask_has_audited_nothing(code: str, reason: str) -> None:
    assert asked(code) == Report("requirements.txt", not_audited=reason)


def test_a_scanner_that_hangs_is_given_up() -> None:
    report = asked("import time; time.sleep(600)", seconds=0.2)
    assert report == Report("requirements.txt", not_audited="no answer within 0.2 seconds")


def test_an_advisory_of_what_ships_fails_with_its_remedy_and_is_told_once() -> None:
    verdict = judge([Report("dev", (FLASK,)), Report("emulator", (FLASK,))], [], TODAY)
    assert not verdict.passed
    assert verdict.lines[0] == "FAILED: flask 3.1.3: PYSEC-2026-1, CVE-2026-1; fixed in 4"
    assert verdict.lines[1].startswith("Remedy: `make lock UPGRADE=1`")
    assert len(verdict.lines) == 2


def test_an_advisory_of_a_tool_warns() -> None:
    verdict = judge([Report("dev", (RUFF,))], [], TODAY)
    assert verdict.passed
    assert verdict.lines == ("warning, of a tool: ruff 0.1.0: GHSA-ruff; fixed in no version yet",)


def test_what_was_not_audited_is_told_and_does_not_pass() -> None:
    verdict = judge([Report("dev", not_audited="no route"), Report("page")], [], TODAY)
    assert not verdict.passed
    assert verdict.lines == (
        "SKIPPED: dev is not audited, or not all of it: no route",
        "nothing open in page",
    )


def test_an_accepted_advisory_passes_until_its_day_is_over() -> None:
    reports = [Report("dev", (FLASK,))]
    assert judge(reports, [ACCEPTED], TODAY).lines == (
        "accepted, until 2026-11-27: CVE-2026-1 of flask: We call nothing of it.",
        "nothing open in dev",
    )
    assert judge(reports, [ACCEPTED], TODAY).passed
    assert not judge(reports, [ACCEPTED], date(2026, 11, 28)).passed


@pytest.mark.parametrize(("advisory", "package"), [("CVE-2026-2", "flask"), ("CVE-2026-1", "six")])
def test_what_was_accepted_covers_nothing_else(advisory: str, package: str) -> None:
    other = Accepted(advisory, package, "Another one.", TODAY)
    assert not judge([Report("dev", (FLASK,))], [other], TODAY).passed


ENTRY = '[[accepted]]\nadvisory = "CVE-2026-1"\npackage = "flask"\n'
WHOLE = ENTRY + 'reason = "We call nothing of it."\nuntil = 2026-11-27\n'


def test_the_accepted_advisories_are_read_and_those_of_this_project_are(tmp_path: Path) -> None:
    (tmp_path / "accepted.toml").write_text(WHOLE)
    assert read_accepted(tmp_path / "accepted.toml") == [ACCEPTED]
    assert all(each.reason for each in read_accepted())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[accepted", "no TOML"),
        (ENTRY + "until = 2026-11-27\n", "look at reason"),
        (ENTRY + 'reason = ""\nuntil = 2026-11-27\n', "look at reason"),
        (ENTRY + 'reason = "so"\nuntil = "some day"\n', "look at until"),
        (ENTRY + 'reason = "so"\nuntil = 2026-11-27T00:00:00Z\n', "look at until"),
        (WHOLE + "severity = 3\n", "look at severity"),
    ],
)
def test_an_entry_that_does_not_say_why_and_how_long_is_refused(
    text: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / "accepted.toml").write_text(text)
    with pytest.raises(SupplyChainError, match=named):
        read_accepted(tmp_path / "accepted.toml")


def test_the_page_s_lock_has_what_an_advisory_of_npm_is_looked_up_in() -> None:
    entries = json.loads(PAGE_LOCK.read_text())["packages"]
    assert all("version" in entry for at, entry in entries.items() if at)


@pytest.mark.parametrize(("options", "status"), [([], 1), (["--report-only"], 0)])
def test_where_nobody_answers_each_lock_is_skipped_loudly(options: list[str], status: int) -> None:
    """`make audit` fails by it, and `make test`, which only reports, does not."""
    command = [sys.executable, "-m", "supply_chain", "audit", "--seconds", "0.01", *options]
    done = subprocess.run(command, cwd=LOCK.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    reason = "is not audited, or not all of it: no answer within 0.01 seconds"
    locks = ("requirements-dev.txt", "local/emulator/requirements.txt", "spa/package-lock.json")
    assert done.stdout.splitlines() == [f"SKIPPED: {lock} {reason}" for lock in locks]
