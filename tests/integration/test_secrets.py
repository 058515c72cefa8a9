"""The Coinbase key: how it is read, rotated, refused, and never shown."""

import base64
import io
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from holdings import logs
from holdings.adapters import tls
from holdings.adapters.aws import AwsService
from holdings.adapters.coinbase_exchange import CoinbaseClient
from holdings.adapters.secrets_manager import SecretsManagerCredentials
from holdings.api.problem_kinds import KINDS
from holdings.core.errors import HoldingsError, Misconfigured, SecretInvalid
from local.simulator import Credentials, Fault, Simulator
from tests.builders import FakeClock, unvalued
from tests.integration.conftest import SECRET, Laptop, moto_client, secret_string

CANARIES = Credentials(
    api_key="canary-key-xyzzy",
    api_secret=base64.b64encode(b"canary-secret-xyzzy".ljust(64, b"!")).decode(),
    passphrase="canary passphrase xyzzy",
)


class CountingClient:
    """Secrets Manager's client, counting what is read of it."""

    def __init__(self) -> None:
        self._client = moto_client("secretsmanager")
        self.reads = 0
        self.error: Exception | None = None

    def get_secret_value(self, **kwargs: Any) -> Any:
        self.reads += 1
        if self.error:
            raise self.error
        return self._client.get_secret_value(**kwargs)


@pytest.fixture
def counted(laptop: Laptop) -> CountingClient:
    client = CountingClient()
    laptop.exchange = client_of(laptop, source_of(laptop, client))
    laptop.restart()
    return client


def source_of(laptop: Laptop, client: object, keep_for: int = 300) -> SecretsManagerCredentials:
    return SecretsManagerCredentials(
        AwsService(lambda: client),
        SECRET,
        keep_for=keep_for,
        clock=laptop.time.clock,
        hide=logs.redactor.hide,
    )


def client_of(laptop: Laptop, source: SecretsManagerCredentials) -> CoinbaseClient:
    return CoinbaseClient(
        laptop.simulator.url,
        source,
        clock=laptop.time.clock,
        user_agent="x",
        trusted=tls.context,
    )


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "canary-xyzzy"}}, "GetSecretValue")


def test_the_secret_is_read_once_for_as_long_as_it_is_kept(
    laptop: Laptop, counted: CountingClient
) -> None:
    for _ in range(3):
        assert laptop.get("?refresh=true").status_code == 200
        laptop.time.advance(11)
    assert counted.reads == 1
    laptop.time.advance(300)
    assert laptop.get().status_code == 200
    assert counted.reads == 2


def test_after_a_rotation_the_next_miss_succeeds_with_one_more_read(
    laptop: Laptop, counted: CountingClient, simulator: Simulator
) -> None:
    laptop.get()
    simulator.exchange.rotate(Credentials.random())
    laptop.put_secret()
    laptop.time.advance(200)
    answer = laptop.get()
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "MISS")
    assert counted.reads == 2


def test_a_key_that_stays_rejected_is_tried_twice_and_not_in_a_loop(
    laptop: Laptop, counted: CountingClient
) -> None:
    laptop.break_exchange(Fault.INVALID_API_KEY)
    for _ in range(5):
        assert laptop.code(laptop.get()) == "exchange_credentials_rejected"
    assert (counted.reads, laptop.asked()) == (2, 2)


def test_a_key_without_the_view_permission_is_told_apart(
    laptop: Laptop, simulator: Simulator
) -> None:
    simulator.exchange.can_view = False
    response = laptop.get()
    assert (response.status_code, laptop.code(response)) == (502, "exchange_permission_denied")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("{}", "api_key, api_secret, passphrase"),
        (json.dumps({"name": "organizations/1/apiKeys/2", "privateKey": "x"}), "CDP"),
        (secret_string(CANARIES).replace("canary-key", "canary\\n-key"), "api_key"),
    ],
)
def test_a_secret_that_is_no_key_says_which_field_and_the_mend(
    laptop: Laptop, value: str, named: str
) -> None:
    laptop.put_secret(value)
    response = laptop.get()
    assert (response.status_code, laptop.code(response)) == (500, "secret_invalid")
    assert response.json
    assert named in response.json["detail"]
    assert b"xyzzy" not in response.data


@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (client_error("ResourceNotFoundException"), "secret_invalid", "has no value yet"),
        (client_error("AccessDeniedException"), "misconfigured", "secretsmanager:GetSecretValue"),
        (client_error("DecryptionFailure"), "misconfigured", "kms:Decrypt"),
        (client_error("ThrottlingException"), "secret_unavailable", "try again"),
        (client_error("InternalServiceError"), "secret_unavailable", "try again"),
        (ReadTimeoutError(endpoint_url="https://x"), "secret_unavailable", "try again"),
        (ZeroDivisionError("a parser's"), "secret_unavailable", "try again"),
    ],
)
def test_a_secret_that_cannot_be_read_says_why_and_hides_no_figures(
    laptop: Laptop, counted: CountingClient, error: Exception, code: str, remedy: str
) -> None:
    counted.error = error
    for _ in range(3):
        response = laptop.get()
        assert (response.status_code, laptop.code(response)) == (KINDS[code].status, code)
        assert response.json
        assert remedy in response.json["detail"]
        assert b"xyzzy" not in response.data
    assert counted.reads == 1
    counted.error = None
    laptop.forget_failure()
    good = laptop.get().json
    assert good
    counted.error = error
    laptop.time.advance(300)
    for _ in range(3):
        stale = laptop.get()
        assert (stale.status_code, stale.headers["X-Cache"]) == (200, "STALE")
        assert laptop.warnings(stale) == [code]
        assert stale.json
        assert unvalued(stale.json)["holdings"] == unvalued(good)["holdings"]
    assert counted.reads == 3


def test_without_a_value_or_a_secret_the_remedy_is_to_store_one(laptop: Laptop) -> None:
    moto_client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    laptop.restart()
    response = laptop.get()
    assert laptop.code(response) == "secret_invalid"
    assert response.json
    assert SECRET in response.json["detail"]


def test_without_a_region_the_remedy_is_to_set_one(
    monkeypatch: pytest.MonkeyPatch, laptop: Laptop
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    laptop.restart()
    response = laptop.get()
    assert (laptop.code(response), response.status_code) == ("misconfigured", 500)


def test_no_canary_is_in_any_log_response_or_repr(
    logged: io.StringIO, simulator: Simulator, time: FakeClock
) -> None:
    simulator.exchange.rotate(CANARIES)
    laptop = Laptop(simulator, time, environ={"LOG_LEVEL": "DEBUG"})
    laptop.put_secret()
    shown: list[str] = []
    faults = [None, *(fault for fault in Fault if fault not in (Fault.HANG, Fault.SLOW))]
    for fault in faults:
        simulator.exchange.faults.clear()
        if fault and fault is not Fault.SLOW_START:
            laptop.break_exchange(fault)
        time.advance(100_000)
        response = laptop.get()
        shown.append(response.get_data(as_text=True) + str(response.headers))
    for broken in (
        secret_string(CANARIES)[:-1],
        secret_string(CANARIES).replace("canary-key", "canary\\r\\nkey"),
        secret_string(CANARIES).replace('==", "pass', '==xyzzy", "pass'),
    ):
        laptop.put_secret(broken)
        time.advance(100_000)
        shown.append(laptop.get().get_data(as_text=True))
    logging.getLogger("any").error("%r %s", CANARIES.passphrase, CANARIES.api_secret)
    assert len(logged.getvalue()) > 1000
    for canary in ("xyzzy", CANARIES.api_secret[:20]):
        assert canary not in logged.getvalue()
        assert canary not in "".join(shown)


def test_no_object_shows_a_key_in_its_repr_and_no_error_in_its_traceback(
    laptop: Laptop,
) -> None:
    laptop.put_secret(secret_string(CANARIES))
    source = source_of(laptop, moto_client("secretsmanager"))
    credentials = source.get()
    client = client_of(laptop, source)
    for thing in (source, credentials, client, vars(client)):
        assert "xyzzy" not in repr(thing)
    laptop.put_secret(secret_string(CANARIES).replace("canary-key", "canary\\nkey"))
    with pytest.raises(SecretInvalid) as raised:
        source.refresh()
    assert "xyzzy" not in str(raised.getrepr(style="short"))
    assert isinstance(raised.value, HoldingsError)
    assert not isinstance(raised.value, Misconfigured)
