"""Where a stack's parts are: its outputs, as Pulumi knows them."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from operations.errors import OperationError

ROOT = Path(__file__).parents[1]

# Runs a command and returns what it printed. Raises OperationError.
Run = Callable[[Sequence[str]], str]


def find_pulumi() -> str:
    """Return the path of Pulumi's CLI. Raises OperationError."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise OperationError(
            "the pulumi command is not here: get it from https://www.pulumi.com/docs/install/, "
            "then `pulumi login` (`pulumi login --local` keeps the state on this machine)"
        )
    return pulumi


def run_pulumi(arguments: Sequence[str]) -> str:
    ended = subprocess.run(  # noqa: S603 - arguments of ours
        [find_pulumi(), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise OperationError(f"pulumi {' '.join(arguments)}:\n{ended.stderr.strip()}")
    return ended.stdout


def hand_over(arguments: Sequence[str]) -> int:
    """Let Pulumi talk to the operator itself; return its exit code."""
    return subprocess.call([find_pulumi(), *arguments], cwd=ROOT)  # noqa: S603 - ours


def check_stack_name(stack: str) -> None:
    """Raise OperationError unless there is a configuration of that name."""
    known = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))
    if stack not in known:
        raise OperationError(f"STACK={stack} is none of {', '.join(known)}")


def read_outputs(stack: str, run: Run = run_pulumi) -> Mapping[str, Any]:
    """Return the stack's outputs. Raises OperationError if there are none yet."""
    check_stack_name(stack)
    outputs = json.loads(run(["stack", "output", "--json", "--stack", stack]))
    if not outputs:
        raise OperationError(f"the stack {stack} has no outputs yet: `make up STACK={stack}`")
    return outputs
