"""What watches the system: counted log events, alarms on a topic, a dashboard, a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from infra_pulumi.alarm_rules import (
    FIVE_MINUTES,
    LOG_EVENTS,
    AlarmRule,
    log_rules,
    planner_rules,
    queue_rules,
    run_rule,
    service_rules,
)
from infra_pulumi.alarm_topic import alarm_topic
from infra_pulumi.config import StackConfig
from infra_pulumi.function import Function
from infra_pulumi.http_api import HttpApi
from infra_pulumi.iam import account_id
from infra_pulumi.job_table import jobs
from infra_pulumi.jobs import Queues, Worker
from infra_pulumi.logs import Logs
from infra_pulumi.planner import Planner
from infra_pulumi.storage import Storage

# The dashboard's graphs, in columns.
COLUMNS, WIDTH, HEIGHT = 3, 8, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsArgs:
    config: StackConfig
    storage: Storage
    function: Function
    http_api: HttpApi
    queues: Queues
    workers: Mapping[str, Worker]
    planner: Planner
    logs: Logs


class Alarms(ComponentResource):
    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Alarms", name, opts=opts)
        self._args, self._config = args, args.config
        self._child = ResourceOptions(parent=self)
        namespace = f"{self._config.project}/{self._config.stack}"
        for event in LOG_EVENTS:
            aws.cloudwatch.LogMetricFilter(
                f"count-{event.name}",
                name=event.name,
                log_group_name=args.logs.function.id,
                pattern=event.chosen,
                metric_transformation={
                    "namespace": namespace,
                    "name": event.name,
                    "value": "1",
                    "default_value": "0",
                    "unit": "Count",
                },
                opts=self._child,
            )
        topic = alarm_topic(
            "alarms",
            name=f"{self._config.prefix}-alarms",
            config=self._config,
            key_arn=args.logs.key_arn,
            parent=self,
        )
        self.topic = topic.arn
        rules = log_rules(namespace) + service_rules(
            api_id=args.http_api.api_id,
            function=args.function.name,
            timeout_seconds=self._config.timeout_seconds,
            table=args.storage.table.name,
        )
        for job in jobs(self._config):
            queue = args.queues.of[job.name]
            rules += queue_rules(job, queue=queue.queue.name, dead=queue.dead.name)
        rules += [
            run_rule(args.workers["sync-history"].function),
            *(planner_rules(args.planner.function) if self._config.schedules else ()),
        ]
        alarms = [self._alarm(rule, topic) for rule in rules]
        self.names = {rule.name: alarm.name for rule, alarm in zip(rules, alarms, strict=True)}
        self.dashboard = self._dashboard(rules, alarms).dashboard_name
        self._budget()
        self.register_outputs({"dashboard": self.dashboard})

    def _alarm(self, rule: AlarmRule, topic: aws.sns.Topic) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            rule.name,
            name=f"{self._config.prefix}-{rule.name}",
            alarm_description=rule.title,
            **_watched(rule),
            comparison_operator=rule.comparison,
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            datapoints_to_alarm=rule.breaches,
            treat_missing_data=rule.missing,
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            opts=self._child,
        )

    def _dashboard(
        self, rules: Sequence[AlarmRule], alarms: Sequence[aws.cloudwatch.MetricAlarm]
    ) -> aws.cloudwatch.Dashboard:
        """Graphs of the jobs, and of what each alarm watches with the line it must not cross.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
        """
        widgets = [
            {
                "type": "metric",
                "x": place % COLUMNS * WIDTH,
                "y": place // COLUMNS * HEIGHT,
                "width": WIDTH,
                "height": HEIGHT,
                "properties": {"region": self._config.region, "view": "timeSeries", **shown},
            }
            for place, shown in enumerate(
                [
                    *self._job_graphs(),
                    *(
                        {"title": rule.title, "annotations": {"alarms": [alarm.arn]}}
                        for rule, alarm in zip(rules, alarms, strict=True)
                    ),
                ]
            )
        ]
        return aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=self._config.prefix,
            dashboard_body=Output.json_dumps({"widgets": widgets}),
            opts=self._child,
        )

    def _job_graphs(self) -> list[dict[str, Any]]:
        """What was due, done and failed, how late it is, and how long it takes; a line a job."""
        queues, workers = self._args.queues.of, self._args.workers
        told = (
            ("Due: messages sent", "NumberOfMessagesSent", "Sum"),
            ("Done: messages deleted", "NumberOfMessagesDeleted", "Sum"),
            ("Lag: age of the oldest message", "ApproximateAgeOfOldestMessage", "Maximum"),
        )
        graphs = [
            {
                "title": title,
                "stat": statistic,
                "period": FIVE_MINUTES,
                "metrics": [
                    ["AWS/SQS", metric, "QueueName", queue.queue.name, {"label": name}]
                    for name, queue in queues.items()
                ],
            }
            for title, metric, statistic in told
        ]
        failed = [
            [
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "QueueName",
                queue.dead.name,
                {"label": name},
            ]
            for name, queue in queues.items()
        ]
        durations = [
            ["AWS/Lambda", "Duration", "FunctionName", worker.function, {"label": name}]
            for name, worker in workers.items()
        ]
        return [
            *graphs,
            {
                "title": "Failed: messages that wait for somebody",
                "stat": "Maximum",
                "period": FIVE_MINUTES,
                "metrics": failed,
            },
            {
                "title": "Slowest runs",
                "stat": "p99",
                "period": FIVE_MINUTES,
                "metrics": durations,
            },
        ]

    def _budget(self) -> None:
        """Of the whole account: a filter by tag sees nothing until somebody activates the tag."""
        addresses = list(self._config.alarm_emails)
        aws.budgets.Budget(
            "monthly",
            account_id=account_id(self),
            name=f"{self._config.prefix}-monthly",
            budget_type="COST",
            limit_amount=str(self._config.budget_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            notifications=[
                {
                    "notification_type": kind,
                    "comparison_operator": "GREATER_THAN",
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": addresses,
                }
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ]
            # A notification without a reader is refused.
            if addresses
            else None,
            opts=self._child,
        )


def _watched(rule: AlarmRule) -> dict[str, Any]:
    """The arguments of a MetricAlarm for one metric, or for an expression over some."""
    if rule.expression:
        total = {"id": "total", "expression": rule.expression, "label": rule.title}
        queries = [
            {"id": m.id, "return_data": False, "metric": {**m.arguments, "stat": m.statistic}}
            for m in rule.metrics
        ]
        return {"metric_queries": [*queries, {**total, "return_data": True}]}
    (metric,) = rule.metrics
    # Percentiles have an argument of their own.
    kind = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
    return {**metric.arguments, kind: metric.statistic}
