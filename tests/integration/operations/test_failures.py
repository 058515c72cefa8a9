"""Whatever AWS, the way to it, or this machine answers: a sentence with a remedy that is true."""

import inspect
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from operations.errors import KINDS, explain, passes
from operations.stack import ROOT
from tests.integration.operations.conftest import Operate, Pulumi, package

LOG_IN = "aws sso login"
OUTPUTS = {
    "secret": "s",
    "user_pool_id": "eu-west-1_a",
    "function": "f",
    "function_log_group": "/aws/lambda/f",
    "release": {"percent": 10, "minutes": 0},
    "alarms": {"api-5xx": "holdings-dev-api-5xx"},
    "job_functions": {"forget": "holdings-dev-forget"},
    "planner": "holdings-dev-plan",
    "web_bucket": "holdings-dev-web",
    "web_distribution_id": "E1",
    "web_url": "https://page.example",
}


@pytest.fixture
def aws() -> None:
    """Nothing stands for AWS here: each test says what is in its place."""


@pytest.fixture
def commands(pulumi: Pulumi, tmp_path: Path) -> list[list[str]]:
    """Every command that calls AWS, with what it needs to get that far."""
    pulumi.outputs(**OUTPUTS)
    key = tmp_path / "key.json"
    key.write_text(f'{{"api_key": "k", "api_secret": "{"A" * 86}==", "passphrase": "p"}}')
    archive = tmp_path / "holdings.zip"
    archive.write_bytes(package("new"))
    build = tmp_path / "build"
    build.mkdir()
    (build / "index.html").write_text("<!doctype html>")
    return [
        ["up"],
        ["logs"],
        ["put-secret", f"--file={key}"],
        ["create-user", "--email=a@example.com"],
        ["deploy-code", f"--archive={archive}"],
        ["deploy-web", f"--build={build}", "--prune"],
        ["rollback"],
        ["canary", "--version=1", "--percent=5"],
    ]


def classes() -> list[type[Exception]]:
    """Every error of botocore's."""
    return [
        kind
        for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(kind, botocore.exceptions.BotoCoreError)
    ]


OF_LOGIN = """
    NoCredentialsError PartialCredentialsError CredentialRetrievalError NoAuthTokenError
    TokenRetrievalError SSOError SSOTokenLoadError UnauthorizedSSOTokenError MetadataRetrievalError
    RefreshWithMFAUnsupportedError LoginError LoginRefreshRequired LoginInsufficientPermissions
    LoginTokenLoadError LoginAuthorizationCodeError
"""
# Codes that every service has, or that only its documentation names.
OF_ALL_SERVICES = """
    AccessDeniedException AuthorizationError ExpiredToken ExpiredTokenException InternalError
    InternalFailure InvalidAccessKeyId InvalidClientTokenId InvalidSignatureException InvalidToken
    KMSNotFoundException MissingAuthenticationToken MissingAuthenticationTokenException
    NotFoundException OptInRequired RegionDisabledException RequestExpired RequestLimitExceeded
    RequestTimeTooSkewed RequestTimeout ServiceUnavailable SignatureDoesNotMatch SlowDown
    SubscriptionRequiredException Throttling ThrottlingException UnauthorizedOperation
    UnrecognizedClientException ValidationException
"""


def test_only_an_error_of_the_login_asks_to_log_in() -> None:
    for kind in classes():
        error = kind.__new__(kind)
        error.args = ("what botocore says",)
        assert (LOG_IN in explain(error)) == (kind.__name__ in OF_LOGIN.split()), kind
        assert "what botocore says" in explain(error), kind


def test_every_name_in_the_table_is_a_class_or_a_code_of_aws() -> None:
    known = {kind.__name__ for kind in (*classes(), ResponseParserError)}
    known.update(OF_ALL_SERVICES.split())
    session: Any = botocore.session.get_session()
    for service in ("cloudfront", "cognito-idp", "lambda", "logs", "s3", "secretsmanager", "sso"):
        known.update(shape.error_code for shape in session.get_service_model(service).error_shapes)
    named = [name for names in KINDS.values() for name in names.split()]
    assert [name for name in named if name not in known or named.count(name) > 1] == []


def answer(code: str, message: str = "what AWS says", status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "Operation",
    )


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (answer("ExpiredTokenException"), LOG_IN),
        (answer("UnrecognizedClientException"), LOG_IN),
        (answer("InvalidSignatureException", "does not match the signature you provided"), LOG_IN),
        (answer("InvalidSignatureException", "Signature expired: 2026 is now earlier"), "clock"),
        (answer("SignatureDoesNotMatch", "Signature not yet current"), "clock"),
        (answer("RequestTimeTooSkewed"), "clock"),
        (answer("AccessDeniedException", status=403), "may not do this"),
        (answer("AccessDenied", status=403), "may not do this"),
        (answer("ResourceNotFoundException", "Function not found: f", 404), "make up"),
        (answer("NoSuchBucket", status=404), "make up"),
        (answer("ResourceConflictException", status=409), "under way"),
        (answer("TooManyRequestsException", status=429), "try again"),
        (answer("503", status=503), "try again"),
        (answer("429", status=429), "try again"),
        (answer("SomethingNewException", status=500), "try again"),
        (answer("InvalidParameterValueException"), "check what you gave"),
    ],
)
def test_an_answer_of_aws_comes_with_its_own_remedy(error: ClientError, remedy: str) -> None:
    said, advice = explain(error).split("\n")
    assert said.startswith("AWS answers: ")
    assert str(error) in said
    assert remedy in advice
    assert (LOG_IN in advice) == (remedy == LOG_IN)
    assert passes(error) == (remedy == "try again")


def test_an_answer_that_nobody_foresaw_is_shown_without_a_guess() -> None:
    said = explain(answer("SomethingNewException"))
    assert "what AWS says" in said
    assert "\n" not in said


def test_who_is_not_logged_in_learns_it_from_every_command(
    commands: list[list[str]], operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for command in commands:
        said = operate(*command)
        assert (said.code, said.out) == (1, ""), command
        assert LOG_IN in said.err, command


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("AWS_PROFILE", "nobody", "list-profiles"),
        ("AWS_CONFIG_FILE", "broken", "list-profiles"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "AWS is not reached"),
        ("HTTPS_PROXY", "http://127.0.0.1:1", "HTTPS_PROXY"),
        ("AWS_ENDPOINT_URL", "nonsense", "nonsense"),
    ],
)
def test_what_is_wrong_on_this_machine_is_not_taken_for_a_login(
    commands: list[list[str]],
    operate: Operate,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    value: str,
    remedy: str,
) -> None:
    (tmp_path / "broken").write_text("[profile\n= x")
    monkeypatch.setenv(variable, str(tmp_path / value) if value == "broken" else value)
    for command in commands:
        if command[0] not in ("up", "put-secret"):
            continue  # they all go the same way
        said = operate(*command)
        assert said.code == 1, command
        assert remedy in said.err, command
        assert LOG_IN not in said.err, command


class Aws:
    """A server in AWS's place that answers everything with one thing."""

    status = 200
    body = b""
    kind = "application/json"

    def __enter__(self) -> "Aws":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(outer.status)
                self.send_header("content-type", outer.kind)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - its name

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with Aws() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


HTML = b"<html><body>Sign in to the network of this hotel</body></html>"


@pytest.mark.slow  # it makes some hundred clients
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, HTML),
        (200, b"[]"),
        (200, b'{"FunctionVersion": null, "Aliases": "x", "Versions": [null], "events": 7}'),
        (200, b'{"FunctionVersion": 7, "RoutingConfig": "x", "Versions": {}, "events": [7]}'),
        (302, HTML),
        (400, b'{"__type": 7, "message": {"a": []}}'),
        (404, b"\xff\xfe"),
        (500, HTML),
    ],
)
def test_no_answer_makes_a_traceback_or_a_wrong_remedy(
    fake_aws: Aws, commands: list[list[str]], operate: Operate, status: int, body: bytes
) -> None:
    fake_aws.status, fake_aws.body = status, body
    for command in commands:
        if command == ["logs"] and (status == 500 or body == HTML):
            continue  # follows what may still come
        said = operate(*command)
        assert "Traceback" not in said.err, command
        assert LOG_IN not in said.err, command
        assert said.code in (0, 1), command
        if said.code == 1:
            assert said.err.startswith(f"{command[0]}: "), command
            assert len(said.err) > len(command[0]) + 3, command


def test_a_tail_is_ended_by_an_interruption(fake_aws: Aws, pulumi: Pulumi) -> None:
    pulumi.outputs(**OUTPUTS)
    fake_aws.body = b'{"events": [{"eventId": "1", "message": "a line"}]}'
    with subprocess.Popen(
        [sys.executable, "-m", "operations", "--stack", "dev", "logs"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout
        assert following.stdout.readline() == "a line\n"
        following.send_signal(signal.SIGINT)
        out, err = following.communicate(timeout=60)
    assert (following.returncode, out, err) == (0, "", "")
