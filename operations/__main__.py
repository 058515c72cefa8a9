"""The commands behind the make targets that take STACK=...; `python -m operations --help`.

AWS credentials come from the default chain (a profile, single sign-on); nothing of them is kept.
"""

import argparse
import os
import re
import sys
import traceback
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import boto3.session

from holdings.core.clock import Clock
from operations.access import create_user, put_secret, read_value
from operations.errors import AwsError, OperationError, explain
from operations.jobs import redrive, run_job
from operations.logs import tail
from operations.release import Function, Release, canary, deploy_code, rollback
from operations.restore import Tables, restore
from operations.stack import (
    ROOT,
    Stack,
    check_destroyable,
    check_stack_name,
    find_pulumi,
    hand_over,
    read_stack,
)
from operations.viewers import disable, enable, forget, viewers
from operations.web import Hosting, deploy_web

# What a terminal would obey instead of showing: control characters, and turns of direction.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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

    for name, changes in (
        ("up", "make or change everything"),
        ("destroy", "remove everything, data too; refuses while the stack keeps its data"),
    ):
        add(name, _pulumi, changes).add_argument(
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
        for line in tail(_client(stack, "logs"), log_group, warn=_warn):
            _say(line)
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
        _say(line)
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
        _say(line)
    return 0


def _deploy_code(options: argparse.Namespace) -> str:
    function = _function(read_stack(options.stack))
    release = deploy_code(function, options.archive)
    removed = function.remove_old_versions(_warn)
    return _of(release) + (f"; removed old version {', '.join(removed)}" if removed else "")


def _deploy_web(options: argparse.Namespace) -> str:
    stack = read_stack(options.stack)
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
    return f"{deployed.files} files are live at {stack['web_url']}{removed}"


def _rollback(options: argparse.Namespace) -> str:
    return _of(rollback(_function(read_stack(options.stack)), options.version))


def _canary(options: argparse.Namespace) -> str:
    function = _function(read_stack(options.stack))
    return _of(canary(function, options.version, options.percent, _warn))


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


def _function(stack: Stack) -> Function:
    name = stack["function"]
    return Function(_client(stack, "lambda"), name)


def _client(stack: Stack, service: str) -> Any:
    """Any: boto3-stubs knows a client by a literal name of its service only."""
    session: Any = boto3.session.Session(region_name=stack["region"])
    return session.client(service)


def _say(text: str) -> None:
    _print(text, sys.stdout)


def _warn(text: str) -> None:
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """Print what AWS, Pulumi or the operator wrote so that no terminal obeys it or fails at it."""
    shown = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    encoding = stream.encoding or "utf-8"
    shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, file=stream, flush=True)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    try:
        done = options.perform(options)
        if isinstance(done, int):
            return done
        _say(done)
    except KeyboardInterrupt:
        _warn(f"{options.command}: interrupted")
        return 130
    except BrokenPipeError:  # `make logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OperationError as error:
        _warn(f"{options.command}: {error}")
        return 1
    except AwsError as error:
        _warn(f"{options.command}: {explain(error)}")
        return 1
    except Exception as error:  # noqa: BLE001 - an answer that breaks botocore's parser, or a fault
        place = traceback.extract_tb(error.__traceback__)[-1]
        _warn(
            f"{options.command}: {type(error).__name__}: {error}\n"
            "An answer of AWS or pulumi cannot be read (is a proxy in between?), or this is a "
            f"fault of ours: please report it, with {place.filename}:{place.lineno}."
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
