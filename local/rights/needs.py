"""What has to be allowed to whoever deploys: each action, on what, and what it is needed for.

The program says which types of resources there are, provider.yaml what Pulumi's provider asks of
AWS for each, commands.yaml what the operator's commands call, and places.yaml where.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_aws as aws
import yaml

from local.settings import ROOT, LocalError

HERE = Path(__file__).parent
PROGRAM = ROOT / "infra_pulumi"
OPERATIONS = ("create", "read", "update", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A statement to be: its Sid, its policy, the ARNs that it is on, and on which condition."""

    sid: str
    policy: str
    arns: tuple[str, ...]
    condition: Mapping[str, Any] | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`what` is an operation on a type of resource, or one of the operator's commands."""

    what: str
    place: Place
    action: str


def needs(used: Iterator[str] | list[str] | None = None) -> list[Need]:
    """Return all that types of resources (those of the program) and the operator's commands need.

    Raises LocalError for a type that provider.yaml has no row for.
    """
    known, found = _read("provider.yaml"), list[Need]()
    for kind in sorted(types() if used is None else used):
        if kind not in known:
            raise LocalError(
                f"{kind} has no row in local/rights/provider.yaml: what does it take of AWS?"
            )
        for operation in OPERATIONS:
            found += _needs(f"{operation} {kind}", known[kind][operation])
    for commands in _read("commands.yaml").values():
        for command, actions in commands.items():
            found += _needs(f"make {command}", actions)
    return found


def types() -> set[str]:
    """Return the types that the program's sources make, whatever a stack's settings switch on."""
    return {kind for source in sorted(PROGRAM.glob("*.py")) for kind in _made_by(source)}


@cache
def places() -> Mapping[str, Place]:
    return {
        sid: Place(
            sid=sid,
            policy=policy,
            arns=tuple(place["arns"]),
            condition=place.get("condition"),
            why=place.get("why", ""),
        )
        for policy, of_policy in _read("places.yaml").items()
        for sid, place in of_policy.items()
    }


def _needs(what: str, actions: Mapping[str, list[str]]) -> Iterator[Need]:
    for sid, names in actions.items():
        for action in names:
            yield Need(what=what, place=places()[sid], action=action)


def _made_by(source: Path) -> Iterator[str]:
    """Yield the type of each aws.<module>.<Resource> that is called in a file."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("aws."):
            made: Any = reduce(getattr, ast.unparse(node.func).split(".")[1:], cast("Any", aws))
            if _is_resource(made):
                yield made.pulumi_type


def _is_resource(made: Any) -> bool:
    """Say whether it is of AWS: neither the arguments of a resource nor Pulumi's own provider."""
    return (
        isinstance(made, type)
        and issubclass(made, pulumi.CustomResource)
        and not issubclass(made, pulumi.ProviderResource)
    )


@cache
def _read(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((HERE / name).read_text()))
