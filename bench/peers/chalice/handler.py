"""AWS Chalice: its app object is the handler, called with REST API events (payload 1.0).

As aws.github.io/chalice has it: a Cognito authorizer a route, boto3 made when first used and kept
in a global, Response with headers.
"""

import json
import os
import time
from decimal import Decimal

import boto3
import requests
from botocore.config import Config
from chalice import Chalice, CognitoUserPoolAuthorizer, Response, UnauthorizedError
from portfolio import build_document, moment, plain, signed_headers

app = Chalice(app_name="holdings")
authorizer = CognitoUserPoolAuthorizer(
    "viewers",
    provider_arns=["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_bench"],
)

AWS = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "max_attempts": 2})
CACHE_TTL = int(os.environ.get("CACHE_TTL_SECONDS", "180"))
SECRET_TTL = int(os.environ.get("SECRET_CACHE_TTL_SECONDS", "300"))
KEY = f"holdings#{os.environ['DEFAULT_USER_ID']}"

_TABLE = None
_SECRET = None
_HTTP = requests.Session()


def get_table():
    global _TABLE  # noqa: PLW0603 - as Chalice's tutorial does
    if _TABLE is None:
        _TABLE = boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])
    return _TABLE


def get_secret():
    global _SECRET  # noqa: PLW0603 - as Chalice's tutorial does
    if _SECRET is None or time.monotonic() > _SECRET[1]:
        client = boto3.client("secretsmanager", config=AWS)
        found = client.get_secret_value(SecretId=os.environ["CB_SECRET_NAME"])
        _SECRET = json.loads(found["SecretString"]), time.monotonic() + SECRET_TTL
    return _SECRET[0]


@app.route("/health", cors=True)
def health():
    return {
        "status": "ok",
        "name": os.environ["APP_NAME"],
        "version": os.environ["APP_VERSION"],
        "time": moment(int(time.time())),
    }


@app.route("/holdings", authorizer=authorizer, cors=True)
def holdings():
    request = app.current_request
    claims = request.context.get("authorizer", {}).get("claims", {})
    if not claims.get("sub"):
        raise UnauthorizedError("Not signed in")
    now = int(time.time())
    if (request.query_params or {}).get("refresh") != "true":
        item = get_table().get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
        if item and item["expires_at"] > now:
            return answer(item["payload"], "HIT")
    payload = json.dumps(build_document(accounts(), now, CACHE_TTL), default=written)
    expires_at = now + CACHE_TTL
    get_table().put_item(
        Item={"pk": KEY, "payload": payload, "expires_at": expires_at, "ttl": expires_at + 86400}
    )
    return answer(payload, "MISS")


def answer(payload: str, cache: str) -> Response:
    return Response(payload, headers={"Content-Type": "application/json", "X-Cache": cache})


def accounts() -> list[dict]:
    headers = signed_headers(get_secret(), "GET", "/accounts")
    response = _HTTP.get(os.environ["CB_BASE_URL"] + "/accounts", headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


def written(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(type(value).__name__)


handler = app
