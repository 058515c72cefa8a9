"""docs/rights.md: the tables of who may do what, as text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from local.rights.needs import places
from local.rights.roles import (
    ACCOUNT,
    REGION,
    STACK,
    Declared,
    Right,
    of_resources,
    of_roles,
    reason,
)

_HEAD = """# Who may do what

Written by `make rights` from the program, as it is when a stack switches on whatever brings a role
or a right; a test holds it to that. A word without colons is the program's own name of a resource,
`<own>` is what belongs to the role's function. No role may do all of a service's actions.

## The roles

"""
_RESOURCES = """
## What resources let others do

Policies that a resource carries itself. What is denied is marked with *never*.

"""
_DEPLOYER = """
## Who deploys and operates

The policies of [deployer-policy.json](deployer-policy.json), which has the actions of each of these
statements; `ACCOUNT` is the number of the account. The policies `holdings-deploy-...` together are
what `make up` and `make destroy` take, `holdings-operate` is for the commands of every day, and
`holdings-forget`, which can read what is kept of any viewer, for `make forget-viewer` alone.
[Operations](operations.md#once) says how to use them. A bucket that keeps Pulumi's state is not
in them.

Whoever may write a role's policies and pass the role to a function can do whatever a role can. The
deployer may do so for roles named `holdings-...` alone: that is a fence around names, not around
rights. Give the stacks an account of their own, or set a
[permissions boundary](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html)
on the deployer and require it, by `iam:PermissionsBoundary`, of the roles that the deployer makes.

"""


def document(declared: Iterable[Declared], policies: Mapping[str, Mapping[str, Any]]) -> str:
    found = list(declared)
    roles = list(of_roles(found))
    functions = {right.who for right in roles if right.sid == "LambdaRunsTheFunction"}
    return "".join(
        (
            _HEAD,
            _table(("role", "may", "on, or for whom", "if", "why"), _grouped(roles, functions)),
            _RESOURCES,
            _table(
                ("resource", "may be", "for whom", "if", "why"),
                _grouped(list(of_resources(found)), set()),
            ),
            _DEPLOYER,
            _table(("policy", "statement", "on", "if", "why no narrower"), _deployer(policies)),
        )
    )


def _grouped(rights: Sequence[Right], functions: set[str]) -> list[tuple[str, ...]]:
    """Return a row for each right, with all who have the same."""
    who: dict[Right, list[str]] = {}
    for right in rights:
        who.setdefault(replace(_own(right), who=""), []).append(right.who)
    return [
        (
            _whose(owners, functions),
            ("never " if right.effect == "Deny" else "") + _words(right.actions),
            _words(right.on),
            _words([] if right.condition == "{}" else [right.condition]),
            reason(right.sid),
        )
        for right, owners in who.items()
    ]


def _own(right: Right) -> Right:
    """Name what is of the role's own function alike for all of them."""
    name = right.who.removesuffix("-role")
    ours = f"holdings-{STACK}-{'api' if name == 'function' else name}"
    return replace(
        right,
        on=tuple(
            "<own>" if one == name else one.replace(f"{name}-log:", "<own>-log:")
            for one in right.on
        ),
        condition=right.condition.replace(f':{ours}"', ':<own>"'),
    )


def _whose(owners: Sequence[str], functions: set[str]) -> str:
    others = functions - set(owners)
    if functions and functions >= set(owners) and len(others) < 3:
        return "every function" + (f" but {_words(sorted(others))}" if others else "")
    return _words(owners)


def _deployer(policies: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            f"`{name}`",
            f"`{statement['Sid']}`",
            _words(statement["Resource"]),
            _words([json.dumps(statement["Condition"])] if "Condition" in statement else []),
            places()[statement["Sid"]].why,
        )
        for name, policy in policies.items()
        for statement in policy["Statement"]
    ]


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{_anywhere(name)}`" for name in names)


def _anywhere(text: str) -> str:
    for known, shown in (
        (ACCOUNT, "ACCOUNT"),
        (REGION, "REGION"),
        (f"holdings-{STACK}", "holdings-STACK"),
        (f'"{STACK}"', '"STACK"'),
    ):
        text = text.replace(known, shown)
    return text


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
