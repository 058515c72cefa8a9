"""Somebody outside who asks for /health, and an alarm for when the answer is another than "ok".

Route 53 publishes what its health checks see in us-east-1 alone, and an alarm writes to a topic
beside it: the component is made there.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from infra_pulumi.alarm_topic import alarm_topic, alarms_use_key
from infra_pulumi.config import StackConfig
from infra_pulumi.encryption import EncryptionKey, KeyArgs, administration
from infra_pulumi.iam import Document, document

# The fewest that Route 53 takes: more of them ask no better, and each request is paid for.
FROM_REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
# A page that is answered in the API's place is a 200 too.
ANSWER = '"status":"ok"'


def health_key_policy(*, account_id: str) -> Document:
    return document(administration(account_id), alarms_use_key())


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthArgs:
    """`api_url` is where viewers reach the API, without a slash at its end."""

    config: StackConfig
    api_url: Output[str]


class Health(ComponentResource):
    """Takes a provider of us-east-1. `topic` is what the alarm writes to."""

    topic: Output[str]

    def __init__(self, name: str, args: HealthArgs, opts: ResourceOptions) -> None:
        super().__init__("holdings:infra:Health", name, opts=opts)
        config, child = args.config, ResourceOptions(parent=self)
        called = f"{config.prefix}-health"
        where = args.api_url.apply(urlsplit)
        check = aws.route53.HealthCheck(
            "health-check",
            type="HTTPS_STR_MATCH",
            fqdn=where.apply(lambda url: url.hostname or ""),
            port=443,
            resource_path=where.apply(lambda url: f"{url.path}/health"),
            search_string=ANSWER,
            request_interval=30,
            failure_threshold=3,
            regions=list(FROM_REGIONS),
            # Its only name.
            tags={"Name": called},
            opts=child,
        )
        key = EncryptionKey(
            "health-key",
            KeyArgs(
                config=config,
                description=f"{called}: what the alarm says",
                alias=called,
                policy=health_key_policy,
                encrypts_data=False,
            ),
            child,
        )
        topic = alarm_topic(
            "health-alarms", name=called, config=config, key_arn=key.arn, parent=self
        )
        aws.cloudwatch.MetricAlarm(
            "health",
            name=called,
            alarm_description="/health is not answered, or otherwise than with ok",
            namespace="AWS/Route53",
            metric_name="HealthCheckStatus",
            dimensions={"HealthCheckId": check.id},
            statistic="Minimum",
            comparison_operator="LessThanThreshold",
            threshold=1,
            period=60,
            # Route 53 itself has seen three failures by then.
            evaluation_periods=2,
            datapoints_to_alarm=2,
            # Nobody asks any more.
            treat_missing_data="breaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            opts=child,
        )
        self.topic = topic.arn
        self.register_outputs({"topic": self.topic})
