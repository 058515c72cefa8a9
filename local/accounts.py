"""What the emulated cloud holds that Pulumi does not make: the Coinbase key and a test user."""

import contextlib
import json
import secrets
from collections.abc import Mapping

from local.provision import Aws

USERNAME = "viewer@example.com"


def put_secret(aws: Aws, name: str, key: Mapping[str, str]) -> None:
    """Store the Coinbase key as the operator would, unless it is stored already."""
    manager = aws.client("secretsmanager")
    value = json.dumps(dict(key))
    try:
        if manager.get_secret_value(SecretId=name).get("SecretString") == value:
            return
    except manager.exceptions.ResourceNotFoundException:
        pass  # no value yet
    manager.put_secret_value(SecretId=name, SecretString=value)


def create_user(aws: Aws, user_pool_id: str, password: str) -> None:
    """Create the test user as an administrator does, or give it this password again."""
    cognito = aws.client("cognito-idp")
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=user_pool_id,
            Username=USERNAME,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": USERNAME},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id, Username=USERNAME, Password=password, Permanent=True
    )


def new_password() -> str:
    """Return a password that the pool's policy takes, whatever the random part is."""
    return f"{secrets.token_urlsafe(15)}.aA1"
