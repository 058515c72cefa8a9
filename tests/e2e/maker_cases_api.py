"""The cases of an HTTP API and its name."""

from tests.e2e.maker_cases import Case

API = Case(
    "aws:apigatewayv2/api:Api",
    lambda _: {
        "name": "api",
        "protocolType": "HTTP",
        "corsConfiguration": {"allowOrigins": ["https://a.example"], "maxAge": 5.0},
    },
    {"corsConfiguration": {}},
    lambda gateway, api, _: gateway.get_api(ApiId=api).get("CorsConfiguration"),
    ({"AllowOrigins": ["https://a.example"], "MaxAge": 5}, None),
    "apigatewayv2",
)
AUTHORIZER = Case(
    "aws:apigatewayv2/authorizer:Authorizer",
    lambda ids: {
        "apiId": ids["Api"],
        "name": "signed-in",
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"audiences": ["a"], "issuer": "https://a"},
    },
    {"jwtConfiguration": {"audiences": ["b"], "issuer": "https://a"}},
    lambda gateway, found, ids: gateway.get_authorizer(ApiId=ids["Api"], AuthorizerId=found)[
        "JwtConfiguration"
    ]["Audience"],
    (["a"], ["b"]),
    "apigatewayv2",
)
INTEGRATION = Case(
    "aws:apigatewayv2/integration:Integration",
    lambda ids: {
        "apiId": ids["Api"],
        "integrationType": "AWS_PROXY",
        "integrationUri": "arn:a",
        "timeoutMilliseconds": 9000.0,
    },
    {"timeoutMilliseconds": 8000.0},
    lambda gateway, found, ids: gateway.get_integration(ApiId=ids["Api"], IntegrationId=found)[
        "TimeoutInMillis"
    ],
    (9000, 8000),
    "apigatewayv2",
)
ROUTE = Case(
    "aws:apigatewayv2/route:Route",
    lambda ids: {
        "apiId": ids["Api"],
        "routeKey": "GET /a",
        "authorizationType": "JWT",
        "authorizerId": ids["Authorizer"],
        "authorizationScopes": ["a/read"],
    },
    {"authorizationScopes": []},
    lambda gateway, found, ids: gateway.get_route(ApiId=ids["Api"], RouteId=found)[
        "AuthorizationScopes"
    ],
    (["a/read"], []),
    "apigatewayv2",
)
STAGE = Case(
    "aws:apigatewayv2/stage:Stage",
    lambda ids: {
        "apiId": ids["Api"],
        "name": "$default",
        "autoDeploy": True,
        "accessLogSettings": {"destinationArn": "arn:a", "format": "$context.requestId"},
        "defaultRouteSettings": {"throttlingRateLimit": 5.0, "throttlingBurstLimit": 9.0},
        "routeSettings": [
            {"routeKey": "GET /a", "throttlingRateLimit": 1.0, "throttlingBurstLimit": 2.0}
        ],
    },
    {"routeSettings": []},
    lambda gateway, found, ids: gateway.get_stage(ApiId=ids["Api"], StageName=found)[
        "RouteSettings"
    ],
    ({"GET /a": {"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 2}}, {}),
    "apigatewayv2",
)
DOMAIN = Case(
    "aws:apigatewayv2/domainName:DomainName",
    lambda _: {
        "domainName": "api.example",
        "domainNameConfiguration": {"certificateArn": "arn:a", "endpointType": "REGIONAL"},
    },
    {"domainNameConfiguration": {"certificateArn": "arn:b", "endpointType": "REGIONAL"}},
    lambda gateway, found, _: gateway.get_domain_name(DomainName=found)["DomainNameConfigurations"][
        0
    ]["CertificateArn"],
    ("arn:a", "arn:b"),
    "apigatewayv2",
)
MAPPING = Case(
    "aws:apigatewayv2/apiMapping:ApiMapping",
    lambda ids: {"apiId": ids["Api"], "domainName": ids["DomainName"], "stage": ids["Stage"]},
    {"apiMappingKey": "v1"},
    lambda gateway, found, ids: gateway.get_api_mapping(
        DomainName=ids["DomainName"], ApiMappingId=found
    ).get("ApiMappingKey", ""),
    ("", "v1"),
    "apigatewayv2",
)
CASES = [API, AUTHORIZER, INTEGRATION, ROUTE, STAGE, DOMAIN, MAPPING]
