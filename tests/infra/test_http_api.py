import json
import re
from pathlib import Path

import pytest

from infra_pulumi.config import ConfigError
from tests.infra.capture import Program, declare, settings

ROOT = Path(__file__).parents[2]
READ = {"authorizationType": "JWT", "authorizationScopes": ["holdings/read"]}
WRITE = {"authorizationType": "JWT", "authorizationScopes": ["holdings/write"]}
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/ab-12"
OWN_NAME = {
    "holdings:apiDomain": "api.holdings.example",
    "holdings:apiCertificateArn": CERTIFICATE,
}
ORIGINS = json.dumps([f"https://{'a' * 50}{number}.example" for number in range(60)])


def test_health_and_document_are_open_and_all_else_needs_a_scope_for_what_it_does(
    program: Program,
) -> None:
    routes = {
        route.arguments["routeKey"]: {
            key: route.arguments[key]
            for key in ("authorizationType", "authorizationScopes")
            if key in route.arguments
        }
        for route in program.all("Route")
    }

    assert {key.replace(" /api/v1/", " /"): route for key, route in routes.items()} == {
        "GET /health": {"authorizationType": "NONE"},
        "HEAD /health": {"authorizationType": "NONE"},
        "GET /openapi.json": {"authorizationType": "NONE"},
        "HEAD /openapi.json": {"authorizationType": "NONE"},
        **{
            f"{method} /alerts/unsubscribe": {"authorizationType": "NONE"}
            for method in ("GET", "HEAD", "POST")
        },
        # What is no route is answered by the app, as a problem.
        **{
            f"{method} /{{proxy+}}": {"authorizationType": "NONE"}
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        },
        "GET /holdings": READ,
        "HEAD /holdings": READ,
        "GET /prices": READ,
        "HEAD /prices": READ,
        **{
            f"{method} {path}": READ
            for method in ("GET", "HEAD")
            for path in (
                *("/history", "/activity", "/statements/{date}"),
                *("/insights", "/alerts", "/alerts/events"),
            )
        },
        "PUT /alerts": WRITE,
        "GET /connections": READ,
        "HEAD /connections": READ,
        "POST /connections": WRITE,
        "GET /connections/{id}": READ,
        "HEAD /connections/{id}": READ,
        "PATCH /connections/{id}": WRITE,
        "DELETE /connections/{id}": WRITE,
        "PUT /connections/{id}/credential": WRITE,
        "GET /me": READ,
        "HEAD /me": READ,
        "PATCH /me": WRITE,
        "DELETE /me": WRITE,
    }
    assert {r.arguments["target"] for r in program.all("Route")} == {
        "integrations/function-live-id"
    }


def test_the_gateway_has_each_route_of_the_api_s_document_and_no_other(program: Program) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    documented = {
        re.sub(r"{\w+}", "{}", f"{method.upper()} {path}")
        for path, methods in document["paths"].items()
        for method in methods
    }
    # A prefix may stand before every path; which parameters have which name is nobody's business.
    plain = (r.arguments["routeKey"].replace(" /api/v1/", " /") for r in program.all("Route"))
    # What is neither is answered by the app.
    routed = {re.sub(r"{\w+}", "{}", key) for key in plain if not key.endswith("/{proxy+}")}
    documented |= {key.replace("GET ", "HEAD ") for key in documented if key.startswith("GET ")}
    assert routed == documented | {"GET /openapi.json", "HEAD /openapi.json"}


def test_without_a_scope_any_token_of_the_client_is_good() -> None:
    program = declare("prod", settings("prod") | {"holdings:apiScope": ""})

    for name in ("get-holdings", "post-connections"):
        route = program.named(name).arguments
        assert route["authorizationType"] == "JWT"
        assert "authorizationScopes" not in route


def test_tokens_are_those_that_the_pool_gave_to_the_client(program: Program) -> None:
    authorizer = program.one("Authorizer").arguments

    assert authorizer["authorizerType"] == "JWT"
    assert authorizer["identitySources"] == ["$request.header.Authorization"]
    assert authorizer["jwtConfiguration"] == {
        "issuer": "https://endpoint.of/users",
        "audiences": ["web-id"],
    }


def test_the_gateway_speaks_version_2_to_the_alias(program: Program) -> None:
    integration = program.one("Integration").arguments

    assert integration["integrationType"] == "AWS_PROXY"
    assert integration["payloadFormatVersion"] == "2.0"
    assert integration["integrationUri"] == "arn:of:live/invocations"


def test_this_api_alone_may_invoke(program: Program) -> None:
    assert program.one("Permission").arguments == {
        "action": "lambda:InvokeFunction",
        "function": program.one("Function", "api").arguments["name"],
        "qualifier": "live",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": "execution-arn:of:http-api/*/*",
    }


def test_limits_come_from_the_stack_and_the_routes_exist_before_them(
    stack: str, program: Program
) -> None:
    config, stage = settings(stack), program.one("Stage")
    general = (config["holdings:throttleRate"], config["holdings:throttleBurst"])
    holdings = (config["holdings:holdingsThrottleRate"], config["holdings:holdingsThrottleBurst"])

    assert stage.arguments["name"] == "$default"
    assert stage.arguments["autoDeploy"] is True
    assert stage.arguments["defaultRouteSettings"] == {
        "throttlingRateLimit": general[0],
        "throttlingBurstLimit": general[1],
    }
    limits = {
        "health": general,
        "openapi": general,
        "alerts-unsubscribe": general,
        "proxy": general,
        "post-connections": (2, 10),
        "put-connections-id-credential": (2, 10),
    }
    assert {
        setting["routeKey"]: (setting["throttlingRateLimit"], setting["throttlingBurstLimit"])
        for setting in stage.arguments["routeSettings"]
    } == {
        route.arguments["routeKey"]: limits.get(
            route.name, limits.get(route.name.partition("-")[2], holdings)
        )
        for route in program.all("Route")
    }
    assert {route.name for route in program.all("Route")} <= {*stage.depends_on}


def test_the_access_log_tells_why_somebody_was_refused_and_shows_no_header(
    program: Program,
) -> None:
    log = program.one("Stage").arguments["accessLogSettings"]
    fields = set(json.loads(log["format"]).values())

    assert log["destinationArn"] == "arn:of:access-log"
    assert {
        "$context.requestId",
        "$context.authorizer.error",
        "$context.integration.error",
        "$context.error.message",
        "$context.status",
    } <= fields
    assert not [field for field in fields if "header" in field.lower()]


def test_pages_that_sign_in_may_call_unless_others_are_named() -> None:
    config = settings("prod") | {
        "holdings:callbackUrls": '["https://a.example/x", "https://b.c/", "https://b.c/y"]'
    }
    del config["holdings:corsOrigins"]

    cors = declare("prod", config).one("Api").arguments["corsConfiguration"]

    assert cors["allowOrigins"] == ["https://a.example", "https://b.c"]
    assert cors["allowMethods"] == ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"]
    assert cors["allowHeaders"] == [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
    ]


def test_the_gateway_and_the_function_are_told_the_same_of_other_pages() -> None:
    own = {"holdings:corsHeaders": '["Authorization", "x-own"]', "holdings:corsMethods": '["GET"]'}

    program = declare("prod", settings("prod") | own)

    cors = program.one("Api").arguments["corsConfiguration"]
    told = program.one("Function", "api").arguments["environment"]["variables"]
    assert (cors["allowHeaders"], cors["allowMethods"]) == (["Authorization", "x-own"], ["GET"])
    assert told["CORS_ALLOW_HEADERS"] == "Authorization,x-own"
    assert told["CORS_ALLOW_METHODS"] == "GET"


def test_any_page_may_call_in_dev_only() -> None:
    anybody = {"holdings:corsOrigins": '["*"]'}

    api = declare("dev", settings("dev") | anybody).one("Api")

    assert api.arguments["corsConfiguration"]["allowOrigins"] == ["*"]
    with pytest.raises(ConfigError, match="holdings:corsOrigins: name each origin"):
        declare("staging", settings("staging") | anybody)


def test_a_name_of_its_own_is_the_only_one(program: Program) -> None:
    own = declare("prod", settings("prod") | OWN_NAME)

    assert own.exports["direct_api_url"] == "https://api.holdings.example/api/v1"
    assert own.one("Distribution").arguments["origins"][1]["domainName"] == "api.holdings.example"
    assert own.one("Api").arguments["disableExecuteApiEndpoint"] is True
    assert own.one("DomainName").arguments["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    assert own.one("ApiMapping").arguments["stage"] == "default-stage-id"
    assert program.all("DomainName") == []
    assert program.exports["direct_api_url"] == "https://http-api.api.aws/api/v1"


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("corsOrigins", '["https://holdings.example/"]', "no slash"),
        ("corsOrigins", '["http://holdings.example"]', "use https"),
        ("corsOrigins", '["https://holdings.example:443"]', "begin it as browsers do"),
        ("corsOrigins", '["https://*"]', "no wildcard"),
        ("corsOrigins", '["https://a.example", "https://a.example"]', "name each once"),
        ("corsOrigins", ORIGINS, "at most 2300 characters with corsHeaders"),
        ("corsOrigins", "https://holdings.example", "a list of origins"),
        ("corsHeaders", '["content-type"]', "keep authorization"),
        ("corsHeaders", "[]", "keep authorization"),
        ("corsHeaders", '["*", "authorization"]', "not the name of a header"),
        ("corsHeaders", '["authorization", "x y"]', "not the name of a header"),
        ("corsMethods", '["POST"]', "keep GET"),
        ("corsMethods", '["GET", "TRACE"]', "not one of GET, HEAD"),
        ("corsMethods", '["GET", "get"]', "not one of GET, HEAD"),
        ("throttleRate", "0", "from 1 to 10000"),
        ("holdingsThrottleBurst", "-1", "from 1 to 10000"),
        ("apiDomain", "api.holdings.example", "together"),
        ("apiCertificateArn", CERTIFICATE.replace("eu-west-1", "us-east-1"), "in eu-west-1"),
        ("apiCertificateArn", CERTIFICATE.replace("arn:aws:", "arn:aws-cn:"), "the ARN of a"),
        ("apiDomain", "https://api.holdings.example", "a host name"),
    ],
)
def test_a_bad_setting_of_the_api_is_named(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:{key}: .*{remedy}"):
        declare("prod", settings("prod") | {f"holdings:{key}": value})
