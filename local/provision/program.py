"""The project's own Pulumi program, run against the emulated AWS."""

import json
import logging
import runpy
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any, cast

import yaml
from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: A004 - botocore's name
from pulumi.runtime import mocks

from local.provision.engine import Engine, Outputs, run
from local.provision.inputs import Inputs, UnknownInput
from local.provision.makers import ANSWERS, MAKERS
from local.provision.resources import Aws, Made, Resource
from local.provision.skipped import SKIPPED
from local.settings import ROOT, LocalError
from local.state import prepare

log = logging.getLogger(__name__)

# The provider's own configuration that is carried out here.
PROVIDER_KEYS = {"aws:region", "aws:defaultTags"}


class EmulatedProvider(mocks.Mocks):
    """Makes what the program registers. Called on several threads."""

    def __init__(
        self,
        aws: Aws,
        made: Made,
        default_tags: Mapping[str, str],
        skipped: Mapping[str, str] = SKIPPED,
    ) -> None:
        self._skipped = skipped
        self._aws = aws
        self._made = made
        self._default_tags = default_tags

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Any]:
        given = cast("dict[str, Any]", args.inputs)
        if not args.custom:  # a component: its parts are registered one by one
            return f"{args.name}-component", given
        if reason := self._skipped.get(args.typ):
            log.info("%s: no %s in the emulator: %s", args.name, args.typ, reason)
            return f"{args.name}-skipped", given
        maker = MAKERS.get(args.typ)
        if maker is None:
            raise UnknownInput(f"{args.name}: local/provision has no function for {args.typ}")
        inputs = Inputs(self._known_to_the_emulator(args.typ, args.name, given))
        key = f"{args.typ}::{args.name}"
        resource = Resource(args.name, inputs, self._made.id_of(key), self._aws, self._default_tags)
        try:
            physical_id, computed = maker(resource)
            inputs.check_all_taken()
        except Exception as error:
            error.add_note(f"while making {args.typ} {args.name!r} in the emulated AWS")
            raise
        self._made.remember(key, physical_id)
        return physical_id, {**given, **computed}

    def _known_to_the_emulator(self, typ: str, name: str, given: Mapping[str, Any]) -> Outputs:
        known = dict(given)
        for argument in given:
            if reason := self._skipped.get(f"{typ}#{argument}"):
                log.info("%s: no %s in the emulator: %s", name, argument, reason)
                del known[argument]
        return known

    def call(self, args: mocks.MockCallArgs) -> tuple[Any, list[tuple[str, str]]]:
        answer = ANSWERS.get(args.token)
        if answer is None:
            raise UnknownInput(f"local/provision has no answer for {args.token}")
        return answer(self._aws, cast("dict[str, Any]", args.args)), []


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
    What the program or a maker raises is raised from here. Raises LocalError if the emulator does
    not answer, or `state_dir` cannot be used.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    config = _config(root / f"Pulumi.{stack}.yaml", overrides or {})
    unknown = sorted(key for key in config.keys() - PROVIDER_KEYS if key.startswith("aws:"))
    if unknown:
        raise UnknownInput(f"Pulumi.{stack}.yaml: local/provision does not know {unknown}")
    default_tags = json.loads(config.get("aws:defaultTags", "{}")).get("tags", {})
    prepare(state_dir)
    provider = EmulatedProvider(
        Aws(endpoint_url, config["aws:region"]), Made(state_dir / "provisioned.json"), default_tags
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
