"""What the emulated cloud holds that Pulumi does not make: the Coinbase key and the test users."""

import contextlib
import json
import secrets
from collections.abc import Mapping

from local.provision import Aws
from local.stack import User

USERNAMES = ("viewer@example.com", "second@example.com")


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


def create_user(aws: Aws, user_pool_id: str, user: User) -> None:
    """Create a test user as an administrator does, or give them this password again."""
    cognito = aws.client("cognito-idp")
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=user_pool_id,
            Username=user.username,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": user.username},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id,
        Username=user.username,
        Password=user.password,
        Permanent=True,
    )


def new_users() -> tuple[User, ...]:
    """Return them with passwords that the pool's policy takes, whatever the random part is."""
    return tuple(User(name, f"{secrets.token_urlsafe(15)}.aA1") for name in USERNAMES)
