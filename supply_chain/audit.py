"""`make audit`: what is known to be wrong with what we ship and with what we build it with.

It fails for what ships and for what could not be asked. A tool's advisory is a warning: nothing of
a tool reaches a viewer. `make test` shows the same and never fails by it: an advisory of this
morning is no fault of the change under test, and a machine without the service is none either.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from supply_chain import SupplyChainError
from supply_chain.scanners import Advisory, Report

ACCEPTED = Path(__file__).with_name("accepted.toml")
_FIELDS = {"advisory": str, "package": str, "reason": str, "until": date}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that somebody decided to live with until the end of a day."""

    advisory: str
    package: str
    reason: str
    until: date

    def covers(self, advisory: Advisory, today: date) -> bool:
        """Whether it is this one, and still decided."""
        named = self.advisory in advisory.ids and self.package == advisory.package
        return named and today <= self.until


def read_accepted(path: Path = ACCEPTED) -> list[Accepted]:
    """Raises SupplyChainError that names what is wrong with an entry."""
    try:
        entries = tomllib.loads(path.read_text()).get("accepted", [])
    except tomllib.TOMLDecodeError as error:
        raise SupplyChainError(f"{path.name} is no TOML: {error}") from error
    return [_accepted(entry, path.name) for entry in entries]


def _accepted(entry: dict[str, Any], name: str) -> Accepted:
    wrong = sorted(entry.keys() ^ _FIELDS.keys()) or [
        field
        for field, kind in _FIELDS.items()
        if type(entry[field]) is not kind or not entry[field]
    ]
    if wrong:
        raise SupplyChainError(
            f"{name}: an entry has advisory, package and reason, which are texts, and until, "
            f"which is a day; look at {', '.join(wrong)}"
        )
    return Accepted(**entry)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The lines to print, and whether `make audit` may pass."""

    lines: tuple[str, ...]
    passed: bool


def judge(reports: Sequence[Report], accepted: Sequence[Accepted], today: date) -> Verdict:
    """Weigh every report; each advisory is told once, however many locks have the package."""
    advisories = dict.fromkeys(each for report in reports for each in report.advisories)
    open_ = [each for each in advisories if not any(it.covers(each, today) for it in accepted)]
    failed = [_told(each) for each in open_ if each.ships]
    skipped = [
        f"SKIPPED: {report.lock} is not audited, or not all of it: {report.not_audited}"
        for report in reports
        if report.not_audited
    ]
    lines = [
        *(f"FAILED: {told}" for told in failed),
        *(f"warning, of a tool: {_told(each)}" for each in open_ if not each.ships),
        *(
            f"{'' if today <= it.until else 'no longer '}accepted, until {it.until}: "
            f"{it.advisory} of {it.package}: {it.reason}"
            for it in accepted
        ),
        *skipped,
    ]
    if failed:
        lines.append(
            "Remedy: `make lock UPGRADE=1` and `make test`; where there is no fix yet and what it "
            "concerns is not used, say so with a day in supply_chain/accepted.toml"
        )
    asked = [report.lock for report in reports if not report.not_audited]
    if asked and not open_:
        lines.append(f"nothing open in {', '.join(asked)}")
    return Verdict(tuple(lines), passed=not failed and not skipped)


def _told(advisory: Advisory) -> str:
    names = ", ".join(advisory.ids)
    return f"{advisory.package} {advisory.version}: {names}; {advisory.remedy}"
