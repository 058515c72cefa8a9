"""Powertools for AWS Lambda: its HTTP API resolver, Logger and Parameters, boto3 and requests.

As docs.aws.amazon.com/powertools/python has them: everything at module level, one log line a
request through inject_lambda_context, get_secret with max_age.
"""

import json
import os
import time
from decimal import Decimal
from functools import lru_cache

import boto3
import requests
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    CORSConfig,
    Response,
    content_types,
)
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from portfolio import build_document, moment, plain, signed_headers

logger = Logger()
cors = CORSConfig(allow_origin=os.environ.get("CORS_ALLOW_ORIGIN", "http://localhost:5173"))
app = APIGatewayHttpResolver(cors=cors)
http = requests.Session()

AWS = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "max_attempts": 2})
CACHE_TTL = int(os.environ.get("CACHE_TTL_SECONDS", "180"))
SECRET_TTL = int(os.environ.get("SECRET_CACHE_TTL_SECONDS", "300"))
KEY = f"holdings#{os.environ['DEFAULT_USER_ID']}"


@lru_cache
def table():
    return boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])


@app.get("/health")
def health():
    return {
        "status": "ok",
        "name": os.environ["APP_NAME"],
        "version": os.environ["APP_VERSION"],
        "time": moment(int(time.time())),
    }


@app.get("/holdings")
def holdings():
    authorizer = app.current_event.request_context.authorizer
    if not (authorizer.jwt_claim or {}).get("sub"):
        raise UnauthorizedError("Not signed in")
    now = int(time.time())
    if app.current_event.get_query_string_value("refresh", "false") != "true":
        item = table().get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
        if item and item["expires_at"] > now:
            logger.info("holdings from the cache")
            return answer(item["payload"], "HIT")
    payload = json.dumps(build_document(accounts(), now, CACHE_TTL), default=written)
    expires_at = now + CACHE_TTL
    table().put_item(
        Item={"pk": KEY, "payload": payload, "expires_at": expires_at, "ttl": expires_at + 86400}
    )
    logger.info("holdings from Coinbase")
    return answer(payload, "MISS")


def answer(payload: str, cache: str) -> Response:
    return Response(200, content_types.APPLICATION_JSON, payload, headers={"X-Cache": cache})


def accounts() -> list[dict]:
    name = os.environ["CB_SECRET_NAME"]
    secret = parameters.get_secret(name, transform="json", max_age=SECRET_TTL)
    headers = signed_headers(secret, "GET", "/accounts")
    response = http.get(os.environ["CB_BASE_URL"] + "/accounts", headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


def written(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(type(value).__name__)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def handler(event: dict, context: LambdaContext) -> dict:
    return app.resolve(event, context)
