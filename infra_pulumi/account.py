"""Which account and partition of AWS the program runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class Account:
    """`partition` is the second part of every ARN: "aws", "aws-us-gov", "aws-cn"."""

    id: pulumi.Output[str]
    partition: pulumi.Output[str]

    @classmethod
    def of(cls, parent: pulumi.Resource) -> Self:
        opts = pulumi.InvokeOptions(parent=parent)
        return cls(
            id=aws.get_caller_identity_output(opts=opts).account_id,
            partition=aws.get_partition_output(opts=opts).partition,
        )
