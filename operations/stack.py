"""A stack as Pulumi knows it: where its parts are, and what it keeps."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from operations.errors import OperationError

ROOT = Path(__file__).parents[1]

# Runs a command and returns what it printed. Raises OperationError.
Run = Callable[[Sequence[str]], str]

_LOG_IN = (
    "`pulumi login` chooses where the state lives; `pulumi login --local` keeps it on this machine"
)
# What Pulumi complains of when it cannot ask, and the remedy; docs/operations.md explains them.
_REMEDIES = {
    "no stack named": "make it with `pulumi stack init`",
    "incorrect passphrase": (
        "PULUMI_CONFIG_PASSPHRASE is not the one that this stack was made with"
    ),
    "PULUMI_CONFIG_PASSPHRASE": (
        "export PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE with a file that holds "
        "it: a state of your own is encrypted with it (an empty one is set to nothing)"
    ),
    "PULUMI_ACCESS_TOKEN": _LOG_IN,
    "pulumi login": _LOG_IN,
    "access token": _LOG_IN,
    "currently locked": (
        "another pulumi is at work on it; if none is any more, `pulumi cancel` takes the lock away"
    ),
}


class Stack:
    """The parts of a stack that is up. Raises OperationError for one that is not."""

    def __init__(self, name: str, outputs: Mapping[str, Any]) -> None:
        self.name = name
        self.outputs = outputs

    def __getitem__(self, output: str) -> str:
        """Return an output. A stack from before the program had it lacks it until it is up."""
        value = self.outputs.get(output)
        if not (isinstance(value, str) and value):
            raise _missing(self.name, output)
        return value

    def mapping(self, output: str) -> Mapping[str, str]:
        """Return an output that has several of a kind, by name."""
        value = self.outputs.get(output)
        if not (isinstance(value, dict) and value):
            raise _missing(self.name, output)
        return cast("dict[str, str]", value)


def _missing(stack: str, output: str) -> OperationError:
    return OperationError(f"the stack has no output {output!r} yet: `make up STACK={stack}`")


def read_stack(name: str, run: "Run | None" = None) -> Stack:
    """Return the stack with its outputs. Raises OperationError if there are none yet."""
    check_stack_name(name)
    printed = (run or run_pulumi)(["stack", "output", "--json", "--stack", name])
    outputs = _parse(printed)
    if not outputs:
        raise OperationError(f"the stack {name} has no outputs yet: `make up STACK={name}`")
    return Stack(name, outputs)


def check_destroyable(name: str, run: "Run | None" = None) -> None:
    """Raise OperationError while the stack keeps its data.

    Pulumi refuses to destroy anything while one resource is protected, and what it retains would
    be in the way of the next `up` by its name. Its state says both: the configuration may have
    been changed since the last `up`.
    """
    exported = _parse((run or run_pulumi)(["stack", "export", "--stack", name]))
    deployment: dict[str, Any] = exported.get("deployment") or {}
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    kept = [
        str(resource.get("urn", "")).rpartition("::")[2]
        for resource in resources
        if resource.get("protect") or resource.get("retainOnDelete")
    ]
    if kept:
        raise OperationError(
            f"{name} keeps its data, so nothing was removed. Protected: {', '.join(kept)}.\n"
            "To delete all of it for good, with the figures, the key, the users and the logs:\n"
            f"  pulumi config set holdings:keepData false --stack {name}\n"
            f"  make up STACK={name}\n"
            f"  make destroy STACK={name}"
        )


def check_stack_name(name: str) -> None:
    """Raise OperationError unless there is a configuration of that name."""
    known = sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        for path in ROOT.glob("Pulumi.*.yaml")
    )
    if name not in known:
        raise OperationError(f"STACK={name} is none of {', '.join(known)}")


def find_pulumi() -> str:
    """Return the path of Pulumi's CLI. Raises OperationError."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise OperationError(
            f"the pulumi command is not here: get it from https://www.pulumi.com/docs/install/; "
            f"then {_LOG_IN}"
        )
    return pulumi


def run_pulumi(arguments: Sequence[str]) -> str:
    """Return what Pulumi prints. It is not let ask: nobody would see the question."""
    try:
        ended = subprocess.run(  # noqa: S603 - arguments of ours
            [find_pulumi(), *arguments, "--non-interactive", "--color", "never"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise _unusable(error) from None
    if ended.returncode:
        said = ended.stderr.strip() or f"ended with {ended.returncode}"
        remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in said), "")
        raise OperationError(f"pulumi {arguments[0]}: {said}" + (f"\n{remedy}" if remedy else ""))
    return ended.stdout


def hand_over(arguments: Sequence[str]) -> int:
    """Let Pulumi talk to the operator itself; return its exit code.

    Ctrl-C is Pulumi's to handle: it ends what it has begun and writes down what it has made. Left
    to subprocess, it would be killed a moment later, its stack locked and the state wrong.
    """
    before = signal.signal(signal.SIGINT, _leave_to_pulumi)
    try:
        code = subprocess.call([find_pulumi(), *arguments], cwd=ROOT)  # noqa: S603 - ours
    except OSError as error:
        raise _unusable(error) from None
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _leave_to_pulumi(*_: object) -> None:
    """As a handler it is ours alone; SIG_IGN would be passed on to Pulumi."""


def _unusable(error: OSError) -> OperationError:
    return OperationError(
        f"{shutil.which('pulumi')} cannot be run: {error.strerror or os.strerror(error.errno or 0)}"
    )


def _parse(printed: str) -> Mapping[str, Any]:
    try:
        document: object = json.loads(printed)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise OperationError("pulumi printed no JSON object: is its version too old?")
    return cast("Mapping[str, Any]", document)
