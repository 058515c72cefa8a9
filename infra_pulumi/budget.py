"""A letter when the month gets dear."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.account import Account
from infra_pulumi.config import StackConfig


def monthly_budget(config: StackConfig, *, parent: pulumi.Resource) -> aws.budgets.Budget:
    """Of the whole account: a filter by tag sees nothing until somebody activates the tag."""
    settings = config.alarms
    return aws.budgets.Budget(
        "monthly",
        account_id=Account.of(parent).id,
        name=f"{config.prefix}-monthly",
        budget_type="COST",
        limit_amount=str(settings.budget_usd),
        limit_unit="USD",
        time_unit="MONTHLY",
        notifications=[
            {
                "notification_type": kind,
                "comparison_operator": "GREATER_THAN",
                "threshold": percent,
                "threshold_type": "PERCENTAGE",
                "subscriber_email_addresses": list(settings.emails),
            }
            for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
        ]
        # A notification without a reader is refused.
        if settings.emails
        else None,
        opts=pulumi.ResourceOptions(parent=parent),
    )
