"""`python -m local.sign_in`, which is `make token`, prints a test user's access token."""

import os
import sys

import requests

from local.settings import LocalError
from local.stack import Stack, User, stack_file
from operations.errors import OperationError
from operations.sign_in import login


def access_token(stack: Stack, user: User | None = None) -> str:
    """Sign in as a person would, the first one if none is named.

    Raises LocalError if the stack is not running.
    """
    user = user or stack.users[0]
    try:
        return login(
            stack.hosted_ui_url,
            client_id=stack.client_id,
            redirect_uri=stack.redirect_uri,
            scope=" ".join(scope for scope in ("openid", stack.scope) if scope),
            username=user.username,
            password=user.password,
        ).access_token
    except requests.ConnectionError:
        raise LocalError("the stack is not running: start it with `make run`") from None
    except OperationError as error:
        raise LocalError(str(error)) from None


if __name__ == "__main__":
    try:
        print(access_token(Stack.read(stack_file(os.environ))))
    except LocalError as error:
        sys.exit(f"token: {error}")
