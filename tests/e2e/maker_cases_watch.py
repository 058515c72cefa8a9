"""The cases of what watches the system: topic, alarm, dashboard, budget."""

from typing import Any

from tests.e2e.maker_cases import Case, action, policy

TOPIC = Case(
    "aws:sns/topic:Topic",
    lambda _: {"name": "alarms", "kmsMasterKeyId": "a"},
    {"kmsMasterKeyId": "b"},
    lambda sns, arn, _: sns.get_topic_attributes(TopicArn=arn)["Attributes"]["KmsMasterKeyId"],
    ("a", "b"),
    "sns",
)
TOPIC_POLICY = Case(
    "aws:sns/topicPolicy:TopicPolicy",
    lambda ids: {"arn": ids["Topic"], "policy": policy("sns:Publish")},
    {"policy": policy("sns:Subscribe")},
    lambda sns, arn, _: action(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]),
    ("sns:Publish", "sns:Subscribe"),
    "sns",
)
SUBSCRIPTION = Case(
    "aws:sns/topicSubscription:TopicSubscription",
    lambda ids: {"topic": ids["Topic"], "protocol": "email", "endpoint": "a@example.com"},
    {},  # another endpoint would be another subscription
    lambda sns, _, ids: [
        found["Endpoint"]
        for found in sns.list_subscriptions_by_topic(TopicArn=ids["Topic"])["Subscriptions"]
    ],
    (["a@example.com"], ["a@example.com"]),
    "sns",
)


def _threshold(cloudwatch: Any, name: str) -> Any:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm["Threshold"]


ALARM = Case(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    lambda _: {
        "name": "errors",
        "metricName": "Errors",
        "namespace": "AWS/Lambda",
        "period": 300.0,
        "statistic": "Sum",
        "dimensions": {"FunctionName": "function"},
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1.0,
        "threshold": 5.0,
        "okActions": ["arn:aws:sns:eu-west-1:000000000000:alarms"],
    },
    {"threshold": 6.5},
    lambda cloudwatch, name, _: _threshold(cloudwatch, name),
    (5.0, 6.5),
    "cloudwatch",
)
DASHBOARD = Case(
    "aws:cloudwatch/dashboard:Dashboard",
    lambda _: {"dashboardName": "holdings", "dashboardBody": '{"widgets":[]}'},
    {"dashboardBody": '{"widgets": []}'},
    lambda cloudwatch, name, _: cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"],
    ('{"widgets":[]}', '{"widgets": []}'),
    "cloudwatch",
)


def _notification(threshold: float) -> dict[str, Any]:
    return {
        "notificationType": "ACTUAL",
        "comparisonOperator": "GREATER_THAN",
        "threshold": threshold,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": ["a@example.com"],
    }


def _thresholds(budgets: Any, budget: str) -> Any:
    account, name = budget.split(":")
    key = {"AccountId": account, "BudgetName": name}
    found = budgets.describe_notifications_for_budget(**key)["Notifications"]
    limit = budgets.describe_budget(**key)["Budget"]["BudgetLimit"]["Amount"]
    return float(limit), [item["Threshold"] for item in found]


BUDGET = Case(
    "aws:budgets/budget:Budget",
    lambda _: {
        "name": "monthly",
        "budgetType": "COST",
        "limitAmount": "20",
        "limitUnit": "USD",
        "timeUnit": "MONTHLY",
        "notifications": [_notification(80.0)],
    },
    {"limitAmount": "30", "notifications": [_notification(90.0)]},
    lambda budgets, budget, _: _thresholds(budgets, budget),
    ((20.0, [80]), (30.0, [90])),
    "budgets",
)
CASES = [TOPIC, TOPIC_POLICY, SUBSCRIPTION, ALARM, DASHBOARD, BUDGET]
