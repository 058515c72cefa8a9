"""docs/rights.md: what each role of the program may do, and what its resources let others do."""

import json
import runpy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import yaml
from pulumi.runtime import mocks

from local.provision.engine import Engine, plain, run
from local.rights.needs import HERE, PROGRAM
from local.settings import ROOT, LocalError

ACCOUNT, REGION, STACK = "111122223333", "eu-west-1", "stack"
# So that every role there is, is there.
EVERYTHING = {
    "holdings:environment": "prod",
    "holdings:alarmEmails": ["operator@holdings.example"],
    "holdings:mailFrom": "alerts@holdings.example",
    "holdings:healthCheck": True,
    "holdings:lambdaInsightsLayerArn": (
        "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:1"
    ),
    "holdings:subnetIds": ["subnet-0123456789abcdef0"],
    "holdings:securityGroupIds": ["sg-0123456789abcdef0"],
}
# What reads of a program's outputs find of a resource is its name, so that the table says that.
_COMPUTED = (
    *("arn", "url", "keyId", "endpoint", "version", "invokeArn", "executionArn", "apiEndpoint"),
    *("domainName", "bucketRegionalDomainName"),
)


@dataclass(frozen=True, slots=True)
class Declared:
    kind: str
    name: str
    inputs: Mapping[str, Any]


@dataclass
class _Names(mocks.Mocks):
    """Makes nothing, and keeps what the program declares."""

    declared: list[Declared] = field(default_factory=list[Declared])

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Any]:
        inputs = cast("dict[str, Any]", args.inputs)
        self.declared.append(Declared(args.typ.rpartition(":")[2], args.name, plain(inputs)))
        return args.name, dict.fromkeys(_COMPUTED, args.name) | inputs

    def call(self, args: mocks.MockCallArgs) -> tuple[Any, list[tuple[str, str]]]:
        return {"accountId": ACCOUNT, "arn": "arn", "userId": "user", "id": ACCOUNT}, []


def declared(overrides: Mapping[str, Any] = EVERYTHING) -> list[Declared]:
    """Run the program with nothing behind it, and return what it declares, by name."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    names = _Names()
    with TemporaryDirectory() as folder, chdir(PROGRAM):
        archive = Path(folder) / "empty.zip"
        archive.touch()
        config = {**settings, **overrides, "aws:region": REGION}
        config["holdings:codeArchive"] = str(archive)
        run(
            lambda: runpy.run_path(str(PROGRAM), run_name="__main__"),
            Engine(names),
            project="holdings",
            stack=STACK,
            config={k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()},
        )
    return sorted(names.declared, key=lambda one: (one.kind, one.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A statement of a role's or a resource's policy. `who` is whose."""

    who: str
    sid: str
    effect: str
    actions: tuple[str, ...]
    on: tuple[str, ...]
    condition: str


def of_roles(found: Iterable[Declared]) -> Iterator[Right]:
    """Yield who may take each role, and what it then may do."""
    everything = list(found)
    called = {one.name: one.inputs["name"] for one in everything if one.kind == "Role"}
    by_name = {name: role for role, name in called.items()}
    for one in everything:
        if one.kind == "Role":
            yield from _rights(one.name, one.inputs["assumeRolePolicy"])
        elif one.kind == "RolePolicy":
            yield from _rights(by_name[one.inputs["role"]], one.inputs["policy"])


def of_resources(found: Iterable[Declared]) -> Iterator[Right]:
    """Yield what resources themselves let others do with them."""
    for one in found:
        if one.kind not in ("Role", "RolePolicy") and "policy" in one.inputs:
            yield from _rights(one.name, one.inputs["policy"])
        elif one.kind == "Permission":
            given = one.inputs
            yield Right(
                who=f"{given['function']}:{given['qualifier']}",
                sid=one.name,
                effect="Allow",
                actions=(given["action"],),
                on=(given["principal"],),
                condition=json.dumps({"ArnLike": {"AWS:SourceArn": given["sourceArn"]}}),
            )


def _rights(who: str, policy: str) -> Iterator[Right]:
    for statement in json.loads(policy)["Statement"]:
        principal = statement.get("Principal", {})
        whose = _listed(next(iter(principal.values()))) if principal else ()
        yield Right(
            who=who,
            sid=statement["Sid"],
            effect=statement["Effect"],
            actions=_listed(statement["Action"]),
            on=whose or _listed(statement.get("Resource", ())),
            condition=json.dumps(statement.get("Condition", {}), sort_keys=True),
        )


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def reasons() -> dict[str, str]:
    """Return why each statement is there, by its Sid."""
    return cast("dict[str, str]", yaml.safe_load((HERE / "reasons.yaml").read_text()))


def reason(sid: str) -> str:
    try:
        return reasons()[sid]
    except KeyError:
        raise LocalError(
            f"{sid} has no line in local/rights/reasons.yaml: why is it there?"
        ) from None
