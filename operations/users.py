"""`make create-user`: who may sign in is an administrator's decision."""

import re
from typing import TYPE_CHECKING

from operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def create_user(client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> None:
    """Invite a person: Cognito mails them a temporary password that lasts three days."""
    if not _EMAIL.fullmatch(email):
        raise OperationError(f"EMAIL={email} is no e-mail address")
    try:
        client.admin_create_user(
            UserPoolId=user_pool_id,
            Username=email,
            DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    except client.exceptions.UsernameExistsException:
        raise OperationError(f"{email} may sign in already") from None
