"""The deployer's policies, made of what is needed, and what is missing in policies."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from local.rights.needs import Need, Place

Policies = Mapping[str, Mapping[str, Any]]
# A managed policy takes so many characters that are no white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARACTERS = 6144
ACCOUNT = "ACCOUNT"


def policies(needs: Iterable[Need]) -> dict[str, dict[str, Any]]:
    """Return the policies by name: a statement a place, with the actions that are needed there."""
    actions: dict[str, set[str]] = {}
    at: dict[str, Place] = {}
    for need in needs:
        actions.setdefault(need.place.sid, set()).add(need.action)
        at[need.place.sid] = need.place
    made: dict[str, dict[str, Any]] = {}
    for sid, place in sorted(at.items()):
        document = made.setdefault(place.policy, {"Version": "2012-10-17", "Statement": []})
        document["Statement"].append(_statement(place, actions[sid]))
    return dict(sorted(made.items()))


def missing(needs: Iterable[Need], given: Policies) -> list[str]:
    """Return what cannot be done with these policies, as "create <type>: <action> on <ARN>"."""
    return [
        f"{need.what}: {need.action} on {arn}"
        for need in needs
        for arn in need.place.arns
        if not any(_allows(statement, need, arn) for statement in _statements(given, need))
    ]


def _statement(place: Place, actions: Iterable[str]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": place.sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(place.arns),
    }
    return statement | ({"Condition": place.condition} if place.condition else {})


def _statements(given: Policies, need: Need) -> Iterator[Mapping[str, Any]]:
    yield from given.get(need.place.policy, {}).get("Statement", [])


def _allows(statement: Mapping[str, Any], need: Need, arn: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and need.action in statement["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        and statement.get("Condition") in (None, need.place.condition)
    )
