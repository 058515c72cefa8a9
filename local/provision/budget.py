"""A budget and whom it writes to."""

from typing import Any

from local.provision.inputs import Inputs
from local.provision.resources import Resource, found


def budget(resource: Resource) -> tuple[str, dict[str, Any]]:
    client, inputs = resource.aws.client("budgets"), resource.inputs
    account = inputs.take("accountId", resource.aws.account_id)
    name = inputs.take("name", resource.name)
    limit = {"Amount": str(inputs.take("limitAmount")), "Unit": inputs.take("limitUnit")}
    wanted = [_notification(Inputs(given)) for given in inputs.take_list("notifications")]
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    described = {"BudgetName": name, "BudgetLimit": limit, **inputs.take_all()}
    key = {"AccountId": account, "BudgetName": name}
    arn = f"arn:aws:budgets::{account}:budget/{name}"
    if found(client.describe_budget, **key):
        client.update_budget(AccountId=account, NewBudget=described)
        # They have no name to find them by again: all are made anew.
        listed = client.describe_notifications_for_budget(**key)["Notifications"]
        for former in listed:
            client.delete_notification(**key, Notification=_identity(former))
    else:
        client.create_budget(AccountId=account, Budget=described)
    for notification in wanted:
        client.create_notification(**key, **notification)
    client.tag_resource(ResourceARN=arn, ResourceTags=tags)
    return f"{account}:{name}", {"name": name, "arn": arn}


def _notification(given: Inputs) -> dict[str, Any]:
    addresses = given.take_list("subscriberEmailAddresses")
    topics = given.take_list("subscriberSnsTopicArns")
    subscribers = [
        *({"SubscriptionType": "EMAIL", "Address": address} for address in addresses),
        *({"SubscriptionType": "SNS", "Address": topic} for topic in topics),
    ]
    return {"Notification": given.take_all(), "Subscribers": subscribers}


def _identity(notification: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in notification.items() if key != "NotificationState"}
