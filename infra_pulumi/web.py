"""The web page in the cloud: its files, its delivery, and what it must know of this stack."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig
from infra_pulumi.distribution import distribution, headers_policy
from infra_pulumi.http_api import HttpApi
from infra_pulumi.identity import Identity
from infra_pulumi.web_bucket import WebBucket
from infra_pulumi.web_policies import content_security_policy, web_bucket_policy


class Web(pulumi.ComponentResource):
    """`url` has no slash at its end."""

    url: pulumi.Output[str]
    bucket: pulumi.Output[str]
    distribution_id: pulumi.Output[str]
    domain_target: pulumi.Output[str]

    def __init__(
        self, name: str, config: StackConfig, *, identity: Identity, http_api: HttpApi
    ) -> None:
        super().__init__("holdings:infra:Web", name)
        store = WebBucket("bucket", config, parent=self)
        page = distribution(
            config,
            bucket=store.bucket,
            headers=headers_policy(
                config,
                content_security_policy=_content_security_policy(identity, http_api),
                parent=self,
            ),
            parent=self,
            depends_on=store.closed,
        )
        aws.s3.BucketPolicy(
            "web-policy",
            bucket=store.bucket.id,
            policy=pulumi.Output.all(store.bucket.arn, page.arn).apply(
                lambda arns: json.dumps(
                    web_bucket_policy(bucket_arn=str(arns[0]), distribution_arn=str(arns[1]))
                )
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=store.closed),
        )
        aws.s3.BucketObjectv2(
            "web-config",
            bucket=store.bucket.id,
            key="config.json",
            content=_page_config(config, identity, http_api),
            content_type="application/json",
            # A page that is open finds a new stack's addresses by asking again.
            cache_control="no-cache",
            opts=pulumi.ResourceOptions(parent=self, depends_on=store.closed),
        )
        self.bucket, self.distribution_id = store.bucket.bucket, page.id
        self.domain_target = page.domain_name
        self.url = pulumi.Output.concat("https://", config.web.domain or page.domain_name)
        self.register_outputs({"url": self.url, "distribution_id": self.distribution_id})


def _content_security_policy(identity: Identity, http_api: HttpApi) -> pulumi.Output[str]:
    return pulumi.Output.all(http_api.url, identity.hosted_ui_url).apply(
        lambda urls: content_security_policy(api_url=str(urls[0]), hosted_ui_url=str(urls[1]))
    )


def _page_config(config: StackConfig, identity: Identity, http_api: HttpApi) -> pulumi.Output[str]:
    """All of it is public: everybody who opens the page reads it."""
    return pulumi.Output.json_dumps(
        {
            "api_url": http_api.url,
            "hosted_ui_url": identity.hosted_ui_url,
            "issuer": identity.issuer,
            "client_id": identity.client_id,
            "scope": config.identity.api_scope,
        },
        indent=2,
    )
