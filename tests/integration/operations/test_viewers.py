"""Who may sign in, how they are kept out, and how all of a viewer is deleted."""

from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session

from operations.errors import OperationError
from operations.viewers import disable, enable, forget, viewers
from tests.integration.operations.conftest import Operate, Pulumi

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

ANN, BOB = "9c1f0000-aaaa-4bbb-8ccc-00000000000a", "9c1f0000-aaaa-4bbb-8ccc-00000000000b"
RECORDS, CACHE = "holdings-dev-records", "holdings-dev-cache"


@pytest.fixture
def users(aws: Session) -> "CognitoIdentityProviderClient":
    return aws.client("cognito-idp")


@pytest.fixture
def pool(users: "CognitoIdentityProviderClient") -> str:
    made = users.create_user_pool(PoolName="p", UsernameAttributes=["email"])
    return made["UserPool"].get("Id", "")


def invite(users: "CognitoIdentityProviderClient", pool: str, email: str) -> str:
    attributes: Any = [{"Name": "email", "Value": email}]
    made = users.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes)
    found = {each["Name"]: each.get("Value", "") for each in made["User"].get("Attributes", [])}
    return found["sub"]


def accept(users: "CognitoIdentityProviderClient", pool: str, email: str) -> None:
    users.admin_set_user_password(
        UserPoolId=pool, Username=email, Password="Abcdef-12345", Permanent=True
    )


def test_everybody_is_listed_with_what_they_are_and_their_sub(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    subs = {email: invite(users, pool, email) for email in ("a@x.de", "b@x.de", "c@x.de")}
    accept(users, pool, "b@x.de")
    accept(users, pool, "c@x.de")
    disable(users, pool, "c@x.de")
    listed = {tuple(line.split()[:1] + line.split()[2:]) for line in viewers(users, pool)}
    assert listed == {
        ("invited", subs["a@x.de"], "a@x.de"),
        ("active", subs["b@x.de"], "b@x.de"),
        ("disabled", subs["c@x.de"], "c@x.de"),
    }


def test_more_than_a_page_is_listed_whole_and_each_once(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    emails = [f"person-{number:03}@x.de" for number in range(130)]
    for email in emails:
        invite(users, pool, email)
    assert sorted(line.split()[-1] for line in viewers(users, pool)) == emails


def test_a_search_is_for_how_an_address_begins(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    for email in ("ann@x.de", "anna@x.de", "joann@x.de"):
        invite(users, pool, email)
    found = sorted(line.split()[-1] for line in viewers(users, pool, "ann"))
    assert found == ["ann@x.de", "anna@x.de"]


class Asked:
    """Cognito, as far as a list of nobody goes."""

    def __init__(self) -> None:
        self.filters: list[str] = []

    def list_users(self, **given: Any) -> dict[str, Any]:
        self.filters.append(given["Filter"])
        return {"Users": []}


def test_a_search_cannot_end_the_filter_it_stands_in() -> None:
    asked: Any = Asked()
    assert list(viewers(asked, "pool", 'a" or sub ^= "\\')) == []
    assert asked.filters == ['email ^= "a\\" or sub ^= \\"\\\\"']
    for hostile in ("a\x1b[2J", "a" * 129):
        with pytest.raises(OperationError, match="SEARCH="):
            list(viewers(asked, "pool", hostile))


def test_who_is_disabled_is_signed_out_and_may_come_back(
    users: "CognitoIdentityProviderClient", pool: str
) -> None:
    invite(users, pool, "a@x.de")
    accept(users, pool, "a@x.de")
    client = users.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"].get("ClientId", "")

    def session() -> str:
        answer = users.admin_initiate_auth(
            UserPoolId=pool,
            ClientId=client,
            AuthFlow="ADMIN_NO_SRP_AUTH",
            AuthParameters={"USERNAME": "a@x.de", "PASSWORD": "Abcdef-12345"},
        )
        return answer["AuthenticationResult"].get("RefreshToken", "")

    refresh = session()
    assert "accessTokenMinutes" in disable(users, pool, "a@x.de")
    assert users.admin_get_user(UserPoolId=pool, Username="a@x.de").get("Enabled") is False
    with pytest.raises(users.exceptions.NotAuthorizedException):
        users.initiate_auth(
            ClientId=client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh},
        )
    assert "again" in enable(users, pool, "a@x.de")
    assert session()


@pytest.mark.parametrize("change", [disable, enable])
def test_whom_nobody_invited_is_named(
    users: "CognitoIdentityProviderClient", pool: str, change: Any
) -> None:
    with pytest.raises(OperationError, match=r"EMAIL=no@x\.de: `make viewers`"):
        change(users, pool, "no@x.de")


# All that is kept of a viewer.


@pytest.fixture
def dynamodb(aws: Session) -> Any:
    client: Any = aws.client("dynamodb")
    for table, keys in ((RECORDS, {"pk": "HASH", "sk": "RANGE"}), (CACHE, {"pk": "HASH"})):
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    return client


def kept(dynamodb: Any, table: str) -> set[tuple[str, ...]]:
    items = dynamodb.scan(TableName=table)["Items"]
    return {tuple(item[key]["S"] for key in sorted(item)) for item in items}


def fill(dynamodb: Any) -> None:
    for viewer, connection in ((ANN, "1" * 32), (BOB, "2" * 32)):
        days = [f"day#{number:03}" for number in range(120)]
        for sk in ("profile", f"connection#{connection}", f"credential#{connection}", *days):
            item = {"pk": {"S": f"viewer#{viewer}"}, "sk": {"S": sk}}
            dynamodb.put_item(TableName=RECORDS, Item=item)
        for pk in (f"answer#{viewer}", f"reading#{connection}", f"reading#{connection}#read"):
            dynamodb.put_item(TableName=CACHE, Item={"pk": {"S": pk}})
    dynamodb.put_item(TableName=CACHE, Item={"pk": {"S": "reading#shared"}})


def test_all_of_a_viewer_is_deleted_from_both_tables_and_nothing_of_another(dynamodb: Any) -> None:
    fill(dynamodb)
    said = forget(dynamodb, RECORDS, CACHE, ANN)
    assert said == f"nothing is kept of {ANN} any more; there were 1 connections"
    assert {pk for pk, _ in kept(dynamodb, RECORDS)} == {f"viewer#{BOB}"}
    assert len(kept(dynamodb, RECORDS)) == 123
    assert kept(dynamodb, CACHE) == {
        (f"answer#{BOB}",),
        ("reading#" + "2" * 32,),
        ("reading#" + "2" * 32 + "#read",),
        ("reading#shared",),
    }


@pytest.mark.parametrize("viewer", ["", "shared", "a b", "*", "a#b", "a@x.de"])
def test_what_is_no_sub_deletes_nothing(dynamodb: Any, viewer: str) -> None:
    fill(dynamodb)
    before = kept(dynamodb, RECORDS), kept(dynamodb, CACHE)
    with pytest.raises(OperationError, match="is no sub: `make viewers` shows them"):
        forget(dynamodb, RECORDS, CACHE, viewer)
    assert (kept(dynamodb, RECORDS), kept(dynamodb, CACHE)) == before


def test_the_commands_find_pool_and_tables_in_the_stack(
    pulumi: Pulumi, operate: Operate, dynamodb: Any, users: Any, pool: str
) -> None:
    pulumi.outputs(user_pool_id=pool, records_table=RECORDS, table=CACHE)
    fill(dynamodb)
    invite(users, pool, "a@x.de")
    assert operate("viewers", "--search", "a").out.endswith("a@x.de\n")
    assert operate("disable-viewer", "--email", "a@x.de").code == 0
    assert operate("viewers").out.startswith("disabled")
    assert operate("enable-viewer", "--email", "a@x.de").code == 0
    assert operate("forget-viewer", "--viewer", ANN).code == 0
    assert {pk for pk, _ in kept(dynamodb, RECORDS)} == {f"viewer#{BOB}"}


def test_a_table_that_is_not_there_is_explained(
    pulumi: Pulumi, operate: Operate, aws: Session
) -> None:
    assert aws
    pulumi.outputs(records_table=RECORDS, table=CACHE)
    said = operate("forget-viewer", "--viewer", ANN)
    assert (said.code, "`make up` makes it" in said.err) == (1, True)
