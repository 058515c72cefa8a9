"""What pip-audit and npm audit know of the locked packages, in one shape.

Neither can be trusted to say that it knew nothing: pip-audit ends well when no package was found
where it looks, as behind a mirror without advisories. Here that is a reason, never a clean result.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from package.build import ROOT
from supply_chain.bills import PAGE_LOCK, ships

SHIPPED = ROOT / "requirements.txt"
# The first holds all that ships as well.
PYTHON_LOCKS = (ROOT / "requirements-dev.txt", ROOT / "local" / "emulator" / "requirements.txt")
_PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known vulnerability of one locked package. `ids` are its names: GHSA, CVE, PYSEC."""

    package: str
    version: str
    ids: tuple[str, ...]
    ships: bool
    remedy: str


@dataclass(frozen=True, slots=True)
class Report:
    """Of one lock file. `not_audited` says why it is not the whole answer; "" if it is."""

    lock: str
    advisories: tuple[Advisory, ...] = ()
    not_audited: str = ""


def scan(seconds: float) -> list[Report]:
    """Ask about every lock file at once, none for longer than `seconds`."""
    shipped = frozenset(_PIN.findall(SHIPPED.read_text()))
    asked: list[Callable[[], Report]] = [
        partial(ask, lock, _pip_audit(lock), partial(of_pip_audit, shipped=shipped), seconds)
        for lock in PYTHON_LOCKS
    ]
    entries = json.loads(PAGE_LOCK.read_text())["packages"]
    npm = ["./scripts/npm", "audit", "--json", "--package-lock-only"]
    asked.append(partial(ask, PAGE_LOCK, npm, partial(of_npm, entries=entries), seconds))
    with ThreadPoolExecutor(len(asked)) as pool:
        return [future.result() for future in [pool.submit(each) for each in asked]]


def _pip_audit(lock: Path) -> list[str]:
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--format", "json", "--desc", "off"]
    return [*command, "--aliases", "on", "--requirement", str(lock)]


Read = Callable[[Mapping[str, Any]], tuple[list[Advisory], str]]


def ask(lock: Path, command: Sequence[str], read: Read, seconds: float) -> Report:
    """Run one scanner and read its JSON. Whatever it does, the answer is a report."""
    name = str(lock.relative_to(ROOT))
    try:
        done = subprocess.run(  # noqa: S603 - our tools, pinned
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Report(name, not_audited=f"no answer within {seconds:g} seconds")
    try:
        # Not by its exit status: one that found something fails as one that was cut off does.
        advisories, reason = read(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        return Report(name, not_audited=said[-1][:300])
    return Report(name, tuple(advisories), reason)


def of_pip_audit(
    output: Mapping[str, Any], *, shipped: frozenset[tuple[str, str]]
) -> tuple[list[Advisory], str]:
    """What its JSON says, and of how many packages it says nothing."""
    dependencies = output["dependencies"]
    skipped = [each["skip_reason"] for each in dependencies if "skip_reason" in each]
    advisories = [
        Advisory(
            each["name"],
            each["version"],
            (found["id"], *found["aliases"]),
            ships=(each["name"], each["version"]) in shipped,
            remedy=f"fixed in {', '.join(found['fix_versions']) or 'no version yet'}",
        )
        for each in dependencies
        for found in each.get("vulns", [])
    ]
    told = f"{len(skipped)} of {len(dependencies)} packages: {skipped[0]}" if skipped else ""
    return advisories, told


def of_npm(
    output: Mapping[str, Any], *, entries: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Advisory], str]:
    """What its JSON (auditReportVersion 2) says of the entries of the lock file."""
    if "auditReportVersion" not in output:
        return [], str(output["message"])
    vulnerabilities: Mapping[str, Mapping[str, Any]] = output["vulnerabilities"]
    # A name in `via` is a package that only contains the one that is meant.
    found: list[tuple[Mapping[str, Any], str]] = [
        (via, at)
        for each in vulnerabilities.values()
        for via in each["via"]
        if not isinstance(via, str)
        for at in each["nodes"]
    ]
    return [
        Advisory(
            via["name"],
            entries[at]["version"],
            (via["url"].rpartition("/")[2],),
            ships=ships(entries[at]),
            remedy=f"concerns {via['range']}",
        )
        for via, at in found
    ], ""
