"""The HTTP API in front of the function: routes, who may call them, limits, the access log."""

import json
import re
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.function import Function
from infra_pulumi.identity import Identity
from infra_pulumi.logs import Logs

# Each by its method: a route for every method would take the browser's preflight too, and ask
# it for a token.
OPEN_ROUTES = (
    *("GET /health", "HEAD /health", "GET /openapi.json", "HEAD /openapi.json"),
    # Out of a mail, where nobody is signed in.
    *("GET /alerts/unsubscribe", "HEAD /alerts/unsubscribe", "POST /alerts/unsubscribe"),
)
READING_ROUTES = tuple(
    f"{method} {path}"
    for path in (
        *("/holdings", "/prices", "/connections", "/connections/{id}", "/me"),
        *("/history", "/activity", "/statements/{date}"),
        *("/insights", "/alerts", "/alerts/events"),
    )
    for method in ("GET", "HEAD")
)
# These ask an exchange whether a key is good.
PROBING_ROUTES = ("POST /connections", "PUT /connections/{id}/credential")
CHANGING_ROUTES = (
    *PROBING_ROUTES,
    "PATCH /connections/{id}",
    "DELETE /connections/{id}",
    "PATCH /me",
    "DELETE /me",
    "PUT /alerts",
)
# What is no route of the API's is answered by the app too, as a problem. Each by its method: ANY
# would take the preflight.
OTHER_ROUTES = tuple(
    f"{method} /{{proxy+}}" for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
)

# Refused callers never reach the function, so this is the only log that knows of them.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "userAgent": "$context.identity.userAgent",
    "routeKey": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "subject": "$context.authorizer.claims.sub",
    "authorizerError": "$context.authorizer.error",
    "error": "$context.error.message",
    "errorType": "$context.error.responseType",
    "integrationStatus": "$context.integration.status",
    "integrationLatency": "$context.integration.latency",
    "integrationError": "$context.integration.error",
    "integrationRequestId": "$context.integration.requestId",
}


def prefixed(route: str, prefix: str) -> str:
    """Return a route's key as the gateway has it: "GET /api/v1/health"."""
    method, _, path = route.partition(" ")
    return f"{method} {prefix}{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApiArgs:
    config: StackConfig
    identity: Identity
    function: Function
    logs: Logs


class HttpApi(ComponentResource):
    """`url` is the gateway's own, with the API's prefix and no slash at its end.

    `endpoint` is that without the prefix, `host` its host name; `domain_target` is "" without a
    domain of one's own.
    """

    api_id: Output[str]
    endpoint: Output[str]
    host: Output[str]
    url: Output[str]
    domain_target: Output[str]

    def __init__(self, name: str, args: HttpApiArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:HttpApi", name, opts=opts)
        self._args, self._config = args, args.config
        self._child = ResourceOptions(parent=self)
        self._api = self._make_api()
        stage = self._stage(self._routes())
        aws.lambda_.Permission(
            "api-invokes-live",
            action="lambda:InvokeFunction",
            function=args.function.name,
            qualifier=args.function.alias.name,
            principal="apigateway.amazonaws.com",
            # Any stage and route of this API, and no other API: the app trusts what it hears
            # about the caller.
            source_arn=Output.concat(self._api.execution_arn, "/*/*"),
            opts=self._child,
        )
        self.api_id, self.execution_arn = self._api.id, self._api.execution_arn
        self.endpoint = self._api.api_endpoint
        # As AWS names it in its standard partition, which is all that a stack may be in.
        self.host = Output.concat(self.api_id, f".execute-api.{self._config.region}.amazonaws.com")
        self.domain_target = Output.from_input("")
        if self._config.api_domain:
            domain = self._domain(stage)
            self.host = domain.domain_name
            self.endpoint = Output.concat("https://", self.host)
            self.domain_target = domain.domain_name_configuration.target_domain_name.apply(
                lambda target: target or ""
            )
        self.url = Output.concat(self.endpoint, self._config.api_prefix)
        self.register_outputs({"api_id": self.api_id, "url": self.url})

    def _make_api(self) -> aws.apigatewayv2.Api:
        config = self._config
        return aws.apigatewayv2.Api(
            "http-api",
            name=config.prefix,
            protocol_type="HTTP",
            description="Holdings",
            # One name to reach it by, when it has one of its own.
            disable_execute_api_endpoint=bool(config.api_domain),
            cors_configuration={
                "allow_origins": list(config.cors_origins),
                "allow_methods": list(config.cors_methods),
                "allow_headers": list(config.cors_headers),
                "expose_headers": [
                    "age",
                    "etag",
                    "location",
                    "retry-after",
                    "x-cache",
                    "x-request-id",
                ],
                "allow_credentials": False,
                "max_age": 3600,
            },
            opts=self._child,
        )

    def _routes(self) -> list[aws.apigatewayv2.Route]:
        args = self._args
        integration = aws.apigatewayv2.Integration(
            "function-live",
            api_id=self._api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=args.function.alias.invoke_arn,
            payload_format_version="2.0",
            opts=self._child,
        )
        authorizer = aws.apigatewayv2.Authorizer(
            "signed-in",
            api_id=self._api.id,
            name="signed-in",
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            # An access token names its client elsewhere than an ID token; the gateway takes both.
            jwt_configuration={
                "issuer": args.identity.issuer,
                "audiences": [args.identity.client_id],
            },
            opts=self._child,
        )
        target = Output.concat("integrations/", integration.id)
        return [
            *(self._route(key, target) for key in OPEN_ROUTES + OTHER_ROUTES),
            *(
                self._route(key, target, authorizer, self._config.api_scope)
                for key in READING_ROUTES
            ),
            *(
                self._route(key, target, authorizer, self._config.api_write_scope)
                for key in CHANGING_ROUTES
            ),
        ]

    def _route(
        self,
        key: str,
        target: Input[str],
        authorizer: aws.apigatewayv2.Authorizer | None = None,
        scope: str = "",
    ) -> aws.apigatewayv2.Route:
        """ID tokens carry no scope: demanding one keeps them out."""
        words = re.findall(r"\w+", key.removesuffix(".json").lower())
        return aws.apigatewayv2.Route(
            "-".join(words),
            api_id=self._api.id,
            route_key=prefixed(key, self._config.api_prefix),
            target=target,
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.id if authorizer else None,
            authorization_scopes=[scope] if scope else None,
            opts=self._child,
        )

    def _stage(self, routes: list[aws.apigatewayv2.Route]) -> aws.apigatewayv2.Stage:
        config = self._config
        limits = dict.fromkeys(
            OPEN_ROUTES + OTHER_ROUTES, (config.throttle_rate, config.throttle_burst)
        )
        limits |= dict.fromkeys(
            READING_ROUTES + CHANGING_ROUTES,
            (config.holdings_throttle_rate, config.holdings_throttle_burst),
        )
        limits |= dict.fromkeys(
            PROBING_ROUTES, (config.probe_throttle_rate, config.probe_throttle_burst)
        )
        return aws.apigatewayv2.Stage(
            "default-stage",
            api_id=self._api.id,
            # A stage of another name would be part of every path that the app sees.
            name="$default",
            auto_deploy=True,
            access_log_settings={
                "destination_arn": self._args.logs.access.arn,
                "format": json.dumps(ACCESS_LOG),
            },
            # A limit that is left out of a setting counts as 0, and refuses everybody.
            default_route_settings={
                "throttling_rate_limit": config.throttle_rate,
                "throttling_burst_limit": config.throttle_burst,
            },
            route_settings=[
                {
                    "route_key": prefixed(key, config.api_prefix),
                    "throttling_rate_limit": rate,
                    "throttling_burst_limit": burst,
                }
                for key, (rate, burst) in limits.items()
            ],
            # The gateway refuses settings for routes that it does not have yet.
            opts=ResourceOptions(parent=self, depends_on=routes),
        )

    def _domain(self, stage: aws.apigatewayv2.Stage) -> aws.apigatewayv2.DomainName:
        """A name of one's own. The DNS record that points to `domain_target` is the operator's."""
        domain = aws.apigatewayv2.DomainName(
            "api-domain",
            domain_name=self._config.api_domain,
            domain_name_configuration={
                "certificate_arn": self._config.api_certificate_arn,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
            },
            opts=self._child,
        )
        aws.apigatewayv2.ApiMapping(
            "api-domain-mapping",
            api_id=self._api.id,
            domain_name=domain.id,
            stage=stage.id,
            opts=self._child,
        )
        return domain
