"""AWS Chalice: its app object is the handler, called with REST API events (payload 1.0).

As aws.github.io/chalice has it: a Cognito authorizer a route, boto3 made when first used and kept
in a global, Response with headers.
"""

import json
import os
import time

import boto3
import requests
from chalice import Chalice, CognitoUserPoolAuthorizer, Response, UnauthorizedError
from portfolio import (
    AWS,
    build_document,
    fresh,
    health_document,
    read_accounts,
    read_secret,
    store,
    written,
)

app = Chalice(app_name="holdings")
authorizer = CognitoUserPoolAuthorizer(
    "viewers",
    provider_arns=["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_bench"],
)

_TABLE = None
_HTTP = requests.Session()


def get_table():
    global _TABLE  # noqa: PLW0603 - as Chalice's tutorial does
    if _TABLE is None:
        _TABLE = boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])
    return _TABLE


@app.route("/health", cors=True)
def health():
    return health_document()


@app.route("/holdings", authorizer=authorizer, cors=True)
def holdings():
    request = app.current_request
    claims = request.context.get("authorizer", {}).get("claims", {})
    if not claims.get("sub"):
        raise UnauthorizedError("Not signed in")
    now = int(time.time())
    refresh = (request.query_params or {}).get("refresh") == "true"
    if not refresh and (payload := fresh(get_table(), now)):
        return answer(payload, "HIT")
    document = build_document(read_accounts(_HTTP, read_secret()), now)
    payload = json.dumps(document, default=written)
    store(get_table(), payload, now)
    return answer(payload, "MISS")


def answer(payload: str, cache: str) -> Response:
    return Response(payload, headers={"Content-Type": "application/json", "X-Cache": cache})


handler = app
