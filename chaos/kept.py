"""What a viewer was told is kept, and what of it is gone: the test of every acknowledged write.

A write without an answer, or with one that says 5xx, may have been done or not: either will do
until the next that is acknowledged. So may one that is answered by 409: where the answer of AWS was
lost, the second try of the app meets what its first one wrote.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.fleet import Answer, Fleet

_OK, _CREATED, _GONE, _NOT_FOUND, _CONFLICT = 200, 201, 204, 404, 409
_ZONES = ("UTC", "Europe/Zurich", "Asia/Tokyo", "America/Lima")


@dataclass
class Kept:
    """A viewer's writes.

    `labels` are those of their connections at first, `spare` is the key of a connection that is
    added and removed again.
    """

    fleet: Fleet
    token: str
    labels: Mapping[str, str]
    spare: Mapping[str, Any]
    entries: frozenset[str] = frozenset()
    acknowledged: int = 0
    # What may stand now, by what it is: more than one where nobody knows.
    _may_stand: dict[str, set[str]] = field(init=False)
    _adding: str = ""
    _spare_id: str = ""
    _removing: bool = False
    _number: int = 0

    def __post_init__(self) -> None:
        labels = {one: {label} for one, label in self.labels.items()}
        self._may_stand = {"zone": {_ZONES[0]}, "alerts": {""}, **labels}

    def write(self) -> Answer:
        """Make the next write of several kinds, one after the other."""
        self._number += 1
        kind = self._number % 4
        if kind == 0:
            return self._spare()
        if kind == 1:
            return self._set("zone", "PATCH", "/me", _ZONES[self._number % 3], "time_zone")
        if kind == 2:
            connection = list(self.labels)[self._number // 4 % len(self.labels)]
            path = f"/connections/{connection}"
            return self._set(connection, "PATCH", path, f"label {self._number}", "label")
        return self._alerts()

    def lost(self) -> list[str]:
        """Return what was acknowledged and is not there, now that all is well again."""
        found: list[str] = []
        listed = {one["id"]: one for one in self._read("/connections")["connections"]}
        for one in self.labels:
            if one not in listed:
                found.append(f"connection {one}")
            else:
                found += self._changed(one, listed[one]["label"])
        if self._spare_id and not self._removing and self._spare_id not in listed:
            found.append(f"connection {self._spare_id}")
        if not self._spare_id and not self._adding:
            others = listed.keys() - {*self.labels, "shared"}
            found += [f"the removal of {one}" for one in others]
        found += self._changed("zone", self._read("/me")["time_zone"])
        hours = [str(rule["hours"]) for rule in self._read("/alerts")["rules"]]
        found += self._changed("alerts", ",".join(hours))
        if self.entries:
            gone = self.entries - set(self.newest_entries())
            found += [f"entry {one}" for one in gone]
        return found

    def newest_entries(self) -> list[str]:
        """Return the ids of the ledger's last entries that are kept."""
        return [one["id"] for one in self._read("/activity?limit=20")["entries"]]

    def _changed(self, name: str, stands: str) -> list[str]:
        may = self._may_stand[name]
        return [] if stands in may else [f"{name}: {stands} for {sorted(may)}"]

    def _set(self, name: str, method: str, path: str, value: str, of: str) -> Answer:
        return self._wrote(name, value, self.fleet.ask(self.token, method, path, {of: value}))

    def _alerts(self) -> Answer:
        hours = self._number % 100
        rule = {"kind": "connection_failed", "hours": hours}
        body = {"mail": {"enabled": False}, "rules": [rule]}
        return self._wrote("alerts", str(hours), self.fleet.ask(self.token, "PUT", "/alerts", body))

    def _wrote(self, name: str, value: str, answer: Answer) -> Answer:
        if answer.status == _OK:
            self._may_stand[name] = {value}
            self.acknowledged += 1
        elif answer.status in (0, _CONFLICT) or answer.status >= 500:
            self._may_stand[name].add(value)
        return answer

    def _spare(self) -> Answer:
        """Add the spare connection until that is acknowledged, then remove it likewise."""
        if self._spare_id:
            self._removing = True
            path = f"/connections/{self._spare_id}"
            answer = self.fleet.ask(self.token, "DELETE", path)
            # Not found is what a second try is told of a first that was done.
            if answer.status in (_GONE, _NOT_FOUND):
                self._spare_id, self._removing = "", False
                self.acknowledged += answer.status == _GONE
            return answer
        self._adding = self._adding or str(uuid.uuid4())
        once = {"Idempotency-Key": self._adding}
        body = {**self.spare, "label": "spare"}
        answer = self.fleet.ask(self.token, "POST", "/connections", body, once)
        if answer.status == _CREATED:
            self._spare_id, self._adding = answer.json()["id"], ""
            self.acknowledged += 1
        return answer

    def _read(self, path: str) -> Any:
        answer = self.fleet.ask(self.token, "GET", path)
        if answer.status != _OK:
            raise RuntimeError(f"GET {path}: {answer.status} {answer.body.decode()[:300]}")
        return answer.json()
