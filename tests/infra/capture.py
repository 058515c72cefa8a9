"""Runs the Pulumi program with nothing behind it and keeps what it declared."""

import json
import runpy
import warnings
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import pulumi_aws as aws
import yaml
from pulumi.runtime import mocks

with warnings.catch_warnings():
    # These two, loaded when first used, import what they deprecate themselves. What they warn
    # of here, once, nobody else gets to see; a deprecated resource that we use warns again.
    warnings.simplefilter("ignore", DeprecationWarning)
    for module, resource in ((aws.lambda_, "Function"), (aws.s3, "Bucket")):
        getattr(module, resource)

from local.provision.engine import Engine, plain, run

ROOT = Path(__file__).parents[2]
ACCOUNT = "111122223333"
PROJECT = "holdings"


@dataclass(frozen=True)
class Declared:
    """One resource: its arguments as Pulumi names them, and the options it was given."""

    type: str
    name: str
    component: str
    arguments: Mapping[str, Any]
    protect: bool
    retain: bool
    depends_on: tuple[str, ...]
    ignored: tuple[str, ...]
    # The name of the one that was made in the program, "" of the stack's own.
    provider: str


@dataclass
class Program:
    declared: list[Declared] = field(default_factory=list[Declared])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    # Explicit providers, of another region than the stack's.
    providers: list[Declared] = field(default_factory=list[Declared])

    def all(self, kind: str) -> list[Declared]:
        """Return them by name: Pulumi registers on several threads, in any order."""
        found = [resource for resource in self.declared if resource.type.endswith(f":{kind}")]
        return sorted(found, key=lambda resource: resource.name)

    @property
    def functions(self) -> list[Declared]:
        """Those of Lambda; CloudFront has functions too."""
        return self.all("lambda/function:Function")

    def named(self, name: str) -> Declared:
        (resource,) = (resource for resource in self.declared if resource.name == name)
        return resource

    def altered(self, name: str, change: Callable[[Declared], Declared]) -> "Program":
        """Return the same, but for what has this name."""
        changed = [change(r) if r.name == name else r for r in self.declared]
        return Program(changed, self.exports, self.providers)

    def one(self, kind: str, name: str | None = None) -> Declared:
        (found,) = [one for one in self.all(kind) if name in (None, one.name)]
        return found


class _Provider(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Any]:
        computed = {
            "arn": f"arn:of:{args.name}",
            "url": f"url-of:{args.name}",
            "keyId": f"{args.name}-key-id",
            "endpoint": f"endpoint.of/{args.name}",
            "version": "7",
            "invokeArn": f"arn:of:{args.name}/invocations",
            "executionArn": f"execution-arn:of:{args.name}",
            "apiEndpoint": f"https://{args.name}.api.aws",
            "domainName": f"{args.name}.cloudfront.net",
            "bucketRegionalDomainName": f"{args.name}.s3.aws",
        }
        return f"{args.name}-id", {**computed, **cast("dict[str, Any]", args.inputs)}

    def call(self, args: mocks.MockCallArgs) -> tuple[Any, list[tuple[str, str]]]:
        identity = {"accountId": ACCOUNT, "arn": "arn", "userId": "user", "id": ACCOUNT}
        return {"aws:index/getCallerIdentity:getCallerIdentity": identity}[args.token], []


class _Recorder(Engine):
    """The options are seen by Pulumi's engine only, not by a provider."""

    def __init__(self) -> None:
        super().__init__(_Provider())
        self.declared: list[Declared] = []
        self.providers: list[Declared] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        answer = super().RegisterResource(request)
        if request.custom:
            inputs = cast("dict[str, Any]", self.resources[answer.urn].state)
            of_aws = request.type.startswith("aws:")
            (self.declared if of_aws else self.providers).append(
                Declared(
                    type=request.type,
                    name=request.name,
                    component=request.parent.split("::")[2].split("$")[-1],
                    arguments={key: plain(inputs[key]) for key in request.object},
                    protect=request.protect,
                    retain=request.retainOnDelete,
                    depends_on=tuple(urn.split("::")[-1] for urn in request.dependencies),
                    ignored=tuple(request.ignoreChanges),
                    provider=request.provider.rpartition("::")[0].rpartition("::")[2],
                )
            )
        return answer


@cache
def declared(stack: str) -> Program:
    """What a stack of its own file declares: for looking at, as others look at it too."""
    return declare(stack)


def stack_file(stack: str) -> dict[str, Any]:
    return cast(
        "dict[str, Any]", yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    )


def settings(stack: str) -> dict[str, Any]:
    """The stack's own file, with an archive that is there before anybody builds one."""
    return {**stack_file(stack), "holdings:codeArchive": "tests/infra/empty.zip"}


def declare(stack: str, config: Mapping[str, Any] | None = None) -> Program:
    """Run the program for a stack, with `config` instead of the stack's own."""
    values = settings(stack) if config is None else config
    recorder = _Recorder()
    program = ROOT / "infra_pulumi"
    with chdir(program):
        exports = run(
            lambda: runpy.run_path(str(program), run_name="__main__"),
            recorder,
            project=PROJECT,
            stack=stack,
            config={k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()},
        )
    return Program(recorder.declared, exports, recorder.providers)
