"""In Lambda, DynamoDB and Secrets Manager are called without boto3 while that succeeds."""

import json
import logging
import os
import ssl
import subprocess
import sys
import threading
import time as real_time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from werkzeug import Response

from holdings.adapters.aws import Aws, AwsService, AwsUnavailable
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.dynamodb import DynamoDBCache
from holdings.adapters.packing import unpack
from holdings.core.clock import Clock, Deadline
from local.simulator import Fault, Simulator
from local.simulator.server import Server
from tests.builders import FakeClock, make_v2_event
from tests.integration.conftest import ANSWER, SECRET, TABLE, Laptop, moto_client, secret_string

ROOT = Path(__file__).parents[2]
KEY = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


@pytest.fixture
def aws() -> None:
    """Not the one of the folder, which answers in this process: here AWS is at an address."""


@pytest.fixture
def client(moto_url: str) -> Iterator[Any]:
    """Makes clients that set things up; what they made is gone after the test."""

    def make(service: Any) -> Any:
        return moto_client(service, moto_url)

    make("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    make("secretsmanager").create_secret(Name=SECRET)
    yield make
    make("dynamodb").delete_table(TableName=TABLE)
    make("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def in_lambda(
    monkeypatch: pytest.MonkeyPatch, moto_url: str, simulator: Simulator
) -> dict[str, str]:
    """The variables of a function, for the app and for what boto3 reads by itself."""
    environ = {
        **KEY,
        "AWS_LAMBDA_FUNCTION_NAME": "holdings",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": moto_url,
        "CB_BASE_URL": simulator.url,
        "DDB_TABLE": TABLE,
        "CB_SECRET_NAME": SECRET,
        "DEFAULT_USER_ID": "demo-user",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return environ


@pytest.fixture
def function(
    in_lambda: dict[str, str], simulator: Simulator, time: FakeClock, client: Any
) -> Laptop:
    client("secretsmanager").put_secret_value(
        SecretId=SECRET, SecretString=secret_string(simulator.credentials)
    )
    return Laptop(simulator, time, environ=in_lambda)


WITHOUT_CLIENTS = """
import json, sys
sys.modules["boto3"] = sys.modules["botocore"] = None  # importing them is an error
from app import handler
event = json.loads(sys.argv[1])
answers = [handler(event, None) for _ in range(2)]
shown = [(a["statusCode"], a["headers"]["x-cache"], json.loads(a["body"])) for a in answers]
print(json.dumps(shown))
"""


def run_function(program: str, environ: dict[str, str]) -> Any:
    """Run a program as a new instance of the function, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(make_v2_event())],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environ | {"PATH": os.environ["PATH"], "PYTHONNOUSERSITE": "1"},
    )
    return json.loads(done.stdout)


def test_reading_writing_and_the_secret_need_no_client(
    function: Laptop, client: Any, in_lambda: dict[str, str]
) -> None:
    function.time.time = real_time.time()
    miss, hit = run_function(WITHOUT_CLIENTS, in_lambda)
    assert (miss[:2], hit[:2]) == ([200, "MISS"], [200, "HIT"])
    assert (miss[2], miss[2]["warnings"]) == (hit[2], [])
    item = client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": ANSWER}})
    assert json.loads(unpack([item["Item"]["packed"]["S"]])) == miss[2]


def test_leases_and_conditions_hold_without_a_client_too(function: Laptop) -> None:
    """Another instance's lease is in the refusal itself: no second call asks for it."""
    other = Laptop(function.simulator, function.time, environ=function.environ)
    function.get()
    function.time.advance(200)
    assert function.get("?refresh=true").headers["X-Cache"] == "REFRESH"
    assert other.get("?refresh=true").headers["X-Cache"] == "HIT"
    function.break_exchange(Fault.MAINTENANCE)
    function.time.advance(200)
    assert function.get().headers["X-Cache"] == "STALE"
    asked = function.asked()
    assert function.warnings(other.get()) == ["exchange_unavailable"]
    assert function.asked() == asked


def test_a_table_that_is_not_there_is_found_out_by_the_client_and_costs_a_warning(
    function: Laptop,
) -> None:
    function.environ["DDB_TABLE"] = "elsewhere"
    function.restart()
    answer = function.get()
    assert (answer.status_code, function.warnings(answer)) == (200, ["cache_unavailable"])
    assert answer.json
    assert "ResourceNotFoundException" in answer.json["warnings"][0]["detail"]


def test_a_secret_that_is_not_there_is_found_out_by_the_client(function: Laptop) -> None:
    function.environ["CB_SECRET_NAME"] = "elsewhere"
    function.restart()
    answer = function.get()
    assert (answer.status_code, function.code(answer)) == (500, "secret_invalid")


def test_where_signed_calls_do_not_get_through_the_client_does_it_all(
    function: Laptop, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = AwsEnvironment.from_env(function.environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    signed = Aws(nobody, "eu-west-1", never).service("dynamodb").signed
    service = AwsService(lambda: client("dynamodb"), signed)
    function.cache = DynamoDBCache(service, TABLE)
    function.restart()
    with caplog.at_level(logging.INFO):
        assert [function.get().headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert "GetItem is left to the client: ConnectionRefusedError" in caplog.text


def never() -> ssl.SSLContext:
    raise AssertionError("plain HTTP needs no TLS")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null", b"{", b'{"Item": 7}', b"\xff", b""])
def test_an_answer_of_aws_that_is_no_item_costs_a_warning_or_a_miss(
    function: Laptop, httpserver: "Answers", body: bytes
) -> None:
    httpserver.body = body
    environment = AwsEnvironment.from_env(function.environ | {"AWS_ENDPOINT_URL": httpserver.url})
    dynamodb = Aws(environment, "eu-west-1", never).service("dynamodb")
    elsewhere = boto3.client(
        "dynamodb",
        endpoint_url=httpserver.url,
        region_name="eu-west-1",
        aws_access_key_id="AKID",
        aws_secret_access_key="s",
    )
    service = AwsService(lambda: elsewhere, dynamodb.signed)
    function.cache = DynamoDBCache(service, TABLE)
    function.restart()
    for _ in range(2):
        assert function.get().status_code == 200


@pytest.mark.parametrize("body", [b"", b"7", b"[]", b"<html>", b'{"Item": {', b"[" * 5_000])
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_a_success_that_is_no_object_is_none_by_either_way(
    operation: str, body: bytes, in_lambda: dict[str, str]
) -> None:
    """To botocore it is an empty answer: nothing is kept, or something was written."""
    server = Server(Response(body, 200, content_type="application/x-amz-json-1.0"))
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    environment = AwsEnvironment.from_env({**in_lambda, "AWS_ENDPOINT_URL": url})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", url)
        reached = Aws(environment, "eu-west-1", ssl.create_default_context)
        service = reached.service("dynamodb")
        item = {"pk": {"S": "x"}}
        request = {"Key": item} if operation == "GetItem" else {"Item": item}
        with pytest.raises(AwsUnavailable, match="InvalidResponse"):
            service.call(operation, {"TableName": TABLE, **request})
        service.client.close()
    reached.close()
    server.stop()


@pytest.mark.slow
def test_an_answer_of_aws_that_drips_does_not_outlast_the_request(
    function: Laptop, httpserver: "Answers"
) -> None:
    httpserver.body, httpserver.pause = b" " * 100, 0.9
    function.environ["AWS_ENDPOINT_URL_DYNAMODB"] = httpserver.url
    function.restart()
    started = real_time.monotonic()
    answer = function.get()
    assert (answer.status_code, function.warnings(answer)) == (200, ["cache_unavailable"])
    assert real_time.monotonic() - started < 60  # all of it would take 90 s


@dataclass
class Answers:
    """An address that answers every request with these bytes, one each `pause` seconds."""

    url: str
    body: bytes = b"{}"
    pause: float = 0.0


@pytest.fixture
def httpserver() -> Iterator[Answers]:
    answers = Answers("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answers.body)))
            self.end_headers()
            with suppress(OSError):
                for n in range(len(answers.body)) if answers.pause else ():
                    self.wfile.write(answers.body[n : n + 1])
                    real_time.sleep(answers.pause)
                self.wfile.write(b"" if answers.pause else answers.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        answers.url = f"http://127.0.0.1:{server.server_port}"
        yield answers
        server.shutdown()


def test_without_a_key_in_the_variables_the_one_that_boto3_finds_signs(
    monkeypatch: pytest.MonkeyPatch, function: Laptop
) -> None:
    """As from a snapshot, where an address of this instance gives keys that expire."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FOUND")
    environ = {**function.environ}
    del environ["AWS_ACCESS_KEY_ID"]  # of what the app is given; boto3 looks by itself
    environment = AwsEnvironment.from_env(environ)
    assert environment
    assert environment.key is None

    def no_client() -> Any:
        raise AssertionError("a client is made")

    signed = Aws(environment, "eu-west-1", never).service("dynamodb").signed
    cache = DynamoDBCache(AwsService(no_client, signed), TABLE)(ANSWER)
    assert cache.get(Deadline.after(9, Clock())) is None


def test_a_key_that_boto3_cannot_get_is_no_crash_but_named(
    monkeypatch: pytest.MonkeyPatch, function: Laptop, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\ncredential_process = false\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    del function.environ["AWS_ACCESS_KEY_ID"]
    function.restart()
    answer = function.get()
    assert (answer.status_code, function.code(answer)) == (503, "secret_unavailable")
    assert answer.json
    assert answer.json["detail"] == (
        f"the secret {SECRET} cannot be read now (CredentialRetrievalError): try again later"
    )


def test_everything_is_loaded_and_connected_ahead_where_that_is_asked_for(
    function: Laptop,
) -> None:
    function.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    function.restart()
    assert function.asked("/time") == 1
    assert function.asked() == 0
    assert function.get().headers["X-Cache"] == "MISS"


def test_the_first_answer_of_such_an_instance_loads_nothing_more(
    function: Laptop, in_lambda: dict[str, str]
) -> None:
    function.time.time = real_time.time()
    environ = in_lambda | {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    status, cache, loaded = run_function(AHEAD, environ)
    assert (status, cache) == (200, "MISS")
    assert loaded == []


def test_what_cannot_be_reached_ahead_keeps_nobody_from_starting(
    function: Laptop, caplog: pytest.LogCaptureFixture
) -> None:
    function.environ |= {"PRELOAD": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    function.environ["CB_BASE_URL"] = "http://127.0.0.1:9"
    function.restart()
    assert "cannot be preloaded" in caplog.text
    assert function.client.get("/health").status_code == 200


# What an answer from the cache may import, beyond the standard library.
PACKAGES = {
    "apig_wsgi",
    "app",
    "blinker",
    "flask",
    "holdings",
    "markupsafe",
    "werkzeug",
}
OURS = {
    "holdings",
    "holdings.adapters",
    "holdings.adapters.aws",
    "holdings.adapters.aws_environment",
    "holdings.adapters.connection_pool",
    "holdings.adapters.dynamodb",
    "holdings.adapters.exchanges",
    "holdings.adapters.packing",
    "holdings.adapters.signed_api",
    "holdings.adapters.tls",
    "holdings.api",
    "holdings.api.alerts",
    "holdings.api.connections",
    "holdings.api.document",
    "holdings.api.history",
    "holdings.api.identity",
    "holdings.api.insights",
    "holdings.api.lambda_handler",
    "holdings.api.prices",
    "holdings.api.problem_kinds",
    "holdings.api.profile",
    "holdings.api.problems",
    "holdings.api.routes",
    "holdings.api.request_hooks",
    "holdings.api.url_rules",
    "holdings.assembly",
    "holdings.core",
    "holdings.cold_start",
    "holdings.core.clock",
    "holdings.core.errors",
    "holdings.core.freshness",
    "holdings.core.kept",
    "holdings.core.once",
    "holdings.core.ports",
    "holdings.core.service",
    "holdings.core.snapshot",
    "holdings.core.viewer",
    "holdings.deferred",
    "holdings.logs",
    "holdings.metrics",
    "holdings.needed",
    "holdings.outside",
    "holdings.past",
    "holdings.settings",
    "holdings.traces",
}
# What we ship and no reading of the exchange needs.
NOT_OF_A_MISS = {"boto3", "botocore", "click", "cryptography", "jinja2", "jwt", "marshmallow"}
# Large parts of the standard library that nothing on the way needs.
NOT_NEEDED = {"asyncio", "concurrent", "multiprocessing", "sqlite3", "unittest", "xml"}

AHEAD = """
import json, sys
from app import handler
before = set(sys.modules)
answer = handler(json.loads(sys.argv[1]), None)
loaded = {name for name in set(sys.modules) - before if name.startswith(("holdings", "requests"))}
print(json.dumps([answer["statusCode"], answer["headers"]["x-cache"], sorted(loaded)]))
"""
LOADED = """
import json, sys
from app import handler
answer = handler(json.loads(sys.argv[1]), None)
loaded = [name for name, module in sys.modules.items() if type(module).__name__ != "_Placeholder"]
print(json.dumps([answer["statusCode"], answer["headers"]["x-cache"], loaded]))
"""


def _loaded(outcome: str, environ: dict[str, str]) -> tuple[set[str], list[str]]:
    """Return the packages and the modules of an instance that has just answered so."""
    status, cache, modules = run_function(LOADED, environ)
    assert (status, cache) == (200, outcome)
    # Debian's own Python brings a sitecustomize, which is the machine's and not ours.
    roots = {name.partition(".")[0] for name in modules} - {"sitecustomize"}
    installed = {name for name in roots - sys.stdlib_module_names if not name.startswith("_")}
    return installed, modules


def test_a_miss_and_a_hit_import_nothing_that_they_do_not_need(
    function: Laptop, in_lambda: dict[str, str]
) -> None:
    function.time.time = real_time.time()
    of_a_miss, _ = _loaded("MISS", in_lambda)
    assert of_a_miss > PACKAGES
    assert of_a_miss & NOT_OF_A_MISS == set()
    installed, modules = _loaded("HIT", in_lambda)
    assert installed == PACKAGES
    roots = {name.partition(".")[0] for name in modules}
    assert {name for name in modules if name.partition(".")[0] == "holdings"} == OURS
    assert roots & NOT_NEEDED == set()
