"""The project's own Pulumi program, run against the emulated AWS."""

import json
import logging
import runpy
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, cast

import yaml
from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: A004 - botocore's name
from pulumi.runtime import mocks

from local.provision import access, compute, front, messages, monitoring, storage
from local.provision.aws import Aws, UnknownInput
from local.provision.engine import Engine, Outputs, plain, run
from local.provision.resource import Handler, Made, Resource
from local.settings import CREDENTIALS, ROOT, LocalError
from local.state import prepare, read_object, write_private

log = logging.getLogger(__name__)

HANDLERS: Mapping[str, Handler] = (
    access.HANDLERS
    | compute.HANDLERS
    | front.HANDLERS
    | messages.HANDLERS
    | monitoring.HANDLERS
    | storage.HANDLERS
)

# What the program declares and the emulator has no notion of: nothing else is left out. The key
# is a resource's type, or type and argument as "type#argument".
SKIPPED: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup#kmsKeyId": (
        "MiniStack encrypts no logs and has no AssociateKmsKey"
    ),
    "aws:lambda/function:Function#layers": (
        "AWS's layers are not in MiniStack, which refuses a function with one that it has not"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm#metricQueries": (
        "MiniStack's alarms watch one metric by its name and drop queries; "
        "the alarm stands there, and never fires"
    ),
}

# What speaks to Pulumi's provider, or of a `pulumi destroy`, and not to AWS.
_PROVIDERS_OWN = {
    *("deletionWindowInDays", "forceDestroy", "recoveryWindowInDays", "skipDestroy"),
    *("etag", "sourceCodeHash", "sourceHash", "retainOnDelete", "waitForDeployment"),
}

# A provider of its own, for another region: it takes its tags from the stack, as the stack's does.
PROVIDER = "pulumi:providers:aws"

# The provider's own configuration that is carried out here.
_PROVIDER_KEYS = {"aws:region", "aws:defaultTags"}

_REMEDY = "`make clean`, then `make run`"


class Ids:
    """The id of each resource whose id AWS chose, kept in a file from one run to the next."""

    def __init__(self, path: Path) -> None:
        """Raises LocalError if the file is there and broken."""
        self._path = path
        self._lock = Lock()
        found = read_object(path, missing="", broken=_REMEDY) if path.exists() else {}
        if not all(isinstance(known, str) for known in found.values()):
            raise LocalError(f"{path} is broken or of another version: {_REMEDY}")
        self._ids: dict[str, str] = found

    def of(self, key: str) -> str | None:
        return self._ids.get(key)

    def remember(self, key: str, physical_id: str) -> None:
        """Write it down at once: whoever is killed knows next time. Raises LocalError."""
        with self._lock:
            if self._ids.get(key) != physical_id:
                self._ids[key] = physical_id
                write_private(self._path, json.dumps(self._ids, indent=2))


@dataclass
class EmulatedProvider(mocks.Mocks):
    """Makes what the program registers. Called on several threads."""

    aws: Aws
    ids: Ids
    default_tags: Mapping[str, str]
    # Clients of other regions, by the provider that the program makes for one.
    elsewhere: dict[str, Aws] = field(default_factory=dict[str, Aws], init=False)
    handlers: Mapping[str, Handler] = field(default_factory=lambda: HANDLERS)
    skipped: Mapping[str, str] = field(default_factory=lambda: SKIPPED)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Any]:
        given = cast("dict[str, Any]", args.inputs)
        if not args.custom:  # a component: its parts are registered one by one
            return f"{args.name}-component", given
        if args.typ == PROVIDER:
            self.elsewhere[args.name] = Aws(self.aws.endpoint_url, given["region"])
            return f"{args.name}-provider", given
        if self._skips(args.name, args.typ):
            return f"{args.name}-skipped", given
        try:
            # "<URN>::<id>", of which a URN ends with the name.
            provider = (args.provider or "").rpartition("::")[0].rpartition("::")[2]
            aws = self.elsewhere.get(provider, self.aws)
            physical_id, computed = self._make(args.typ, args.name, given, aws)
        except Exception as error:
            error.add_note(f"while making {args.typ} {args.name!r} in the emulated AWS")
            raise
        return physical_id, {**given, **computed}

    def _make(self, typ: str, name: str, given: Mapping[str, Any], aws: Aws) -> Made:
        if typ not in self.handlers:
            raise UnknownInput(f"the type {typ}")
        inputs = {
            argument: plain(value)
            for argument, value in given.items()
            if argument not in _PROVIDERS_OWN and not self._skips(name, typ, argument)
        }
        key = f"{typ}::{name}"
        resource = Resource(typ, name, inputs, aws, self.ids.of(key), self.default_tags)
        physical_id, computed = self.handlers[typ](resource)
        if resource.inputs:
            raise UnknownInput(sorted(resource.inputs))
        if resource.id_is_chosen:
            self.ids.remember(key, physical_id)
        return physical_id, computed

    def _skips(self, name: str, typ: str, argument: str = "") -> bool:
        reason = self.skipped.get(f"{typ}#{argument}" if argument else typ)
        if reason:
            log.info("%s: no %s in the emulator: %s", name, argument or typ, reason)
        return reason is not None

    def call(self, args: mocks.MockCallArgs) -> tuple[Any, list[tuple[str, str]]]:
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                account = self.aws.account_id
                arn = f"arn:aws:iam::{account}:root"
                return {"accountId": account, "arn": arn, "userId": account, "id": account}, []
            case "aws:index/getPartition:getPartition":
                return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"}, []
            case _:
                raise UnknownInput(f"an answer for {args.token}")


def provision(
    *,
    endpoint_url: str,
    stack: str,
    state_dir: Path,
    overrides: Mapping[str, Any] | None = None,
    root: Path = ROOT,
    credentials: Mapping[str, str] = CREDENTIALS,
) -> Outputs:
    """Make or update everything in the program of `root`, and return its outputs.

    `overrides` replace keys of Pulumi.<stack>.yaml, such as {"holdings:callbackUrls": [...]}.
    What the program or a handler raises is raised from here. Raises LocalError if the emulator
    does not answer, or `state_dir` cannot be used.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    config = _config(root / f"Pulumi.{stack}.yaml", overrides or {})
    unknown = sorted(key for key in config.keys() - _PROVIDER_KEYS if key.startswith("aws:"))
    if unknown:
        raise UnknownInput(f"{unknown} of Pulumi.{stack}.yaml")
    default_tags = json.loads(config.get("aws:defaultTags", "{}")).get("tags", {})
    prepare(state_dir)
    provider = EmulatedProvider(
        Aws(endpoint_url, config["aws:region"], credentials),
        Ids(state_dir / "provisioned.json"),
        default_tags,
    )
    program = (root / project["main"]).resolve()
    try:
        with chdir(program):  # as the Pulumi CLI does
            return run(
                # By its whole path: Python remembers where it found "." first.
                lambda: runpy.run_path(str(program), run_name="__main__"),
                Engine(provider),
                project=project["name"],
                stack=stack,
                config=config,
            )
    except (ConnectionError, HTTPClientError) as error:
        raise LocalError(f"the emulated AWS does not answer: {error}") from error


def _config(path: Path, overrides: Mapping[str, Any]) -> dict[str, str]:
    values = cast("dict[str, Any]", yaml.safe_load(path.read_text())["config"])
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in (values | dict(overrides)).items()
    }
