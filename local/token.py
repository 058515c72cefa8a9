"""Prints an access token of the test user: `make -s token`."""

import os
import sys

import requests

from local.hosted_ui import login
from local.settings import LocalError
from local.stack import Stack, stack_file


def access_token(stack: Stack) -> str:
    """Sign in as a person would. Raises LocalError if the stack is not running."""
    try:
        return login(
            stack.hosted_ui_url,
            client_id=stack.client_id,
            redirect_uri=stack.redirect_uri,
            scope=" ".join(scope for scope in ("openid", stack.scope) if scope),
            username=stack.username,
            password=stack.password,
        ).access_token
    except requests.ConnectionError:
        raise LocalError("the stack is not running: start it with `make run`") from None


if __name__ == "__main__":
    try:
        print(access_token(Stack.read(stack_file(os.environ))))
    except LocalError as error:
        sys.exit(f"token: {error}")
