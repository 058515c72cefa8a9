"""In Lambda, DynamoDB and Secrets Manager are called without boto3 while that succeeds."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from holdings.adapters import aws as aws_clients
from local.simulator import Simulator
from tests.builders import FakeClock, make_v2_event
from tests.integration.conftest import SECRET, TABLE, USER, Laptop, as_made, secret_string

ROOT = Path(__file__).parents[2]
KEY = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


@pytest.fixture
def aws() -> None:
    """Not the one of the folder, which answers in this process: here AWS is at an address."""


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto_url: str) -> Iterator[Any]:
    """Makes clients that set things up; what they made is gone after the test."""

    def make(service: Any) -> Any:
        return boto3.client(  # pyright: ignore[reportUnknownVariableType] - typed by literals
            service,
            endpoint_url=moto_url,
            region_name="eu-west-1",
            aws_access_key_id="AKID",
            aws_secret_access_key="s",
        )

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
        "DEFAULT_USER_ID": USER,
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


class NoClient:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} of a client is called")


def test_reading_writing_and_the_secret_need_no_client(
    monkeypatch: pytest.MonkeyPatch, function: Laptop, client: Any
) -> None:
    monkeypatch.setattr(aws_clients, "dynamodb", as_made(NoClient()))
    monkeypatch.setattr(aws_clients, "secrets_manager", as_made(NoClient()))
    function.restart()
    answers = [function.get(), function.get()]
    assert [answer.headers["X-Cache"] for answer in answers] == ["MISS", "HIT"]
    assert answers[0].json == answers[1].json
    item = client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": f"holdings#{USER}"}})
    assert json.loads(item["Item"]["payload"]["S"]) == answers[0].json


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
    monkeypatch: pytest.MonkeyPatch,
    function: Laptop,
    client: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, service in (("dynamodb", "dynamodb"), ("secrets_manager", "secretsmanager")):
        monkeypatch.setattr(aws_clients, name, as_made(client(service)))
    function.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"  # nobody listens
    function.restart()
    with caplog.at_level(logging.INFO):
        assert [function.get().headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    assert "GetItem is left to the client: ConnectionRefusedError" in caplog.text


def test_without_a_key_in_the_variables_the_one_that_boto3_finds_signs(
    monkeypatch: pytest.MonkeyPatch, function: Laptop
) -> None:
    """As from a snapshot, where an address of this instance gives keys that expire."""
    monkeypatch.setattr(aws_clients, "dynamodb", as_made(NoClient()))
    monkeypatch.setattr(aws_clients, "secrets_manager", as_made(NoClient()))
    del function.environ["AWS_ACCESS_KEY_ID"]  # of what the app is told; boto3 looks by itself
    function.restart()
    assert function.get().status_code == 200


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
    assert (answer.status_code, function.code(answer)) == (500, "internal_error")
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
    "click",
    "flask",
    "holdings",
    "itsdangerous",
    "jinja2",
} | {
    "markupsafe",
    "werkzeug",
}
OURS = {
    "holdings",
    "holdings.adapters",
    "holdings.adapters.aws",
    "holdings.adapters.aws_environment",
    "holdings.adapters.dynamodb",
    "holdings.adapters.keepalive",
    "holdings.adapters.signed_api",
    "holdings.adapters.sigv4",
    "holdings.adapters.tls",
    "holdings.api",
    "holdings.api.document",
    "holdings.api.identity",
    "holdings.api.lambda_handler",
    "holdings.api.problems",
    "holdings.api.routes",
    "holdings.api.wire",
    "holdings.core",
    "holdings.core.clock",
    "holdings.core.errors",
    "holdings.core.once",
    "holdings.core.ports",
    "holdings.core.service",
    "holdings.core.snapshot",
    "holdings.deferred",
    "holdings.logs",
    "holdings.preload",
    "holdings.settings",
}
# Large parts of the standard library that nothing on the way needs.
NOT_NEEDED = {"asyncio", "concurrent", "multiprocessing", "sqlite3", "unittest", "xml"}

HIT = """
import json, sys
from app import handler
answer = handler(json.loads(sys.argv[1]), None)
print(json.dumps([answer["statusCode"], answer["headers"]["x-cache"], sorted(sys.modules)]))
"""


def test_an_answer_from_the_cache_imports_nothing_that_it_does_not_need(
    function: Laptop, in_lambda: dict[str, str]
) -> None:
    function.real_time = True
    function.restart()
    assert function.get().headers["X-Cache"] == "MISS"
    done = subprocess.run(
        [sys.executable, "-c", HIT, json.dumps(make_v2_event())],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=in_lambda | {"PATH": os.environ["PATH"], "PYTHONNOUSERSITE": "1"},
    )
    status, cache, modules = json.loads(done.stdout)
    assert (status, cache) == (200, "HIT")
    roots = {name.partition(".")[0] for name in modules}
    installed = {name for name in roots if name not in sys.stdlib_module_names}
    assert {name for name in installed if not name.startswith("_")} == PACKAGES
    assert {name for name in modules if name.partition(".")[0] == "holdings"} == OURS
    assert roots & NOT_NEEDED == set()
