"""What the gateway sends: the same request as an HTTP API (2.0) and a REST API (1.0) event."""

from typing import Any

_HEADERS = {
    "accept": "application/json",
    "authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
    "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
    "origin": "http://localhost:5173",
    "user-agent": "Mozilla/5.0",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
}
_CLAIMS = {
    "sub": "2f1c7a3e-8f6d-4d0a-9a53-2b0f5e1c9d77",
    "client_id": "1example23456789",
    "scope": "holdings/read",
    "token_use": "access",
    "username": "viewer",
}


def http_api(path: str) -> dict[str, Any]:
    """A GET of payload 2.0, with the claims that a JWT authorizer has verified."""
    return {
        "version": "2.0",
        "routeKey": f"GET {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": _HEADERS,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "authorizer": {"jwt": {"claims": _CLAIMS, "scopes": ["holdings/read"]}},
            "domainName": _HEADERS["host"],
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "Mozilla/5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"GET {path}",
            "stage": "$default",
            "time": "21/Nov/2026:09:30:00 +0000",
            "timeEpoch": 1795253400000,
        },
        "isBase64Encoded": False,
    }


def rest_api(path: str) -> dict[str, Any]:
    """A GET of payload 1.0, with the claims that a Cognito authorizer has verified."""
    return {
        "version": "1.0",
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": _HEADERS,
        "multiValueHeaders": {name: [value] for name, value in _HEADERS.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "authorizer": {"claims": _CLAIMS},
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "Mozilla/5.0"},
            "path": f"/api{path}",
            "protocol": "HTTP/1.1",
            "requestId": "JKJaXmPLvHcESHA=",
            "requestTimeEpoch": 1795253400000,
            "resourceId": "123456",
            "resourcePath": path,
            "stage": "api",
        },
        "body": None,
        "isBase64Encoded": False,
    }
