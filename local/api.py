"""The app of `make run`: the same as in Lambda, with the authorizer in the gateway's place.

`flask --app local.api run` reads the app's settings from the environment and the sign-in from
`.local/stack.json` (LOCAL_STATE_DIR names another folder). The demo has no sign-in.
"""

import logging
import os

from flask import Flask

from holdings import create_app as create_holdings_app
from holdings.api.document import SignIn
from local.authorizer import Authorizer
from local.parent import exit_with_parent
from local.stack import Stack, stack_file


def create_app() -> Flask:
    _be_a_child()
    stack = Stack.read(stack_file(os.environ))
    app = create_holdings_app(sign_in=_sign_in(stack))
    authorizer = Authorizer(
        issuer=stack.issuer,
        client_id=stack.client_id,
        scope=stack.scope,
        jwks_url=stack.jwks_url,
    )
    authorizer.protect(app, "api.holdings")
    return app


def create_demo_app() -> Flask:
    _be_a_child()
    return create_holdings_app()


def _be_a_child() -> None:
    if os.environ.get("LOCAL_EXIT_WITH_PARENT") == "1":
        exit_with_parent()
    # One line a request is enough: the app's own has the request id.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _sign_in(stack: Stack) -> SignIn:
    return SignIn(
        authorize_url=f"{stack.hosted_ui_url}/oauth2/authorize",
        token_url=f"{stack.hosted_ui_url}/oauth2/token",
        client_id=stack.client_id,
        scopes=tuple(scope for scope in ("openid", stack.scope) if scope),
    )
