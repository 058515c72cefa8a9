"""CloudWatch: alarms and a dashboard."""

from typing import Any

from local.provision.resources import Resource


def metric_alarm(resource: Resource) -> tuple[str, dict[str, Any]]:
    cloudwatch = resource.aws.client("cloudwatch")
    inputs = resource.inputs
    name = inputs.take("name", resource.name)
    dimensions = [
        {"Name": key, "Value": value} for key, value in inputs.take("dimensions", {}).items()
    ]
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    params = inputs.take_all(okActions="OKActions")
    cloudwatch.put_metric_alarm(AlarmName=name, Dimensions=dimensions, **params)
    (made,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    cloudwatch.tag_resource(ResourceARN=made["AlarmArn"], Tags=tags)
    return name, {"name": name, "arn": made["AlarmArn"]}


def dashboard(resource: Resource) -> tuple[str, dict[str, Any]]:
    params = resource.inputs.take_all()
    resource.aws.client("cloudwatch").put_dashboard(**params)
    name = params["DashboardName"]
    arn = f"arn:aws:cloudwatch::{resource.aws.account_id}:dashboard/{name}"
    return name, {"dashboardArn": arn}
