"""One run of the Pulumi program in this process."""

import asyncio
import json
import os
import runpy
from collections.abc import Callable, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any, cast

import pulumi
import yaml
from pulumi.runtime import mocks
from pulumi.runtime.settings import SETTINGS, set_root_resource

from local.provision import cognito, storage
from local.provision.inputs import Inputs, UnknownInput
from local.provision.resources import Aws, Made, Maker, Resource
from local.settings import ROOT

MAKERS: dict[str, Maker] = {
    "aws:cognito/userPool:UserPool": cognito.user_pool,
    "aws:cognito/resourceServer:ResourceServer": cognito.resource_server,
    "aws:cognito/userPoolClient:UserPoolClient": cognito.user_pool_client,
    "aws:cognito/userPoolDomain:UserPoolDomain": cognito.user_pool_domain,
    "aws:dynamodb/table:Table": storage.dynamodb_table,
    "aws:kms/key:Key": storage.kms_key,
    "aws:kms/alias:Alias": storage.kms_alias,
    "aws:secretsmanager/secret:Secret": storage.secret,
}

Outputs = dict[str, Any]


class EmulatedProvider(mocks.Mocks):
    """Makes what the program registers. Called on several threads."""

    def __init__(self, aws: Aws, made: Made) -> None:
        self._aws = aws
        self._made = made

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Any]:
        if not args.custom:  # a component: its parts are registered one by one
            return f"{args.name}-component", args.inputs
        maker = MAKERS.get(args.typ)
        if maker is None:
            raise UnknownInput(f"{args.name}: local/provision has no function for {args.typ}")
        inputs = Inputs(args.inputs)
        key = f"{args.typ}::{args.name}"
        physical_id, computed = maker(
            Resource(args.name, inputs, self._made.id_of(key), self._aws)
        )
        inputs.check_all_taken(args.name)
        self._made.remember(key, physical_id)
        return physical_id, {**args.inputs, **computed}

    def call(self, args: mocks.MockCallArgs) -> tuple[Any, list[tuple[str, str]]]:
        if args.token != "aws:index/getCallerIdentity:getCallerIdentity":
            raise UnknownInput(f"local/provision has no answer for {args.token}")
        identity = self._aws.client("sts").get_caller_identity()
        return {
            "accountId": identity["Account"],
            "arn": identity["Arn"],
            "userId": identity["UserId"],
            "id": identity["Account"],
        }, []


def provision(
    *,
    endpoint_url: str,
    stack: str,
    state_dir: Path,
    overrides: Mapping[str, Any] | None = None,
    root: Path = ROOT,
) -> Outputs:
    """Make or update everything in the program of `root`, and return its outputs.

    `overrides` replace keys of Pulumi.<stack>.yaml, such as {"holdings:callbackUrls": [...]}.
    What the program or a maker raises is raised from here.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    config = _config(root / f"Pulumi.{stack}.yaml", overrides or {})
    state_dir.mkdir(parents=True, exist_ok=True)
    provider = EmulatedProvider(
        Aws(endpoint_url, config["aws:region"]), Made(state_dir / "provisioned.json")
    )
    with chdir(root / project["main"]):  # as the Pulumi CLI does
        return run(
            lambda: runpy.run_path(os.curdir, run_name="__main__"),
            provider,
            project=project["name"],
            stack=stack,
            config=config,
        )


def run(
    program: Callable[[], Any],
    provider: mocks.Mocks,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
) -> Outputs:
    """Run a Pulumi program with a provider of ours; its exports are the result."""
    # A run after a failed one would wait for ever for what that one left behind.
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    # An Output in an f-string is otherwise an error text that nobody sees.
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_all_config(dict(config), [])
        monitor = _ExportingMonitor(provider)
        mocks.set_mocks(provider, project=project, stack=stack, preview=False, monitor=monitor)
        set_root_resource(None)
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
        return monitor.exports
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class _ExportingMonitor(mocks.MockMonitor):
    """Keeps what the stack exports: it registers that as its own outputs, at the end."""

    def __init__(self, provider: mocks.Mocks) -> None:
        super().__init__(provider)
        self.exports: Outputs = {}

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if "pulumi:pulumi:Stack" in request.urn:
            self.exports = dict(request.outputs)
        return cast("Any", super()).RegisterResourceOutputs(request)


def _config(path: Path, overrides: Mapping[str, Any]) -> dict[str, str]:
    values = cast("dict[str, Any]", yaml.safe_load(path.read_text())["config"])
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in (values | dict(overrides)).items()
    }
