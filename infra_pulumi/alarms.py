"""What watches the system: counted log events, alarms on a topic, a dashboard, a budget."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra_pulumi.alarm_metrics import watched
from infra_pulumi.alarm_rules import (
    LOG_EVENTS,
    AlarmRule,
    api_rules,
    function_rules,
    log_rules,
    table_rules,
)
from infra_pulumi.alarm_topic import AlarmTopic
from infra_pulumi.budget import monthly_budget
from infra_pulumi.config import StackConfig
from infra_pulumi.dashboard import dashboard_body
from infra_pulumi.function import Function
from infra_pulumi.http_api import HttpApi
from infra_pulumi.storage import Storage


class Alarms(pulumi.ComponentResource):
    dashboard: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        storage: Storage,
        function: Function,
        http_api: HttpApi,
        telemetry_key_arn: pulumi.Input[str],
    ) -> None:
        super().__init__("holdings:infra:Alarms", name)
        self._config = config
        self._child = pulumi.ResourceOptions(parent=self)
        namespace = f"{config.project}/{config.stack}"
        self._count_events(function, namespace)
        topic = AlarmTopic("topic", config, telemetry_key_arn=telemetry_key_arn, parent=self)
        rules = (
            *api_rules(http_api.api_id),
            *function_rules(function.name, timeout_seconds=config.function.timeout_seconds),
            *table_rules(storage.table_name),
            *log_rules(namespace),
        )
        for rule in rules:
            self._alarm(rule, topic)
        self.dashboard = self._dashboard(rules).dashboard_name
        monthly_budget(config, parent=self)
        self.register_outputs({"dashboard": self.dashboard})

    def _count_events(self, function: Function, namespace: str) -> None:
        for counted in LOG_EVENTS:
            aws.cloudwatch.LogMetricFilter(
                f"count-{counted.name}",
                name=counted.name,
                log_group_name=function.log_group_id,
                pattern=counted.pattern,
                metric_transformation={
                    "namespace": namespace,
                    "name": counted.metric,
                    "value": "1",
                    "default_value": "0",
                    "unit": "Count",
                },
                opts=self._child,
            )

    def _alarm(self, rule: AlarmRule, topic: AlarmTopic) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            rule.name,
            name=f"{self._config.prefix}-{rule.name}",
            alarm_description=rule.title,
            **watched(rule),
            comparison_operator="GreaterThanThreshold",
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            datapoints_to_alarm=rule.breaches,
            # Nothing measured is nothing wrong: a quiet night wakes nobody.
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            opts=self._child,
        )

    def _dashboard(self, rules: Sequence[AlarmRule]) -> aws.cloudwatch.Dashboard:
        return aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=self._config.prefix,
            dashboard_body=pulumi.Output.json_dumps(
                dashboard_body(rules, region=self._config.region)
            ),
            opts=self._child,
        )
