"""The commands behind the make targets that take STACK=...; `python -m operations --help`.

AWS credentials come from the default chain (a profile, single sign-on); nothing of them is kept.
"""

import argparse
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import boto3.session

from holdings.core.clock import Clock
from operations.access import create_user, put_secret, read_value
from operations.deploy import Deployer
from operations.errors import AwsError, OperationError, explain
from operations.jobs import redrive, run_job
from operations.logs import tail
from operations.release import Function, Release, canary
from operations.restore import Tables, restore
from operations.shift import Plan
from operations.site import Addresses
from operations.smoke import Fault, Visitor, smoke, visitor
from operations.stack import (
    ROOT,
    Stack,
    check_destroyable,
    check_stack_name,
    find_pulumi,
    hand_over,
    read_stack,
)
from operations.terminal import say, warn
from operations.viewers import disable, enable, forget, viewers
from operations.web import Hosting, deploy_web


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="operations", description=__doc__)
    parser.add_argument("--stack", required=True, help="dev, staging or prod")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(
        name: str, perform: Callable[..., str | int], explanation: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=explanation, description=explanation)
        command.set_defaults(perform=perform)
        return command

    for name, perform, changes in (
        ("up", _up, "make or change everything"),
        ("destroy", _pulumi, "remove everything, data too; refuses while the stack keeps its data"),
    ):
        add(name, perform, changes).add_argument(
            "--yes", action="store_true", help="do not ask for confirmation"
        )
    add("preview", _pulumi, "show what up would do")
    add("outputs", _outputs, "print where everything is")
    add("logs", _logs, "follow the function's log")
    secret = add("put-secret", _put_secret, "store the Coinbase key")
    secret.add_argument("--file", type=Path, help="a JSON file; without one, you are asked")
    user = add("create-user", _create_user, "invite a person by e-mail")
    user.add_argument("--email", required=True)
    people = add("viewers", _viewers, "list who may sign in, is invited or disabled")
    people.add_argument("--search", default="", help="how their e-mail addresses begin")
    for name, change in (
        ("disable-viewer", "end a person's sessions and let them begin none"),
        ("enable-viewer", "let a person sign in again"),
    ):
        add(name, _change_viewer, change).add_argument("--email", required=True)
    gone = add("forget-viewer", _forget_viewer, "delete all that is kept of a viewer")
    gone.add_argument("--viewer", required=True, help="the sub that `viewers` shows")
    back = add("restore-viewer", _restore_viewer, "put back what a restored table has of a viewer")
    back.add_argument("--viewer", required=True, help="the sub that `viewers` shows")
    back.add_argument("--table", default="", help="the restored one; <records>-restored without it")
    back.add_argument("--overwrite", action="store_true", help="also what has changed since")
    back.add_argument("--yes", action="store_true", help="write; without it, only show")
    code = add("deploy-code", _deploy_code, "publish new code and make it live")
    code.add_argument("--archive", type=Path, default=ROOT / "dist" / "holdings.zip")
    code.add_argument("--percent", default="", help="the share that is watched first; 1 to 99")
    code.add_argument("--minutes", default="", help="for how long; 0 gives it everything at once")
    add("smoke", _smoke, "see that the page and the API answer as they have to")
    page = add("deploy-web", _deploy_web, "put the built page in its place")
    page.add_argument("--build", type=Path, default=ROOT / "spa" / "dist")
    page.add_argument("--prune", action="store_true", help="remove the files of other builds")
    back = add("rollback", _rollback, "make an earlier version live")
    back.add_argument(
        "--version", default="", help="which; without one, end a canary, else the one before"
    )
    again = add("redrive", _redrive, "put a job's failed messages back on its queue")
    again.add_argument("--queue", required=True, help="the job, such as sync-history")
    now = add("run-job", _run_job, "have a job done for everybody now")
    now.add_argument("--job", required=True, help="such as refresh-readings")
    share = add("canary", _canary, "give a version a share of the requests")
    share.add_argument("--version", default="", help="not needed to end it, with 0 per cent")
    share.add_argument("--percent", required=True)
    return parser.parse_args(arguments)


def _pulumi(options: argparse.Namespace) -> int:
    check_stack_name(options.stack)
    find_pulumi()
    boto3.session.Session(region_name="us-east-1").client("sts").get_caller_identity()
    if options.command == "destroy":
        check_destroyable(options.stack)
    agreed = ["--yes"] if getattr(options, "yes", False) else []
    return hand_over([options.command, "--stack", options.stack, *agreed])


def _outputs(options: argparse.Namespace) -> str:
    rows: dict[str, object] = {}
    for name, value in sorted(read_stack(options.stack).outputs.items()):
        if isinstance(value, dict):  # several of a kind: a line each
            named = cast("dict[str, object]", value)
            rows |= {f"{name}.{one}": each for one, each in named.items()}
        else:
            rows[name] = value
    width = max(len(name) for name in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows.items())


def _logs(options: argparse.Namespace) -> int:
    stack = read_stack(options.stack)
    log_group = stack["function_log_group"]
    try:
        for line in tail(_client(stack, "logs"), log_group, warn=warn):
            say(line)
    except KeyboardInterrupt:
        pass  # how a tail ends
    return 0


def _put_secret(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    secret, value = stack["secret"], read_value(options.file)
    put_secret(_client(stack, "secretsmanager"), secret, value)
    return f"stored in {secret}: the next reading of Coinbase uses it"


def _create_user(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    pool = stack["user_pool_id"]
    return create_user(_client(stack, "cognito-idp"), pool, options.email)


def _viewers(options: argparse.Namespace) -> int:
    stack = read_stack(options.stack)
    pool = stack["user_pool_id"]
    for line in viewers(_client(stack, "cognito-idp"), pool, options.search):
        say(line)
    return 0


def _change_viewer(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    pool = stack["user_pool_id"]
    change = disable if options.command == "disable-viewer" else enable
    return change(_client(stack, "cognito-idp"), pool, options.email)


def _forget_viewer(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    records, cache = stack["records_table"], stack["table"]
    return forget(_client(stack, "dynamodb"), records, cache, options.viewer)


def _restore_viewer(options: argparse.Namespace) -> int:
    stack = read_stack(options.stack)
    live = stack["records_table"]
    tables = Tables(restored=options.table or f"{live}-restored", live=live, cache=stack["table"])
    for line in restore(
        _client(stack, "dynamodb"),
        tables,
        options.viewer,
        agreed=options.yes,
        overwrite=options.overwrite,
        clock=Clock(),
    ):
        say(line)
    return 0


def _up(options: argparse.Namespace) -> int:
    known = _read_if_up(options.stack)
    who = visitor(os.environ) if known else None
    if code := _pulumi(options):
        return code
    if not known:
        say(
            "What is new is empty: put-secret, create-user and deploy-web come next, then "
            f"`make smoke STACK={options.stack}`"
        )
        return 0
    return _check(_smoke_found(read_stack(options.stack), who))


def _read_if_up(name: str) -> Stack | None:
    try:
        return read_stack(name)
    except OperationError:
        return None  # whatever is wrong, `pulumi up` is about to say it better


def _smoke(options: argparse.Namespace) -> int:
    stack = read_stack(options.stack)
    return _check(_smoke_found(stack, visitor(os.environ)))


def _smoke_found(stack: Stack, who: Visitor | None, version: str = "") -> Sequence[Fault]:
    return smoke(Addresses.of(stack), who, version=version, say=say, sleep=time.sleep)


def _check(faults: Sequence[Fault]) -> int:
    return 1 if faults else 0


def _deploy_code(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    plan, who = Plan.of(stack, options.percent, options.minutes), visitor(os.environ)
    said = _deployer(stack).deploy(
        options.archive, plan, lambda version: _smoke_found(stack, who, version)
    )
    return "; ".join(said)


def _deploy_web(options: argparse.Namespace) -> int:
    stack = read_stack(options.stack)
    who = visitor(os.environ)
    hosting = Hosting(stack["web_bucket"], stack["web_distribution_id"])
    deployed = deploy_web(
        _client(stack, "s3"),
        _client(stack, "cloudfront"),
        hosting,
        options.build,
        reference=uuid.uuid4().hex,
        prune=options.prune,
    )
    removed = f", {deployed.removed} of other builds removed" if deployed.removed else ""
    say(f"{deployed.files} files are live at {stack['web_url']}{removed}")
    return _check(_smoke_found(stack, who))


def _rollback(options: argparse.Namespace) -> str:
    return _of(_deployer(read_stack(options.stack)).rollback(options.version))


def _canary(options: argparse.Namespace) -> str:
    function = _function(read_stack(options.stack))
    return _of(canary(function, options.version, options.percent, warn))


def _redrive(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    return redrive(_client(stack, "sqs"), stack.mapping("dead_queues"), options.queue)


def _run_job(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
    planner = stack["planner"]
    return run_job(_client(stack, "lambda"), planner, options.job)


def _of(release: Release) -> str:
    share = f", version {release.canary} has {release.share:.0%}" if release.canary else ""
    return f"version {release.version} is live{share}"


def _deployer(stack: Stack) -> Deployer:
    return Deployer(stack, lambda service: _client(stack, service), say, warn)


def _function(stack: Stack) -> Function:
    name = stack["function"]
    return Function(_client(stack, "lambda"), name)


def _client(stack: Stack, service: str) -> Any:
    """Any: boto3-stubs knows a client by a literal name of its service only."""
    session: Any = boto3.session.Session(region_name=stack["region"])
    return session.client(service)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    try:
        done = options.perform(options)
        if isinstance(done, int):
            return done
        say(done)
    except KeyboardInterrupt:
        warn(f"{options.command}: interrupted")
        return 130
    except BrokenPipeError:  # `make logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OperationError as error:
        warn(f"{options.command}: {error}")
        return 1
    except AwsError as error:
        warn(f"{options.command}: {explain(error)}")
        return 1
    except Exception as error:  # noqa: BLE001 - an answer that breaks botocore's parser, or a fault
        place = traceback.extract_tb(error.__traceback__)[-1]
        warn(
            f"{options.command}: {type(error).__name__}: {error}\n"
            "An answer of AWS or pulumi cannot be read (is a proxy in between?), or this is a "
            f"fault of ours: please report it, with {place.filename}:{place.lineno}."
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
