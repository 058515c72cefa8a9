"""Policies as plain data, which pure functions build, and how Pulumi gets them as JSON."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import Input, InvokeOptions, Output, Resource

Document = dict[str, Any]


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str] | str | None = None,
    *,
    principal: Document | None = None,
    condition: Document | None = None,
    effect: str = "Allow",
) -> Document:
    """One statement; a trust policy has no `resources`, a role's own policy no `principal`."""
    listed = list(resources) if isinstance(resources, tuple | list) else resources
    parts = {"Principal": principal, "Resource": listed, "Condition": condition}
    given = {name: part for name, part in parts.items() if part is not None}
    return {"Sid": sid, "Effect": effect, "Action": list(actions), **given}


def service(name: str) -> Document:
    return {"Service": f"{name}.amazonaws.com"}


def policy_json(build: Callable[..., Document], **arguments: Input[Any]) -> Output[str]:
    """Return what `build` makes of the arguments, once all of them are known."""
    return Output.all(**arguments).apply(lambda known: json.dumps(build(**known)))


def account_id(parent: Resource) -> Output[str]:
    opts = InvokeOptions(parent=parent)
    return aws.get_caller_identity_output(opts=opts).account_id
