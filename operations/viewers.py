"""The people who may sign in, and all that is kept of one of them."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

from holdings.adapters.aws import TransactionCanceled
from holdings.adapters.records import DynamoDBRecords
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import HoldingsError
from holdings.core.service import answer_place
from holdings.core.sources import reading_place
from holdings.core.viewer import is_viewer
from operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import UserTypeTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient

# What Cognito gives at most at a time.
_PAGE = 60
_MOST_SEARCH = 128
_STATUSES = {"CONFIRMED": "active", "FORCE_CHANGE_PASSWORD": "invited"}
_FORGET_SECONDS = 600.0


def viewers(
    client: "CognitoIdentityProviderClient", user_pool_id: str, search: str = ""
) -> Iterator[str]:
    """Yield a line for each person whose e-mail address begins with `search`, page by page."""
    if len(search) > _MOST_SEARCH or not search.isprintable():
        raise OperationError(f"SEARCH={search} is nothing that an e-mail address begins with")
    asked: Any = {"UserPoolId": user_pool_id, "Limit": _PAGE}
    if search:
        quoted = search.replace("\\", "\\\\").replace('"', '\\"')
        asked["Filter"] = f'email ^= "{quoted}"'
    while True:
        page = client.list_users(**asked)
        for user in page.get("Users", []):
            yield _line(user)
        token = page.get("PaginationToken")
        if not token:
            return
        asked["PaginationToken"] = token


def _line(user: "UserTypeTypeDef") -> str:
    attributes = {each["Name"]: each.get("Value", "") for each in user.get("Attributes", [])}
    status = str(user.get("UserStatus", "unknown"))
    status = _STATUSES.get(status, status.lower()) if user.get("Enabled", True) else "disabled"
    invited = user.get("UserCreateDate")
    day = f"{invited:%Y-%m-%d}" if invited else "-"
    return f"{status:<10}{day:<12}{attributes.get('sub', '-'):<38}{attributes.get('email', '-')}"


def disable(client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> str:
    """End a person's sessions and let them begin none."""
    who: Any = {"UserPoolId": user_pool_id, "Username": email}
    with _known(client, email):
        client.admin_user_global_sign_out(**who)
        client.admin_disable_user(**who)
    return (
        f"{email} is disabled and signed out; a token that a page still has is good until it ends, "
        "holdings:accessTokenMinutes at most. What is kept of them stays: `make forget-viewer`"
    )


def enable(client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> str:
    with _known(client, email):
        client.admin_enable_user(UserPoolId=user_pool_id, Username=email)
    return f"{email} may sign in again"


@contextmanager
def _known(client: "CognitoIdentityProviderClient", email: str) -> Generator[None]:
    try:
        yield
    except client.exceptions.UserNotFoundException:
        raise OperationError(
            f"nobody is invited as EMAIL={email}: `make viewers` lists who is"
        ) from None


class _Operator:
    """Calls by whoever is logged in, where the app calls by a viewer's own session."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self._dynamodb = dynamodb

    def call(
        self,
        viewer: str,
        service: str,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        try:
            return getattr(self._dynamodb, xform_name(operation))(**request)
        except ClientError as error:
            answered: Any = error.response
            if answered["Error"]["Code"] == "TransactionCanceledException":
                raise TransactionCanceled(answered.get("CancellationReasons")) from None
            raise


def forget(dynamodb: "DynamoDBClient", records_table: str, cache_table: str, viewer: str) -> str:
    """Delete all records of a viewer and what the cache has of them; `viewer` is a token's sub."""
    if not is_viewer(viewer):
        raise OperationError(f"VIEWER={viewer} is no sub: `make viewers` shows them")
    clock = Clock()
    records = DynamoDBRecords(
        _Operator(dynamodb), table=records_table, key_id="", environment="", clock=clock
    )
    try:
        connections = records.forget(viewer, Deadline.after(_FORGET_SECONDS, clock))
    except HoldingsError as error:
        raise OperationError(error.detail) from None
    forget_cached(dynamodb, cache_table, [answer_place(viewer), *map(reading_place, connections)])
    return f"nothing is kept of {viewer} any more; there were {len(connections)} connections"


def forget_cached(dynamodb: "DynamoDBClient", table: str, places: Sequence[str]) -> None:
    """Delete what lies in these places and below them: leases, and pieces of earlier documents."""
    below = tuple(f"{place}#" for place in places)
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk"):
        for item in page["Items"]:
            pk = str(item["pk"].get("S"))
            if pk in places or pk.startswith(below):
                dynamodb.delete_item(TableName=table, Key={"pk": {"S": pk}})
