"""CloudWatch: alarms and a dashboard."""

from typing import Any

from local.provision.inputs import Inputs
from local.provision.resources import Resource


def metric_alarm(resource: Resource) -> tuple[str, dict[str, Any]]:
    cloudwatch = resource.aws.client("cloudwatch")
    inputs = resource.inputs
    name = inputs.take("name", resource.name)
    queries = [_query(Inputs(query)) for query in inputs.take_list("metricQueries")]
    dimensions = _dimensions(inputs.take("dimensions"))
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    params = inputs.take_all(okActions="OKActions")
    if queries:
        params["Metrics"] = queries
    if dimensions:
        params["Dimensions"] = dimensions
    cloudwatch.put_metric_alarm(AlarmName=name, **params)
    (made,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    cloudwatch.tag_resource(ResourceARN=made["AlarmArn"], Tags=tags)
    return name, {"name": name, "arn": made["AlarmArn"]}


def _query(query: Inputs) -> dict[str, Any]:
    metric = query.take("metric")
    if not metric:
        return query.take_all()
    given = Inputs(metric)
    counted = {
        "Namespace": given.take("namespace"),
        "MetricName": given.take("metricName"),
        "Dimensions": _dimensions(given.take("dimensions")),
    }
    return {"MetricStat": {"Metric": counted, **given.take_all()}, **query.take_all()}


def _dimensions(values: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in (values or {}).items()]


def dashboard(resource: Resource) -> tuple[str, dict[str, Any]]:
    params = resource.inputs.take_all()
    resource.aws.client("cloudwatch").put_dashboard(**params)
    name = params["DashboardName"]
    arn = f"arn:aws:cloudwatch::{resource.aws.account_id}:dashboard/{name}"
    return name, {"dashboardArn": arn}
