"""Powertools for AWS Lambda: its HTTP API resolver, Logger and Parameters, boto3 and requests.

As docs.aws.amazon.com/powertools/python has them: everything at module level, one log line a
request through inject_lambda_context, get_secret with max_age.
"""

import json
import os
import time
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
from portfolio import (
    AWS,
    SECRET_TTL,
    build_document,
    fresh,
    health_document,
    read_accounts,
    store,
    written,
)

logger = Logger()
cors = CORSConfig(allow_origin=os.environ.get("CORS_ALLOW_ORIGIN", "http://localhost:5173"))
app = APIGatewayHttpResolver(cors=cors)
http = requests.Session()


@lru_cache
def table():
    return boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])


@app.get("/health")
def health():
    return health_document()


@app.get("/holdings")
def holdings():
    authorizer = app.current_event.request_context.authorizer
    if not (authorizer.jwt_claim or {}).get("sub"):
        raise UnauthorizedError("Not signed in")
    now = int(time.time())
    refresh = app.current_event.get_query_string_value("refresh", "false") == "true"
    if not refresh and (payload := fresh(table(), now)):
        logger.info("holdings from the cache")
        return answer(payload, "HIT")
    payload = json.dumps(build_document(read_accounts(http, secret()), now), default=written)
    store(table(), payload, now)
    logger.info("holdings from Coinbase")
    return answer(payload, "MISS")


def answer(payload: str, cache: str) -> Response:
    return Response(200, content_types.APPLICATION_JSON, payload, headers={"X-Cache": cache})


def secret() -> dict:
    name = os.environ["CB_SECRET_NAME"]
    return parameters.get_secret(name, transform="json", max_age=SECRET_TTL)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def handler(event: dict, context: LambdaContext) -> dict:
    return app.resolve(event, context)
