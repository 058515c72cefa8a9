"""SNS: a topic, who may publish to it, and who is told."""

from typing import Any

from local.provision.resources import Resource


def topic(resource: Resource) -> tuple[str, dict[str, Any]]:
    sns = resource.aws.client("sns")
    name = resource.inputs.take("name", resource.name)
    key = resource.inputs.take("kmsMasterKeyId", "")
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    arn = sns.create_topic(Name=name)["TopicArn"]  # the one of that name, if there is one
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
    sns.tag_resource(ResourceArn=arn, Tags=tags)
    return arn, {"arn": arn, "name": name}


def topic_policy(resource: Resource) -> tuple[str, dict[str, Any]]:
    arn = resource.inputs.take("arn")
    resource.aws.client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=resource.inputs.take("policy")
    )
    return arn, {}


def topic_subscription(resource: Resource) -> tuple[str, dict[str, Any]]:
    # The same reader of the same topic is one subscription, however often it is asked for.
    params = resource.inputs.take_all(topic="TopicArn")
    arn = resource.aws.client("sns").subscribe(ReturnSubscriptionArn=True, **params)
    return arn["SubscriptionArn"], {"arn": arn["SubscriptionArn"]}
