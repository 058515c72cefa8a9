"""The hit of the Powertools peer on our AWS layer."""

from functools import lru_cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    CORSConfig,
    Response,
    content_types,
)
from aws_lambda_powertools.event_handler.exceptions import ServiceError, UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from our_aws import OurCache

logger = Logger()
app = APIGatewayHttpResolver(cors=CORSConfig(allow_origin="http://localhost:5173"))
cache = lru_cache(OurCache)


@app.get("/holdings")
def holdings():
    authorizer = app.current_event.request_context.authorizer
    if not (authorizer.jwt_claim or {}).get("sub"):
        raise UnauthorizedError("Not signed in")
    refresh = app.current_event.get_query_string_value("refresh", "false") == "true"
    payload = cache().fresh()
    if refresh or not payload:
        raise ServiceError(503, "measured on hits alone")
    logger.info("holdings from the cache")
    headers = {"X-Cache": "HIT"}
    return Response(200, content_types.APPLICATION_JSON, payload, headers=headers)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def handler(event: dict, context: LambdaContext) -> dict:
    return app.resolve(event, context)
