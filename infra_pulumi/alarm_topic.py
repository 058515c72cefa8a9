"""An SNS topic that alarms of this account publish to, and that writes to the operators."""

import pulumi
import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service


def alarm_topic_policy(*, account_id: str, topic_arn: str) -> Document:
    return document(
        allow(
            "AlarmsPublish",
            ["sns:Publish"],
            [topic_arn],
            principal=service("cloudwatch"),
            condition={"StringEquals": {"aws:SourceAccount": account_id}},
        )
    )


def alarms_use_key() -> Document:
    """Let alarms publish to a topic that the key encrypts; the topic's policy says whose.

    CloudWatch's requests carry no caller's account, so a condition on one would silence every
    alarm. https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return allow(
        "AlarmsPublishEncrypted",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        "*",
        principal=service("cloudwatch"),
    )


def alarm_topic(
    resource_name: str, *, name: str, config: StackConfig, key_arn: Input[str], parent: Resource
) -> aws.sns.Topic:
    """Make the topic, with a subscription for each address of holdings:alarmEmails."""
    child = ResourceOptions(parent=parent)
    topic = aws.sns.Topic(
        resource_name,
        name=name,
        # SNS's own key lets no alarm publish.
        kms_master_key_id=key_arn,
        opts=child,
    )
    aws.sns.TopicPolicy(
        f"{resource_name}-publish",
        arn=topic.arn,
        policy=policy_json(alarm_topic_policy, account_id=account_id(parent), topic_arn=topic.arn),
        opts=child,
    )
    if config.environment != "dev" and not config.alarm_emails:
        pulumi.log.warn("alarms reach nobody: set holdings:alarmEmails", topic)
    for address in config.alarm_emails:
        aws.sns.TopicSubscription(
            f"{resource_name}-{address}",
            topic=topic.arn,
            protocol="email",
            endpoint=address,
            opts=child,
        )
    return topic
