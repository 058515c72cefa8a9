"""Who the function is in AWS, and all that it may do."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from infra_pulumi.account import Account
from infra_pulumi.config import StackConfig
from infra_pulumi.role_policies import function_policy, lambda_trust, vpc_policy
from infra_pulumi.storage import Storage


class FunctionRole(pulumi.ComponentResource):
    """`rights` is what must be attached before the function can be made."""

    arn: pulumi.Output[str]
    rights: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        storage: Storage,
        log_group_arn: pulumi.Input[str],
        parent: pulumi.Resource,
    ) -> None:
        super().__init__(
            "holdings:infra:FunctionRole", name, opts=pulumi.ResourceOptions(parent=parent)
        )
        self._config = config
        self._role = aws.iam.Role(
            "function-role",
            name=f"{config.prefix}-function",
            description=f"What the function {config.function_name} may do",
            assume_role_policy=json.dumps(lambda_trust()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rights = [self._right("own-resources", self._own_resources(storage, log_group_arn))]
        if config.function.in_vpc:
            self.rights.append(self._right("vpc", self._vpc()))
        self.arn = self._role.arn
        self.register_outputs({"arn": self.arn})

    def _right(self, name: str, policy: pulumi.Input[str]) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            f"function-{name}",
            name=name,
            role=self._role.name,
            policy=policy,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _own_resources(
        self, storage: Storage, log_group_arn: pulumi.Input[str]
    ) -> pulumi.Output[str]:
        def document(arns: dict[str, Any]) -> str:
            return json.dumps(function_policy(region=self._config.region, **arns))

        return pulumi.Output.all(
            table_arn=storage.table_arn,
            secret_arn=storage.secret_arn,
            key_arn=storage.key_arn,
            log_group_arn=log_group_arn,
        ).apply(document)

    def _vpc(self) -> pulumi.Output[str]:
        config, account = self._config, Account.of(self)
        return pulumi.Output.all(account.id, account.partition).apply(
            lambda found: json.dumps(
                vpc_policy(
                    account_id=str(found[0]),
                    partition=str(found[1]),
                    region=config.region,
                    function_name=config.function_name,
                )
            )
        )
