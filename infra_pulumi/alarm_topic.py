"""Where alarms go: an encrypted topic, and the people who are written to."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra_pulumi.account import Account
from infra_pulumi.config import StackConfig
from infra_pulumi.policies import alarm_topic_policy


class AlarmTopic(pulumi.ComponentResource):
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        telemetry_key_arn: pulumi.Input[str],
        parent: pulumi.Resource,
    ) -> None:
        super().__init__(
            "holdings:infra:AlarmTopic", name, opts=pulumi.ResourceOptions(parent=parent)
        )
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            "alarms",
            name=f"{config.prefix}-alarms",
            # SNS's own key lets no alarm publish.
            kms_master_key_id=telemetry_key_arn,
            opts=child,
        )
        aws.sns.TopicPolicy(
            "alarms-publish",
            arn=topic.arn,
            policy=pulumi.Output.all(Account.of(self).id, topic.arn).apply(
                lambda found: json.dumps(
                    alarm_topic_policy(account_id=str(found[0]), topic_arn=str(found[1]))
                )
            ),
            opts=child,
        )
        if config.environment != "dev" and not config.alarms.emails:
            pulumi.log.warn("nobody hears the alarms: set holdings:alarmEmails", topic)
        for address in config.alarms.emails:
            aws.sns.TopicSubscription(
                f"alarms-{address}",
                topic=topic.arn,
                protocol="email",
                endpoint=address,
                opts=child,
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})
