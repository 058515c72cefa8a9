"""The app with everything real but AWS (moto) and Coinbase (the simulator, in this process)."""

import functools
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
import pytest
import requests
from botocore.loaders import create_loader
from flask.testing import FlaskClient
from moto import mock_aws
from moto.server import ThreadedMotoServer
from werkzeug.test import TestResponse

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.clock import Clock
from holdings.core.ports import Exchange, Market, SnapshotCache
from local.simulator import Credentials, Fault, Injection, Simulator
from tests.builders import CLAIMS, FakeClock, FakeMarket, make_settings

SIGNED_IN = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": CLAIMS}}}}
TABLE, SECRET = "holdings", "coinbase-key"
# Where in the table the shared connection's readings and the viewer's answers are.
READING, ANSWER = "reading#demo-user", f"answer#{CLAIMS['sub']}"


@pytest.fixture(autouse=True, scope="session")
def service_models_read_once() -> Iterator[None]:
    """Each app has a session, and botocore would read megabytes of JSON for it: most of a test."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session, "create_loader", functools.cache(create_loader))
        yield


@functools.cache
def moto_client(service: Any, url: str | None = None) -> Any:
    """Reaches whatever account moto has at the time: one for all, as to make one takes long."""
    return boto3.client(  # pyright: ignore[reportUnknownVariableType] - typed by literals
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """An empty account that other processes reach too: all servers of one process have the same."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    requests.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
    yield url
    server.stop()


@pytest.fixture
def at_moto(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What leads this process and others to that account."""
    told = {
        "AWS_ENDPOINT_URL": moto_url,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with an empty table; no call can leave this machine."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        moto_client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        moto_client("secretsmanager").create_secret(Name=SECRET)
        yield


def secret_string(credentials: Credentials) -> str:
    return json.dumps(
        {
            "api_key": credentials.api_key,
            "api_secret": credentials.api_secret,
            "passphrase": credentials.passphrase,
        }
    )


@dataclass
class Laptop:
    """One app, its exchange and its clock, which only sleeps move unless it is the real one."""

    simulator: Simulator
    time: FakeClock
    environ: dict[str, str] = field(default_factory=dict[str, str])
    real_time: bool = False
    exchange: Exchange | None = None
    cache: Callable[[str], SnapshotCache] | None = None
    # None is the real one, of the simulator.
    market: Market | None = field(default_factory=FakeMarket)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.app = create_app(
            make_settings(
                **{
                    "CB_BASE_URL": self.simulator.url,
                    "CB_ADVANCED_URL": self.simulator.url,
                    "AWS_REGION": os.environ.get("AWS_REGION", ""),
                    **self.environ,
                }
            ),
            clock=Clock() if self.real_time else self.time.clock,
            exchange=self.exchange,
            cache=self.cache,
            market=self.market,
        )
        self.client: FlaskClient = self.app.test_client()

    def get(self, query: str = "", **headers: str) -> TestResponse:
        return self.client.get(f"/holdings{query}", headers=headers, environ_overrides=SIGNED_IN)

    def put_secret(self, value: str | None = None) -> None:
        moto_client("secretsmanager").put_secret_value(
            SecretId=SECRET, SecretString=value or secret_string(self.simulator.credentials)
        )

    def break_exchange(self, fault: Fault, **changes: Any) -> None:
        self.simulator.exchange.faults.set(Injection(fault, **changes))

    def asked(self, path: str = "/accounts") -> int:
        """How many requests for a path the exchange has seen."""
        return self.simulator.exchange.counts().get(f"GET {path}", 0)

    def forget_failure(self) -> None:
        """Let the time pass in which a failed reading is not tried again."""
        self.time.advance(11)

    def code(self, response: TestResponse) -> str:
        assert response.json
        return str(response.json["code"])

    def warnings(self, response: TestResponse) -> list[str]:
        assert response.json
        return [warning["code"] for warning in response.json["warnings"]]


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(time: FakeClock) -> Iterator[Simulator]:
    with Simulator(now=lambda: time.time) as simulator:
        yield simulator


@pytest.fixture
def laptop(simulator: Simulator, time: FakeClock) -> Laptop:
    laptop = Laptop(simulator, time)
    laptop.put_secret()
    return laptop


@pytest.fixture(autouse=True)
def quiet_root_logger() -> Iterator[None]:
    """create_app sets the root level; the next test starts from pytest's own."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
