"""What the API lets through to the function, and from whom."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.function import Function
from infra_pulumi.identity import Identity

# Each by its method: a route for every method would take the browser's preflight too, and ask
# it for a token.
OPEN_ROUTES = ("GET /health", "HEAD /health", "GET /openapi.json", "HEAD /openapi.json")
SIGNED_IN_ROUTES = ("GET /holdings", "HEAD /holdings")


class ApiRoutes(pulumi.ComponentResource):
    routes: list[aws.apigatewayv2.Route]

    def __init__(
        self,
        name: str,
        *,
        api: aws.apigatewayv2.Api,
        api_scope: str,
        identity: Identity,
        function: Function,
        parent: pulumi.Resource,
    ) -> None:
        super().__init__(
            "holdings:infra:ApiRoutes", name, opts=pulumi.ResourceOptions(parent=parent)
        )
        self._api = api
        self._child = pulumi.ResourceOptions(parent=self)
        target = pulumi.Output.concat("integrations/", self._integration(function).id)
        authorizer = self._authorizer(identity)
        self.routes = [
            *(self._route(key, target) for key in OPEN_ROUTES),
            *(self._route(key, target, authorizer, api_scope) for key in SIGNED_IN_ROUTES),
        ]
        self.register_outputs({})

    def _integration(self, function: Function) -> aws.apigatewayv2.Integration:
        return aws.apigatewayv2.Integration(
            "function-live",
            api_id=self._api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=function.alias_invoke_arn,
            payload_format_version="2.0",
            opts=self._child,
        )

    def _authorizer(self, identity: Identity) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            "signed-in",
            api_id=self._api.id,
            name="signed-in",
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            # An access token names its client elsewhere than an ID token; the gateway takes both.
            jwt_configuration={"issuer": identity.issuer, "audiences": [identity.client_id]},
            opts=self._child,
        )

    def _route(
        self,
        key: str,
        target: pulumi.Input[str],
        authorizer: aws.apigatewayv2.Authorizer | None = None,
        scope: str = "",
    ) -> aws.apigatewayv2.Route:
        method, path = key.split(" /")
        return aws.apigatewayv2.Route(
            f"{method.lower()}-{path.removesuffix('.json')}",
            api_id=self._api.id,
            route_key=key,
            target=target,
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.id if authorizer else None,
            # ID tokens carry no scope: demanding one keeps them out.
            authorization_scopes=[scope] if scope else None,
            opts=self._child,
        )
