"""What watches the system: counted log events, alarms on a topic, a dashboard, a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, ResourceOptions

from infra_pulumi.alarm_rules import (
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
from infra_pulumi.dashboard import Shown, body
from infra_pulumi.function import Function
from infra_pulumi.http_api import HttpApi
from infra_pulumi.iam import account_id
from infra_pulumi.job_table import jobs
from infra_pulumi.jobs import Queues, Worker
from infra_pulumi.logs import Logs
from infra_pulumi.planner import MEMORY_MB, Planner
from infra_pulumi.records import Records
from infra_pulumi.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsArgs:
    config: StackConfig
    storage: Storage
    records: Records
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
        namespace = self._config.metrics_namespace
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
        if self._config.log_level not in ("DEBUG", "INFO"):
            pulumi.log.warn(
                "requests are not counted: their lines are INFO, which holdings:logLevel leaves out"
            )
        self.dashboard = aws.cloudwatch.Dashboard(
            "dashboard",
            dashboard_name=self._config.prefix,
            dashboard_body=body(self._shown(alarms)),
            opts=self._child,
        ).dashboard_name
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

    def _shown(self, alarms: Sequence[aws.cloudwatch.MetricAlarm]) -> Shown:
        args, config = self._args, self._config
        workers = {name: worker.function for name, worker in args.workers.items()}
        memory = {job.name: job.memory_mb for job in jobs(config)}
        return Shown(
            region=config.region,
            namespace=config.metrics_namespace,
            alarms=[alarm.arn for alarm in alarms],
            api_id=args.http_api.api_id,
            api=args.function.name,
            api_log=args.logs.function.name,
            logs=[group.name for group in (args.logs.function, *args.logs.jobs.values())],
            tables=[args.storage.table.name, args.records.table.name],
            functions=[
                (args.function.name, config.memory_mb),
                (args.planner.function, MEMORY_MB),
                *((workers[name], memory[name]) for name in workers),
            ],
            workers=workers,
            queues={name: queue.queue.name for name, queue in args.queues.of.items()},
            dead={name: queue.dead.name for name, queue in args.queues.of.items()},
        )

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
