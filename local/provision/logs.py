"""Log groups, and the metrics that are counted from their lines."""

from typing import Any

from local.provision.inputs import Inputs
from local.provision.resources import Resource


def log_group(resource: Resource) -> tuple[str, dict[str, Any]]:
    logs = resource.aws.client("logs")
    name = resource.inputs.take("name", resource.name)
    retention = resource.inputs.take("retentionInDays", 0)
    resource.inputs.take("skipDestroy")  # speaks of a `pulumi destroy` alone
    tags = resource.tags()
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    names = {group["logGroupName"] for page in pages for group in page["logGroups"]}
    arn = f"arn:aws:logs:{resource.aws.region}:{resource.aws.account_id}:log-group:{name}"
    if name not in names:
        logs.create_log_group(logGroupName=name)
    logs.tag_resource(resourceArn=arn, tags=tags)
    if retention:
        logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
    else:  # for ever
        logs.delete_retention_policy(logGroupName=name)
    return name, {"name": name, "arn": arn}


def metric_filter(resource: Resource) -> tuple[str, dict[str, Any]]:
    inputs = resource.inputs
    name = inputs.take("name", resource.name)
    transformation = inputs.take("metricTransformation")
    inputs_of_metric = Inputs(transformation).take_all(
        namespace="metricNamespace",
        name="metricName",
        value="metricValue",
        unit="unit",
        dimensions="dimensions",
        defaultValue="defaultValue",
    )
    if "defaultValue" in inputs_of_metric:  # Pulumi has it as text
        inputs_of_metric["defaultValue"] = float(inputs_of_metric["defaultValue"])
    group, pattern = inputs.take("logGroupName"), inputs.take("pattern")
    resource.aws.client("logs").put_metric_filter(
        filterName=name,
        logGroupName=group,
        filterPattern=pattern,
        metricTransformations=[inputs_of_metric],
    )
    return name, {"name": name}
