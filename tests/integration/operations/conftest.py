"""An account (moto) and a `pulumi` with canned answers: what the operator's commands run on."""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from operations.__main__ import main
from operations.release import Function

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

REGION = "eu-west-1"
NAME = "holdings-dev-api"
ROLE_POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})

PULUMI = """#!{python} -IS
import json, pathlib, sys
here = pathlib.Path({here!r})
with open(here / "asked", "a") as asked:
    print(json.dumps(sys.argv[1:]), file=asked)
answers = json.loads((here / "answers").read_text())
out, err, code = answers.get(" ".join(sys.argv[1:3])) or answers.get(sys.argv[1]) or ["", "", 0]
sys.stdout.buffer.write(out.encode("utf-8", "surrogateescape"))
sys.stderr.write(err)
sys.exit(code)
"""


@dataclass
class Pulumi:
    """A stand-in on PATH for Pulumi's CLI, which no registry has."""

    folder: Path
    answers: dict[str, tuple[str, str, int]] = field(default_factory=dict[str, Any])

    def answer(self, command: str, out: str = "", err: str = "", code: int = 0) -> None:
        """What `pulumi <command>` prints from now on, and ends with."""
        self.answers[command] = (out, err, code)
        (self.folder / "answers").write_text(json.dumps(self.answers))

    def outputs(self, **outputs: object) -> None:
        self.answer("stack output", json.dumps({"region": REGION, **outputs}))

    def asked(self) -> list[list[str]]:
        asked = self.folder / "asked"
        return (
            [json.loads(line) for line in asked.read_text().splitlines()] if asked.exists() else []
        )


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person who is logged in, with nothing of this machine's own AWS set-up."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_MAX_ATTEMPTS": "1",
        "SKIP_SIGN_IN": "1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def aws() -> Iterator[Session]:
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield Session()


@pytest.fixture
def pulumi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pulumi:
    folder = tmp_path / "pulumi"
    folder.mkdir()
    program = folder / "pulumi"
    program.write_text(PULUMI.format(python=sys.executable, here=str(folder)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    made = Pulumi(folder)
    made.outputs(function="holdings-dev-api")
    return made


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed where."""

    code: int
    out: str
    err: str


Operate = Callable[..., Said]
Make = Callable[..., Function]


@pytest.fixture
def operate(capfd: pytest.CaptureFixture[str]) -> Operate:
    """Run a command on the stack dev, as its make target does."""

    def operate(*arguments: str) -> Said:
        code = main(["--stack", "dev", *arguments])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return operate


@pytest.fixture
def client(aws: Session) -> "LambdaClient":
    return aws.client("lambda")


@pytest.fixture
def make(aws: Session, client: "LambdaClient") -> Make:
    """Make a function with versions 1 to `versions`, of which `live` is live."""

    def make(versions: int, live: str) -> Function:
        role = aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=ROLE_POLICY)
        client.create_function(
            FunctionName=NAME,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.handler",
            Code={"ZipFile": package("1")},
            Publish=True,
        )
        for version in range(2, versions + 1):
            client.update_function_code(FunctionName=NAME, ZipFile=package(str(version)))
            client.publish_version(FunctionName=NAME)
        client.create_alias(FunctionName=NAME, Name="live", FunctionVersion=live)
        return Function(client, NAME)

    return make


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "holdings.zip"
    path.write_bytes(package("new"))
    return path


def package(code: str) -> bytes:
    """An archive whose app is `code`."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), code)  # the same bytes at any time
    return written.getvalue()


def answer_with(client: Any, operation: str, body: bytes, status: int = 200) -> None:
    """Let AWS answer a client's `operation` ("logs.FilterLogEvents") so; nothing is sent."""

    class Raw(io.BytesIO):
        def stream(self, **_: object) -> Iterator[bytes]:
            yield self.read()

    def answer(**_: object) -> AWSResponse:
        headers: Any = {}
        return AWSResponse("https://aws.example", status, headers, Raw(body))

    name, events = f"before-send.{operation}", client.meta.events
    events.unregister(name, unique_id=name)  # an earlier answer
    events.register_first(name, answer, unique_id=name)
