"""The commands behind the make targets that take STACK=...; `python -m operations --help`.

AWS credentials come from the default chain (a profile, single sign-on); nothing of them is kept.
"""

import argparse
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3.session
from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import OperationError
from operations.logs import tail
from operations.release import Function, Release, canary, deploy_code, rollback
from operations.secret import put_secret, read_value
from operations.stack import (
    ROOT,
    check_stack_name,
    find_pulumi,
    hand_over,
    read_outputs,
)
from operations.users import create_user
from operations.web import Hosting, deploy_web

ARCHIVE = ROOT / "dist" / "holdings.zip"
PAGE = ROOT / "spa" / "dist"

_PULUMI = {
    "up": "make or change everything",
    "preview": "show what up would do",
    "destroy": "remove everything that is not protected",
}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="operations", description=__doc__)
    parser.add_argument("--stack", required=True, help="dev, staging or prod")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in _PULUMI.items():
        commands.add_parser(name, help=told)
    commands.add_parser("outputs", help="print where everything is")
    commands.add_parser("logs", help="follow the function's log")
    secret = commands.add_parser("put-secret", help="store the Coinbase key")
    secret.add_argument("--file", type=Path, help="a JSON file; without one, you are asked")
    user = commands.add_parser("create-user", help="invite a person by e-mail")
    user.add_argument("--email", required=True)
    commands.add_parser("deploy-code", help="publish dist/holdings.zip and make it live")
    page = commands.add_parser("deploy-web", help="put spa/dist in the page's place")
    page.add_argument("--prune", action="store_true", help="remove the files of other builds")
    back = commands.add_parser("rollback", help="make an earlier version live")
    back.add_argument("--version", default="", help="which; without one, the one before")
    share = commands.add_parser("canary", help="give a version a share of the requests")
    share.add_argument("--version", required=True)
    share.add_argument("--percent", required=True)
    return parser.parse_args(arguments)


def perform(options: argparse.Namespace, outputs: Mapping[str, Any], session: Any) -> str:
    """Carry out a command and return what to print."""
    function = Function(session.client("lambda"), outputs.get("function", ""))
    match options.command:
        case "put-secret":
            put_secret(
                session.client("secretsmanager"), outputs["secret"], read_value(options.file)
            )
            return f"stored in {outputs['secret']}: the next reading of Coinbase uses it"
        case "create-user":
            create_user(session.client("cognito-idp"), outputs["user_pool_id"], options.email)
            return f"{options.email} gets a temporary password by e-mail"
        case "deploy-code":
            return _told(deploy_code(function, ARCHIVE))
        case "deploy-web":
            deployed = deploy_web(
                session.client("s3"),
                session.client("cloudfront"),
                Hosting.of(outputs),
                PAGE,
                reference=uuid.uuid4().hex,
                prune=options.prune,
            )
            removed = f", {deployed.removed} of other builds removed" if deployed.removed else ""
            return f"{deployed.files} files are live at {outputs['web_url']}{removed}"
        case "rollback":
            return _told(rollback(function, options.version))
        case "canary":
            return _told(canary(function, options.version, options.percent))
        case _:
            width = max(len(name) for name in outputs)
            return "\n".join(f"{name:{width}}  {value}" for name, value in sorted(outputs.items()))


def _told(release: Release) -> str:
    share = f", version {release.canary} has {release.share:.0%}" if release.canary else ""
    return f"version {release.version} is live{share}"


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    try:
        check_stack_name(options.stack)
        if options.command in _PULUMI:
            find_pulumi()
            boto3.session.Session(region_name="us-east-1").client("sts").get_caller_identity()
            return hand_over([options.command, "--stack", options.stack])
        outputs = read_outputs(options.stack)
        session = boto3.session.Session(region_name=outputs["region"])
        if options.command == "logs":
            for line in tail(session.client("logs"), outputs["function_log_group"]):
                print(line, flush=True)
        print(perform(options, outputs, session))
    except KeyboardInterrupt:
        return 0
    except OperationError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(
            f"{options.command}: AWS says: {error}\nAre you logged in to the right account? "
            "`aws sts get-caller-identity` tells; `aws sso login` or AWS_PROFILE=... mends it.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
