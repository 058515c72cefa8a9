"""CloudWatch, Route 53, SNS and Budgets: what watches the system, and who is written to."""

from local.provision.resource import Handler, Kind, Made, Resource


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


def _key_attribute(topic: Resource) -> None:
    key = topic.take("kmsMasterKeyId", "")
    topic.inputs |= {"attributeName": "KmsMasterKeyId", "attributeValue": key}


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
    for each in notifications:
        readers = [("EMAIL", reader) for reader in each.pop("subscriberEmailAddresses", [])]
        readers += [("SNS", reader) for reader in each.pop("subscriberSnsTopicArns", [])]
        subscribers = [{"subscriptionType": kind, "address": reader} for kind, reader in readers]
        resource.do("create_notification", **key, notification=each, subscribers=subscribers)
    arn = f"arn:aws:budgets::{account}:budget/{name}"
    resource.tag(arn)
    return f"{account}:{name}", {"name": name, "arn": arn}


def health_check(resource: Resource) -> Made:
    """Make or update one, which nobody here carries out: its metric is never measured."""
    resource.id_is_chosen = True
    tags = resource.tags()
    config = resource.rest()
    config["fullyQualifiedDomainName"] = config.pop("fqdn")
    check_id = resource.known_id
    if not check_id or not resource.found("get_health_check", healthCheckId=check_id):
        made = resource.do(
            "create_health_check", callerReference=resource.name, healthCheckConfig=config
        )
        check_id = made["HealthCheck"]["Id"]
    fixed = ("type", "requestInterval", "measureLatency")
    changing = {name: value for name, value in config.items() if name not in fixed}
    resource.do("update_health_check", healthCheckId=check_id, **changing)
    resource.do(
        "change_tags_for_resource", resourceType="healthcheck", resourceId=check_id, addTags=tags
    )
    return check_id, {"arn": f"arn:aws:route53:::healthcheck/{check_id}"}


HANDLERS: dict[str, Handler] = {
    "aws:budgets/budget:Budget": budget,
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        via="put_dashboard",
        id="{DashboardName}",
        outputs={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"},
    ),
    "aws:cloudwatch/logGroup:LogGroup": log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind(
        via="put_metric_filter",
        names={
            "pattern": "filterPattern",
            "metricTransformation.name": "metricName",
            "metricTransformation.namespace": "metricNamespace",
            "metricTransformation.value": "metricValue",
        },
        id="{filterName}",
        outputs={"name": "{filterName}"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        via="put_metric_alarm",
        id="{AlarmName}",
        outputs={
            "name": "{AlarmName}",
            "arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}",
        },
        tagged="{arn}",
    ),
    "aws:route53/healthCheck:HealthCheck": health_check,
    "aws:sns/topic:Topic": Kind(
        via="create_topic",  # answers with the one of that name, if there is one
        first=_key_attribute,
        also=("set_topic_attributes",),
        id="{TopicArn}",
        outputs={"arn": "{TopicArn}", "name": "{Name}"},
        tagged="{TopicArn}",
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        via="set_topic_attributes",
        names={"arn": "TopicArn", "policy": "AttributeValue"},
        unset={"attributeName": "Policy"},
        id="{TopicArn}",
    ),
    # The same reader of the same topic is one subscription, however often it is asked for.
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        via="subscribe",
        names={"topic": "TopicArn"},
        unset={"returnSubscriptionArn": True},
        id="{SubscriptionArn}",
        outputs={"arn": "{SubscriptionArn}"},
    ),
}
