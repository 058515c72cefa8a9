"""Logs, alarms and who hears of them: CloudWatch, SNS and Budgets."""

from local.provision.resource import Handler, Made, Resource, made


def log_group(resource: Resource) -> Made:
    aws, name = resource.aws, resource.take("name", resource.name)
    retention = resource.take("retentionInDays", 0)
    pages = resource.client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    if name not in {group["logGroupName"] for page in pages for group in page["logGroups"]}:
        resource.do("create_log_group", logGroupName=name)
    arn = f"arn:aws:logs:{aws.region}:{aws.account_id}:log-group:{name}"
    resource.tag(arn)
    if retention:
        resource.do("put_retention_policy", logGroupName=name, retentionInDays=retention)
    else:  # for ever
        resource.do("delete_retention_policy", logGroupName=name)
    return name, {"name": name, "arn": arn}


def _key_attribute(resource: Resource) -> None:
    key = resource.take("kmsMasterKeyId", "")
    resource.inputs |= {"attributeName": "KmsMasterKeyId", "attributeValue": key}


def budget(resource: Resource) -> Made:
    account = resource.take("accountId", resource.aws.account_id)
    name = resource.take("name", resource.name)
    key = {"accountId": account, "budgetName": name}
    limit = {"amount": resource.take("limitAmount"), "unit": resource.take("limitUnit")}
    notifications = resource.take("notifications", [])
    wanted = {"budgetName": name, "budgetLimit": limit, **resource.rest()}
    if resource.found("describe_budget", **key):
        resource.do("update_budget", accountId=account, newBudget=wanted)
        # They have no name to find them by again: all are made anew.
        for former in resource.do("describe_notifications_for_budget", **key)["Notifications"]:
            former.pop("NotificationState", None)
            resource.do("delete_notification", **key, notification=former)
    else:
        resource.do("create_budget", accountId=account, budget=wanted)
    for notification in notifications:
        subscribers = [
            {"subscriptionType": kind, "address": address}
            for kind, readers in (
                ("EMAIL", "subscriberEmailAddresses"),
                ("SNS", "subscriberSnsTopicArns"),
            )
            for address in notification.pop(readers, [])
        ]
        given = {"notification": notification, "subscribers": subscribers}
        resource.do("create_notification", **key, **given)
    arn = f"arn:aws:budgets::{account}:budget/{name}"
    resource.tag(arn)
    return f"{account}:{name}", {"name": name, "arn": arn}


HANDLERS: dict[str, Handler] = {
    "aws:budgets/budget:Budget": budget,
    "aws:cloudwatch/dashboard:Dashboard": made(
        via="put_dashboard",
        id="{DashboardName}",
        outputs={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"},
    ),
    "aws:cloudwatch/logGroup:LogGroup": log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": made(
        via="put_metric_filter",
        id="{filterName}",
        outputs={"name": "{filterName}"},
        names={
            "name": "filterName",
            "pattern": "filterPattern",
            "metricTransformation.name": "metricName",
            "metricTransformation.namespace": "metricNamespace",
            "metricTransformation.value": "metricValue",
        },
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": made(
        via="put_metric_alarm",
        id="{AlarmName}",
        outputs={
            "arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}",
            "name": "{AlarmName}",
        },
        tagged="{arn}",
        names={"name": "AlarmName"},
    ),
    "aws:sns/topic:Topic": made(
        via="create_topic",  # answers with the one of that name, if there is one
        first=_key_attribute,
        also=("set_topic_attributes",),
        outputs={"arn": "{TopicArn}", "name": "{Name}"},
        tagged="{TopicArn}",
        id="{TopicArn}",
    ),
    "aws:sns/topicPolicy:TopicPolicy": made(
        via="set_topic_attributes",
        id="{TopicArn}",
        names={"arn": "TopicArn", "policy": "AttributeValue"},
        attributeName="Policy",
    ),
    # The same reader of the same topic is one subscription, however often it is asked for.
    "aws:sns/topicSubscription:TopicSubscription": made(
        via="subscribe",
        id="{SubscriptionArn}",
        outputs={"arn": "{SubscriptionArn}"},
        names={"topic": "TopicArn"},
        returnSubscriptionArn=True,
    ),
}
