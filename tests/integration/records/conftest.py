"""The records on moto, called through boto3's clients and signed here, with failures at will."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdings.adapters import tls
from holdings.adapters.aws import Aws, AwsService
from holdings.adapters.aws_environment import AwsEnvironment, SigningKey
from holdings.adapters.records import DynamoDBRecords, ViewerSessions
from holdings.core.clock import Deadline
from holdings.core.connections import Connection
from tests.builders import NOW, FakeClock
from tests.integration.conftest import moto_client

TABLE, ROLE = "holdings-dev-records", "arn:aws:iam::123456789012:role/holdings-dev-viewer"
ANN, BOB = "9c1f0000-aaaa-4bbb-8ccc-00000000000a", "9c1f0000-aaaa-4bbb-8ccc-00000000000b"
CREDENTIAL = {"api_key": "canary-key-xyzzy", "api_secret": "canary-secret-xyzzy"}

Dump = dict[tuple[str, str], Any]


@dataclass
class WatchedAws(Aws):
    """AWS, which notes each call and fails in the operations that have an error waiting."""

    environment: AwsEnvironment | None
    calls: list[tuple[str, SigningKey | None, Mapping[str, Any]]] = field(
        default_factory=list[tuple[str, SigningKey | None, Mapping[str, Any]]]
    )
    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    before: dict[str, Callable[[], object]] = field(default_factory=dict[str, Callable[[], object]])

    def __post_init__(self) -> None:
        super().__init__(self.environment, "eu-west-1", tls.context)

    def service(self, name: str, key: SigningKey | None = None) -> AwsService:
        return WatchedService(self, key, super().service(name, key))

    def operations(self) -> list[str]:
        return [operation for operation, _, _ in self.calls]


_ONE_CALL = threading.Lock()


class WatchedService(AwsService):
    def __init__(self, aws: WatchedAws, key: SigningKey | None, real: AwsService) -> None:
        self._aws, self._key, self._real = aws, key, real

    def call(
        self, operation: str, request: Mapping[str, Any], *, seconds: float = 3.0
    ) -> Mapping[str, Any]:
        self._aws.calls.append((operation, self._key, request))
        if waiting := self._aws.errors.get(operation):
            raise waiting.pop(0)
        if happens := self._aws.before.pop(operation, None):
            happens()
        # A transaction that fails has moto put back the whole table as it was before, and with it
        # what others wrote meanwhile: each call is whole here, as with AWS.
        with _ONE_CALL:
            # The machine may be busy; what has run out has run out.
            return self._real.call(operation, request, seconds=30 if seconds > 0 else 0)


@dataclass
class Kept:
    """The records and what is in their table."""

    aws: WatchedAws
    time: FakeClock
    dynamodb: Any
    kms: Any

    def __post_init__(self) -> None:
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.records = self.restarted()

    def restarted(self) -> DynamoDBRecords:
        return DynamoDBRecords(
            ViewerSessions(self.aws, ROLE, self.time.clock),
            table=TABLE,
            key_id=self.key,
            environment="dev",
            clock=self.time.clock,
            jitter=lambda: 1.0,
        )

    @property
    def deadline(self) -> Deadline:
        return Deadline.after(30, self.time.clock)

    def add(self, connection: Connection, viewer: str = ANN) -> Connection:
        self.records.add(viewer, connection, CREDENTIAL, None, self.deadline)
        return connection

    def dump(self) -> Dump:
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    def put(self, item: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName=TABLE, Item=item)


def connection_of(number: int = 1, **changes: Any) -> Connection:
    fields: dict[str, Any] = {
        "id": f"{number:032x}",
        "exchange": "coinbase_exchange",
        "label": "Main",
        "account": f"account-{number}",
        "key_hint": "f00d",
        "created_at": NOW + number,
        "rights": ("view",),
    }
    return Connection(**{**fields, **changes})


@pytest.fixture
def aws() -> None:
    """Not the one of the folder above, which answers in this process."""


@pytest.fixture(params=["signed", "client"])
def way(request: pytest.FixtureRequest) -> str:
    """Whether AWS is called as in Lambda, or as on a laptop that is logged in."""
    return str(request.param)


@pytest.fixture
def kept(
    way: str, moto_url: str, time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kept]:
    environ = {
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": moto_url,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    dynamodb = moto_client("dynamodb", moto_url)
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "slot", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "slot", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    environment = AwsEnvironment.from_env(environ) if way == "signed" else None
    assert (environment is not None) is (way == "signed")
    yield Kept(WatchedAws(environment), time, dynamodb, moto_client("kms", moto_url))
    if TABLE in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=TABLE)
