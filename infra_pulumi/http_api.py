"""The HTTP API in front of the function: one name, one stage, its limits and its access log."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra_pulumi.api_domain import ApiDomain
from infra_pulumi.api_routes import OPEN_ROUTES, SIGNED_IN_ROUTES, ApiRoutes
from infra_pulumi.config import StackConfig
from infra_pulumi.function import Function
from infra_pulumi.identity import Identity
from infra_pulumi.log_group import log_group

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


class HttpApi(pulumi.ComponentResource):
    """`url` has no slash at its end; `domain_target` is "" without a domain of one's own."""

    api_id: pulumi.Output[str]
    url: pulumi.Output[str]
    domain_target: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        identity: Identity,
        function: Function,
        telemetry_key_arn: pulumi.Input[str],
    ) -> None:
        super().__init__("holdings:infra:HttpApi", name)
        self._config = config
        self._child = pulumi.ResourceOptions(parent=self)
        api = self._api()
        routes = ApiRoutes(
            "routes",
            api=api,
            api_scope=config.identity.api_scope,
            identity=identity,
            function=function,
            parent=self,
        ).routes
        stage = self._stage(api, routes, telemetry_key_arn)
        aws.lambda_.Permission(
            "api-invokes-live",
            action="lambda:InvokeFunction",
            function=function.name,
            qualifier=function.alias,
            principal="apigateway.amazonaws.com",
            # Any stage and route of this API, and no other API: the app trusts what it is told
            # about the caller.
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
            opts=self._child,
        )
        self.api_id, self.url = api.id, api.api_endpoint
        self.domain_target = pulumi.Output.from_input("")
        if config.http_api.domain:
            domain = ApiDomain("domain", config.http_api, api=api, stage=stage, parent=self)
            self.url, self.domain_target = domain.url, domain.target
        self.register_outputs({"api_id": self.api_id, "url": self.url})

    def _api(self) -> aws.apigatewayv2.Api:
        settings = self._config.http_api
        return aws.apigatewayv2.Api(
            "http-api",
            name=self._config.prefix,
            protocol_type="HTTP",
            description="Holdings",
            # One name to reach it by, when it has one of its own.
            disable_execute_api_endpoint=bool(settings.domain),
            cors_configuration={
                "allow_origins": list(settings.cors_origins),
                "allow_methods": ["GET", "HEAD", "OPTIONS"],
                "allow_headers": ["authorization", "content-type", "if-none-match"],
                "expose_headers": ["age", "etag", "retry-after", "x-cache", "x-request-id"],
                "allow_credentials": False,
                "max_age": 3600,
            },
            opts=self._child,
        )

    def _stage(
        self,
        api: aws.apigatewayv2.Api,
        routes: list[aws.apigatewayv2.Route],
        telemetry_key_arn: pulumi.Input[str],
    ) -> aws.apigatewayv2.Stage:
        settings = self._config.http_api
        log = log_group(
            "access-log",
            self._config.access_log_group,
            self._config,
            key_arn=telemetry_key_arn,
            parent=self,
        )
        limits = dict.fromkeys(OPEN_ROUTES, (settings.rate, settings.burst)) | dict.fromkeys(
            SIGNED_IN_ROUTES, (settings.holdings_rate, settings.holdings_burst)
        )
        return aws.apigatewayv2.Stage(
            "default-stage",
            api_id=api.id,
            # A stage of another name would be part of every path that the app sees.
            name="$default",
            auto_deploy=True,
            access_log_settings={"destination_arn": log.arn, "format": json.dumps(ACCESS_LOG)},
            # A limit that is left out of a setting counts as 0, and refuses everybody.
            default_route_settings={
                "throttling_rate_limit": settings.rate,
                "throttling_burst_limit": settings.burst,
            },
            route_settings=[
                {
                    "route_key": key,
                    "throttling_rate_limit": rate,
                    "throttling_burst_limit": burst,
                }
                for key, (rate, burst) in limits.items()
            ],
            # The gateway refuses settings for routes that it does not have yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes),
        )
