"""What brings work to Lambda: SQS, the scheduler, events; and mail by SES."""

import json

from local.provision.aws import shaped
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


def target(resource: Resource) -> Made:
    rule, arn = resource.take("rule"), resource.take("arn")
    resource.do("put_targets", rule=rule, targets=[{"id": resource.name, "arn": arn}])
    return f"{rule}-{resource.name}", {}


def identity(resource: Resource) -> Made:
    name = resource.take("emailIdentity", resource.name)
    if resource.found("get_email_identity", emailIdentity=name) is None:
        resource.do("create_email_identity", emailIdentity=name)
    arn = f"arn:aws:ses:{resource.aws.region}:{resource.aws.account_id}:identity/{name}"
    resource.tag(arn)
    return name, {"emailIdentity": name, "arn": arn, "dkimSigningAttributes": None}


def configuration_set(resource: Resource) -> Made:
    """There is no update: one that is there is made anew, and so is what it has after it."""
    name = resource.take("configurationSetName", resource.name)
    made = shaped(
        {"configurationSetName": name, **resource.rest()},
        resource.takes("create_configuration_set"),
    )
    if resource.found("get_configuration_set", configurationSetName=name):
        resource.do("delete_configuration_set", configurationSetName=name)
    resource.client.create_configuration_set(**made)
    arn = f"arn:aws:ses:{resource.aws.region}:{resource.aws.account_id}:configuration-set/{name}"
    resource.tag(arn)
    return name, {"configurationSetName": name, "arn": arn}


def destination(resource: Resource) -> Made:
    key = {name: resource.take(name) for name in ("configurationSetName", "eventDestinationName")}
    wanted = {**key, "eventDestination": resource.take("eventDestination")}
    listed = resource.do(
        "get_configuration_set_event_destinations",
        configurationSetName=key["configurationSetName"],
    )
    there = {one["Name"] for one in listed.get("EventDestinations", [])}
    verb = "update" if key["eventDestinationName"] in there else "create"
    resource.do(f"{verb}_configuration_set_event_destination", **wanted)
    return "|".join(key.values()), {}


def queue_policy(resource: Resource) -> Made:
    url, policy = resource.take("queueUrl"), _text(resource.take("policy"))
    resource.client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, {}


HANDLERS: dict[str, Handler] = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": Kind(
        key=("UUID",), fixed=("EventSourceArn",), outputs={"uuid": "{UUID}"}
    ),
    "aws:cloudwatch/eventRule:EventRule": Kind(
        via="put_rule",
        id="{Name}",
        outputs={
            "name": "{Name}",
            "arn": "arn:aws:events:{region}:{account}:rule/{Name}",
        },
        tagged="{arn}",
    ),
    "aws:cloudwatch/eventTarget:EventTarget": target,
    "aws:scheduler/schedule:Schedule": Kind(
        key=("Name",),
        outputs={
            "name": "{Name}",
            "arn": "arn:aws:scheduler:{region}:{account}:schedule/default/{Name}",
        },
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": configuration_set,
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": destination,
    "aws:sesv2/emailIdentity:EmailIdentity": identity,
    "aws:sqs/queue:Queue": queue,
    "aws:sqs/queuePolicy:QueuePolicy": queue_policy,
}
