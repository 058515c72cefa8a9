"""SQS, and what brings its messages to Lambda."""

import json

from local.provision.resource import Handler, Kind, Made, Resource

# Pulumi's arguments of a queue that are attributes there, as SQS names them.
_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
}


def queue(resource: Resource) -> Made:
    client, name = resource.client, resource.take("name", resource.name)
    attributes = {
        attribute: _text(resource.take(argument))
        for argument, attribute in _ATTRIBUTES.items()
        if argument in resource.inputs
    }
    # One that is there is answered with as it is.
    url = client.create_queue(QueueName=name)["QueueUrl"]
    client.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    client.tag_queue(QueueUrl=url, Tags=resource.tags())
    arn = f"arn:aws:sqs:{resource.aws.region}:{resource.aws.account_id}:{name}"
    return url, {"name": name, "arn": arn, "url": url}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


HANDLERS: dict[str, Handler] = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": Kind(
        key=("UUID",), fixed=("EventSourceArn",), outputs={"uuid": "{UUID}"}
    ),
    "aws:sqs/queue:Queue": queue,
}
