"""The first thing that a new version is asked, before any viewer asks it."""

import json
from typing import TYPE_CHECKING, Any

from operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SHOWN_LETTERS = 500


def try_out(client: "LambdaClient", function: str, version: str) -> str:
    """Ask a version for /health past alias and gateway; return the app's version in the answer.

    Raises OperationError for one that does not start, or answers anything else.
    """
    settings = client.get_function_configuration(FunctionName=function, Qualifier=version)
    prefix = settings.get("Environment", {}).get("Variables", {}).get("API_PREFIX", "")
    answer = client.invoke(
        FunctionName=function, Qualifier=version, Payload=json.dumps(_event(f"{prefix}/health"))
    )
    told = answer["Payload"].read().decode(errors="replace")
    try:
        response: Any = json.loads(told)
        health: Any = json.loads(response["body"])
        found = (response["statusCode"], health["status"], str(health["version"]))
    except (ValueError, KeyError, TypeError):
        found = (0, "", "")
    if answer.get("FunctionError") or found[:2] != (200, "ok"):
        raise OperationError(
            f"version {version} does not answer /health, and what was live still is: "
            f"{told[:_SHOWN_LETTERS]}\n"
            "`make logs` shows why; correct the code or its settings, then deploy again."
        )
    return found[2]


def _event(path: str) -> dict[str, Any]:
    """Return a GET as an HTTP API hands it to a function, payload 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    return {
        "version": "2.0",
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "localhost"},
        "requestContext": {
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "operations",
            },
            "requestId": "release",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
