"""AWS itself keeps viewers apart: the program's roles and key, on an emulator that enforces IAM.

Nothing of the app is asked but for the last tests: what is refused here no bug of ours can do.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import ClientError

from holdings.adapters import tls
from holdings.adapters.aws import Aws as AppAws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.records import DynamoDBRecords, ViewerSessions
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Once
from holdings.core.errors import Misconfigured, RecordsUnavailable
from infra_pulumi.records import RESTORED
from local.provision import Aws
from operations.restore import Tables, restore
from tests.e2e.emulated import aws, emulator, provisioned

A, B = "viewer-a", "viewer-b"
POLICY = "own-records"
Call = Callable[[], Any]


@dataclass(frozen=True)
class Caller:
    """Clients of one session."""

    session: Any
    url: str

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.url)


@dataclass
class Cloud:
    """What the program made, and who may call it."""

    aws: Aws
    outputs: dict[str, Any]
    function: Caller = field(init=False)

    def __post_init__(self) -> None:
        given = self.aws.client("sts").assume_role(
            RoleArn=self.outputs["function_role"], RoleSessionName="holdings-dev-api"
        )
        self.function = self.caller(given["Credentials"])
        for viewer in (A, B):
            self.aws.client("dynamodb").put_item(TableName=self.table, Item=item(viewer, "profile"))
        self.aws.client("dynamodb").put_item(
            TableName=self.table, Item={"pk": {"S": "shared"}, "sk": {"S": "x"}}
        )

    @property
    def table(self) -> str:
        return self.outputs["records_table"]

    @property
    def key(self) -> str:
        return self.outputs["records_key"]

    def caller(self, credentials: dict[str, Any]) -> Caller:
        session = boto3.session.Session(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
            region_name=self.aws.region,
        )
        return Caller(session, self.aws.endpoint_url)

    def assume(self, tags: dict[str, str], by: Caller | None = None) -> Caller:
        given = (
            (by or self.function)
            .client("sts")
            .assume_role(
                RoleArn=self.outputs["viewer_role"],
                RoleSessionName="test",
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            )
        )
        return self.caller(given["Credentials"])


def item(viewer: str, sort_key: str) -> dict[str, Any]:
    return {"pk": {"S": f"viewer#{viewer}"}, "sk": {"S": sort_key}}


def context(viewer: str) -> dict[str, str]:
    return {"app": "holdings", "environment": "dev", "viewer": viewer, "connection": "c1"}


def rights(cloud: Cloud, caller: Caller, viewer: str) -> dict[str, Call]:
    """Each thing that a session does, to what is `viewer`'s, by the action that it needs."""
    table, kms = caller.client("dynamodb"), caller.client("kms")
    of, key = {"TableName": cloud.table}, item(viewer, "profile")
    ciphertext = cloud.aws.client("kms").encrypt(
        KeyId=cloud.key, Plaintext=b"x", EncryptionContext=context(viewer)
    )["CiphertextBlob"]
    values = {":pk": {"S": f"viewer#{viewer}"}}
    update = {"UpdateExpression": "SET label = :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "dynamodb:GetItem": lambda: table.get_item(**of, Key=key),
        "dynamodb:Query": lambda: table.query(
            **of, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values
        ),
        "dynamodb:PutItem": lambda: table.put_item(**of, Item=item(viewer, "written")),
        "dynamodb:UpdateItem": lambda: table.update_item(**of, Key=item(viewer, "new"), **update),
        "dynamodb:DeleteItem": lambda: table.delete_item(**of, Key=item(viewer, "written")),
        "dynamodb:ConditionCheckItem": lambda: table.transact_write_items(
            TransactItems=[{"ConditionCheck": {**of, "Key": item(viewer, "none"), **absent}}]
        ),
        "kms:Encrypt": lambda: kms.encrypt(
            KeyId=cloud.key, Plaintext=b"x", EncryptionContext=context(viewer)
        ),
        "kms:Decrypt": lambda: kms.decrypt(
            CiphertextBlob=ciphertext, EncryptionContext=context(viewer)
        ),
    }


def transactions(cloud: Cloud, caller: Caller, viewer: str) -> dict[str, Call]:
    """The same in transactions, in which a first part is the session's own."""
    table, own = caller.client("dynamodb"), {"Item": item(A, "own"), "TableName": cloud.table}
    of = {"TableName": cloud.table}
    update = {"UpdateExpression": "SET label = :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}
    parts: dict[str, Any] = {
        "Put": {**of, "Item": item(viewer, "other")},
        "Update": {**of, "Key": item(viewer, "other"), **update},
        "Delete": {**of, "Key": item(viewer, "other")},
        "ConditionCheck": {
            **of,
            "Key": item(viewer, "none"),
            "ConditionExpression": "attribute_not_exists(pk)",
        },
    }

    def write(name: str) -> Call:
        return lambda: table.transact_write_items(TransactItems=[{"Put": own}, {name: parts[name]}])

    return {name: write(name) for name in parts}


def denied(calls: dict[str, Call]) -> set[str]:
    """Names of those that AWS refuses; another error is one of the test's."""
    refused: set[str] = set()
    for name, call in calls.items():
        try:
            call()
        except ClientError as error:
            assert "AccessDenied" in str(error), error
            refused.add(name)
    return refused


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("emulator"), enforce_iam=True) as emulated:
        yield Cloud(aws(emulated), provisioned(emulated))


def test_a_session_does_everything_with_its_own_and_nothing_with_another_s(cloud: Cloud) -> None:
    session = cloud.assume({"viewer": A})
    for calls in (rights, transactions):
        assert denied(calls(cloud, session, A)) == set()
        others = calls(cloud, session, B)
        assert denied(others) == others.keys()


def test_the_function_itself_does_nothing_with_anybody_s(cloud: Cloud) -> None:
    for calls in (rights, transactions):
        theirs = calls(cloud, cloud.function, A)
        assert denied(theirs) == theirs.keys()


def test_nobody_scans_or_asks_for_a_batch_and_what_is_shared_is_read_alone(cloud: Cloud) -> None:
    table = cloud.assume({"viewer": A}).client("dynamodb")
    shared, keys = {"pk": {"S": "shared"}, "sk": {"S": "x"}}, {"Keys": [item(A, "profile")]}
    put = {"PutRequest": {"Item": item(A, "batch")}}
    assert table.get_item(TableName=cloud.table, Key=shared)["Item"] == shared
    calls: dict[str, Call] = {
        "Scan": lambda: table.scan(TableName=cloud.table),
        "BatchGetItem": lambda: table.batch_get_item(RequestItems={cloud.table: keys}),
        "BatchWriteItem": lambda: table.batch_write_item(RequestItems={cloud.table: [put]}),
        "PutItem": lambda: table.put_item(TableName=cloud.table, Item=shared),
        "DeleteItem": lambda: table.delete_item(TableName=cloud.table, Key=shared),
        "DescribeTable": lambda: table.describe_table(TableName=cloud.table),
    }
    assert denied(calls) == calls.keys()


@pytest.mark.parametrize(
    "tags", [{}, {"tenant": A}, {"viewer": A, "admin": "1"}, {"viewer": ""}], ids=str
)
def test_without_the_one_tag_there_is_no_session(cloud: Cloud, tags: dict[str, str]) -> None:
    assert denied({"session": lambda: cloud.assume(tags)}) == {"session"}


def test_a_session_does_not_become_another_viewer_s(cloud: Cloud) -> None:
    session = cloud.assume({"viewer": A})
    assert denied({"session": lambda: cloud.assume({"viewer": B}, by=session)}) == {"session"}


@pytest.mark.parametrize(
    "changes",
    [{"viewer": B}, {"environment": "prod"}, {"app": "other"}, {"connection": "c2"}],
    ids=str,
)
def test_a_ciphertext_opens_in_its_own_context_alone(cloud: Cloud, changes: dict[str, str]) -> None:
    kms = cloud.assume({"viewer": A}).client("kms")
    given = {"KeyId": cloud.key, "EncryptionContext": context(A)}
    ciphertext = kms.encrypt(**given, Plaintext=b"secret")["CiphertextBlob"]
    assert kms.decrypt(**given, CiphertextBlob=ciphertext)["Plaintext"] == b"secret"
    other = {**given, "EncryptionContext": context(A) | changes}
    with pytest.raises(ClientError, match=r"InvalidCiphertext|AccessDenied"):
        kms.decrypt(**other, CiphertextBlob=ciphertext)


def test_b_s_ciphertext_opens_for_a_in_neither_context(cloud: Cloud) -> None:
    theirs = cloud.assume({"viewer": B}).client("kms")
    ciphertext = theirs.encrypt(KeyId=cloud.key, Plaintext=b"x", EncryptionContext=context(B))
    kms = cloud.assume({"viewer": A}).client("kms")
    for viewer, refusal in ((A, "InvalidCiphertext"), (B, "AccessDenied")):
        with pytest.raises(ClientError, match=refusal):
            kms.decrypt(
                CiphertextBlob=ciphertext["CiphertextBlob"], EncryptionContext=context(viewer)
            )


@pytest.fixture
def without(cloud: Cloud) -> Iterator[Callable[[str], None]]:
    """Takes an action away from the viewer role, which has it back afterwards."""
    iam, role = cloud.aws.client("iam"), cloud.outputs["viewer_role"].rpartition("/")[2]
    place = {"RoleName": role, "PolicyName": POLICY}
    right = iam.get_role_policy(**place)["PolicyDocument"]

    def take(action: str) -> None:
        kept = [
            {**statement, "Action": [each for each in statement["Action"] if each != action]}
            for statement in right["Statement"]
        ]
        document = {**right, "Statement": [statement for statement in kept if statement["Action"]]}
        iam.put_role_policy(**place, PolicyDocument=json.dumps(document))

    yield take
    iam.put_role_policy(**place, PolicyDocument=json.dumps(right))


ACTIONS = [
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"),
    *("dynamodb:DeleteItem", "dynamodb:ConditionCheckItem", "kms:Encrypt", "kms:Decrypt"),
]


@pytest.mark.parametrize("action", ACTIONS)
def test_each_right_that_is_taken_away_breaks_its_one_thing(
    cloud: Cloud, without: Callable[[str], None], action: str
) -> None:
    session = cloud.assume({"viewer": A})
    without(action)
    assert denied(rights(cloud, session, A)) == {action}


def test_the_policy_has_no_right_that_this_page_does_not_try(cloud: Cloud) -> None:
    document = cloud.aws.client("iam").get_role_policy(
        RoleName=cloud.outputs["viewer_role"].rpartition("/")[2], PolicyName=POLICY
    )["PolicyDocument"]
    assert {a for statement in document["Statement"] for a in statement["Action"]} == {*ACTIONS}


# The app's own records, by the function's role.


@pytest.fixture
def records(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBRecords]:
    # What is refused is asked of boto3 once more.
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.aws.endpoint_url)
    credentials = cloud.function.session.get_credentials()
    environment = AwsEnvironment.from_env(
        {
            "AWS_REGION": cloud.aws.region,
            "AWS_ENDPOINT_URL": cloud.aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
        }
    )
    with closing(AppAws(environment, cloud.aws.region, tls.context)) as app:
        yield DynamoDBRecords(
            ViewerSessions(app, cloud.outputs["viewer_role"], Clock()),
            table=cloud.table,
            key_id=cloud.key,
            environment="dev",
            clock=Clock(),
        )


def connection() -> Connection:
    new = secrets.token_hex(16)
    return Connection(new, "coinbase_exchange", "Main", f"account-{new}", "f00d", 1_795_000_000)


def test_the_app_keeps_and_reads_a_viewer_s_connection_by_these_roles(
    records: DynamoDBRecords,
) -> None:
    deadline = Deadline.after(60, Clock())
    kept, once = connection(), Once(secrets.token_hex(8), "digest")
    records.add("ann", kept, {"api_key": "k"}, once, deadline)
    assert list(records.connections("ann", deadline)) == [kept]
    assert records.replay("ann", once, deadline) == kept.id
    assert records.credential("ann", kept.id, deadline) == {"api_key": "k"}
    changed = records.change("ann", kept, {"api_key": "new"}, deadline)
    assert records.credential("ann", kept.id, deadline) == {"api_key": "new"}
    records.remove("ann", kept.id, changed.version, deadline)
    records.add("ann", kept, {"api_key": "k"}, None, deadline)
    assert list(records.forget("ann", deadline)) == [kept.id]
    assert records.profile("ann", deadline) is None


@pytest.mark.parametrize("action", ["kms:Encrypt", "dynamodb:PutItem", "dynamodb:UpdateItem"])
def test_where_a_right_is_missing_the_app_says_so_and_keeps_nothing(
    cloud: Cloud, records: DynamoDBRecords, without: Callable[[str], None], action: str
) -> None:
    before = cloud.aws.client("dynamodb").scan(TableName=cloud.table)["Items"]
    deadline = Deadline.after(60, Clock())
    without(action)
    with pytest.raises(Misconfigured, match="AccessDenied"):
        records.add("ann", connection(), {"api_key": "k"}, None, deadline)
    assert cloud.aws.client("dynamodb").scan(TableName=cloud.table)["Items"] == before


def test_a_ciphertext_that_was_moved_to_another_viewer_s_item_opens_nothing(
    cloud: Cloud, records: DynamoDBRecords
) -> None:
    deadline, kept = Deadline.after(60, Clock()), connection()
    records.add("ann", kept, {"api_key": "k"}, None, deadline)
    records.add("bob", kept, {"api_key": "theirs"}, None, deadline)
    table = cloud.aws.client("dynamodb")
    place = {"TableName": cloud.table, "Key": item("bob", f"credential#{kept.id}")}
    stolen = table.get_item(**place)["Item"]["ciphertext"]
    table.put_item(
        TableName=cloud.table,
        Item={**item("ann", f"credential#{kept.id}"), "ciphertext": stolen},
    )
    with pytest.raises(RecordsUnavailable):
        records.credential("ann", kept.id, deadline)
    assert records.credential("bob", kept.id, deadline) == {"api_key": "theirs"}


def test_a_forgotten_viewer_comes_back_from_a_restored_table_with_a_key_that_opens(
    cloud: Cloud, records: DynamoDBRecords
) -> None:
    """As in docs/recovery.md, but for the moment: the emulator restores a table as it is."""
    deadline, kept = Deadline.after(60, Clock()), connection()
    records.add("ann", kept, {"api_key": "k"}, None, deadline)
    dynamodb = cloud.aws.client("dynamodb")
    tables = Tables(
        restored=f"{cloud.table}{RESTORED}", live=cloud.table, cache=cloud.outputs["table"]
    )
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=tables.live, TargetTableName=tables.restored, UseLatestRestorableTime=True
    )
    records.forget("ann", deadline)
    list(restore(dynamodb, tables, "ann", agreed=True, overwrite=False, clock=Clock()))
    assert kept in records.connections("ann", deadline)
    assert records.credential("ann", kept.id, deadline) == {"api_key": "k"}
    dynamodb.delete_table(TableName=tables.restored)
