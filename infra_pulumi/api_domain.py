"""A name of one's own for the API. The DNS record that points to `target` is the operator's."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.config_http_api import HttpApiConfig


class ApiDomain(pulumi.ComponentResource):
    url: pulumi.Output[str]
    target: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        settings: HttpApiConfig,
        *,
        api: aws.apigatewayv2.Api,
        stage: aws.apigatewayv2.Stage,
        parent: pulumi.Resource,
    ) -> None:
        super().__init__(
            "holdings:infra:ApiDomain", name, opts=pulumi.ResourceOptions(parent=parent)
        )
        domain = aws.apigatewayv2.DomainName(
            "api-domain",
            domain_name=settings.domain,
            domain_name_configuration={
                "certificate_arn": settings.certificate_arn,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.apigatewayv2.ApiMapping(
            "api-domain-mapping",
            api_id=api.id,
            domain_name=domain.id,
            stage=stage.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = pulumi.Output.concat("https://", domain.domain_name)
        self.target = domain.domain_name_configuration.target_domain_name.apply(
            lambda target: target or ""
        )
        self.register_outputs({"url": self.url, "target": self.target})
