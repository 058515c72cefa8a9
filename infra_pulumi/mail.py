"""Mail by SES: who it is from, and what comes back of it. Without a sender there is none of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service
from infra_pulumi.identity import Identity

# What stops mail, as EventBridge calls it.
# https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
FEEDBACK = ("Email Bounced", "Email Complaint Received")


def mail_statements(
    *, account_id: str, region: str, set_arn: str, pool_arn: str, sender: str
) -> list[Document]:
    """Send from the one address, and ask the pool for whose address it goes to.

    While SES lets an account write to verified addresses alone, these are resources of it too.
    """
    identities = f"arn:aws:ses:{region}:{account_id}:identity/*"
    return [
        allow(
            "SendMail",
            ["ses:SendEmail"],
            [identities],
            condition={"StringEquals": {"ses:FromAddress": sender}},
        ),
        allow("SendAsSet", ["ses:SendEmail"], [set_arn]),
        allow("AskForTheAddress", ["cognito-idp:AdminGetUser"], [pool_arn]),
    ]


def feedback_queue_policy(*, queue_arn: str, rule_arn: str) -> Document:
    return document(
        allow(
            "EventsArrive",
            ["sqs:SendMessage"],
            [queue_arn],
            principal=service("events"),
            condition={"ArnEquals": {"aws:SourceArn": rule_arn}},
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailArgs:
    config: StackConfig
    identity: Identity


class Mail(ComponentResource):
    """`statements` are what its sender may do, `told` what it is told."""

    def __init__(self, name: str, args: MailArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Mail", name, opts=opts)
        self._child, config = ResourceOptions(parent=self), args.config
        self.statements: Output[list[Document]] = Output.from_input([])
        self.told: Mapping[str, Input[str]] = {}
        self.dkim_tokens: Output[list[str]] = Output.from_input([])
        self._config = config
        if config.mail_from:
            self._make(config, args.identity)
        self.register_outputs({})

    def _make(self, config: StackConfig, identity: Identity) -> None:
        domain = config.mail_from.partition("@")[2]
        # Of the domain, which every address of it may be from, with keys that AWS rolls over.
        sender = aws.sesv2.EmailIdentity("mail-sender", email_identity=domain, opts=self._child)
        self.dkim_tokens = sender.dkim_signing_attributes.apply(
            lambda found: list(found.tokens or []) if found else []
        )
        sending = aws.sesv2.ConfigurationSet(
            "mail-settings",
            configuration_set_name=config.prefix,
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
            opts=self._child,
        )
        bus = Output.concat(
            f"arn:aws:events:{config.region}:", account_id(self), ":event-bus/default"
        )
        aws.sesv2.ConfigurationSetEventDestination(
            "mail-feedback-events",
            configuration_set_name=sending.configuration_set_name,
            event_destination_name="feedback",
            event_destination={
                "enabled": True,
                "matching_event_types": ["BOUNCE", "COMPLAINT"],
                "event_bridge_destination": {"event_bus_arn": bus},
            },
            opts=self._child,
        )
        self._sending = sending
        self.statements = Output.all(
            account_id=account_id(self),
            set_arn=sending.arn,
            pool_arn=identity.user_pool_arn,
        ).apply(
            lambda known: mail_statements(region=config.region, sender=config.mail_from, **known)
        )
        self.told = {
            "MAIL_FROM": config.mail_from,
            "MAIL_CONFIGURATION_SET": sending.configuration_set_name,
            "USER_POOL_ID": identity.user_pool_id,
        }

    def feed(self, queue: aws.sqs.Queue) -> None:
        """Have what comes back put on a queue."""
        rule = aws.cloudwatch.EventRule(
            "mail-feedback",
            name=f"{self._config.prefix}-mail-feedback",
            description="Mail that did not arrive or was not wanted",
            event_pattern=Output.json_dumps(
                {
                    "source": ["aws.ses"],
                    "detail-type": list(FEEDBACK),
                    "detail": {
                        "mail": {
                            "tags": {
                                "ses:configuration-set": [self._sending.configuration_set_name]
                            }
                        }
                    },
                }
            ),
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            "mail-feedback-queue", rule=rule.name, arn=queue.arn, opts=self._child
        )
        aws.sqs.QueuePolicy(
            "mail-feedback-arrives",
            queue_url=queue.url,
            policy=policy_json(feedback_queue_policy, queue_arn=queue.arn, rule_arn=rule.arn),
            opts=self._child,
        )
