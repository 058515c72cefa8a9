"""How CloudWatch is told what an alarm looks at."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from infra_pulumi.alarm_rules import FIVE_MINUTES, AlarmRule, Metric


class Watched(TypedDict, total=False):
    """The arguments of a MetricAlarm for one metric, or for an expression over some."""

    namespace: str
    metric_name: str
    dimensions: dict[str, pulumi.Input[str]]
    period: int
    statistic: str
    extended_statistic: str
    metric_queries: list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]


def watched(rule: AlarmRule) -> Watched:
    if rule.expression:
        return {"metric_queries": _queries(rule)}
    (metric,) = rule.metrics
    one: Watched = {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": FIVE_MINUTES,
    }
    # Percentiles have an argument of their own.
    if metric.statistic.startswith("p"):
        return {**one, "extended_statistic": metric.statistic}
    return {**one, "statistic": metric.statistic}


def _queries(rule: AlarmRule) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    return [
        *(_query(metric) for metric in rule.metrics),
        {
            "id": "total",
            "expression": rule.expression,
            "label": rule.title,
            "return_data": True,
        },
    ]


def _query(metric: Metric) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
    return {
        "id": metric.id,
        "return_data": False,
        "metric": {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": metric.dimensions,
            "period": FIVE_MINUTES,
            "stat": metric.statistic,
        },
    }
