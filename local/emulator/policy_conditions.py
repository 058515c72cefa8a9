"""What MiniStack lacks of IAM to hold viewers apart as AWS does, taught to it before it starts.

Under AUTH=true it compares conditions, but fills in no policy variables, and its requests carry
neither dynamodb:LeadingKeys, which "for all values" then lets everybody pass, nor
kms:EncryptionContext, kms:CallerAccount and ses:FromAddress; a role's sessions are not of that
role; a mail is of no identity; no request is by TLS; and of SQS and budgets it asks for rights that
AWS does not know. The emulator's own Python imports this file by its name: standard library only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, cast

# Of every table that this project has.
PARTITION_KEY = "pk"
_VARIABLE = re.compile(r"\$\{([\w:/.=@-]+)\}")
_EQUALITY = re.compile(r"([#\w]+)\s*=\s*(:\w+)")

Lookup = Callable[[str], object]

# Of the request that is being judged.
_SENDER: ContextVar[str | None] = ContextVar("sender", default=None)


def teach() -> None:
    """Have every request and every policy of MiniStack's judged with what this module adds."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    of_table, of_request = actions.dynamodb_service_context, actions.request_tag_context
    action_of = actions.extract_iam_action
    # MiniStack has no other door than these two.
    are_met, value_of = evaluator._conditions_met, evaluator._resolve_condition_key  # noqa: SLF001

    def table_context(body: bytes) -> dict[str, Any]:
        keys = list(leading_keys(_parsed(body)))
        return of_table(body) | ({"dynamodb:leadingkeys": keys} if keys else {})

    def request_context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        found = of_request(service, action, body, params)
        return found | (encryption_context(_parsed(body)) if service == "kms" else {})

    def action(*given: Any, **named: Any) -> Any:
        return right_for(action_of(*given, **named))

    def conditions_met(conditions: Any, context: Any) -> bool:
        return are_met(filled_in(conditions, lambda name: value(name, context)), context)

    def value(name: str, context: Any) -> object:
        if name.lower() == "kms:calleraccount":
            return context.principal_account
        if name.lower() == "ses:fromaddress":
            return _SENDER.get()
        if name.lower() == "aws:securetransport":
            return "true"  # as each request to AWS is; here none is
        if name.lower() == "aws:principalarn":
            return role_of(context.principal_arn)
        return value_of(name, context)

    actions.dynamodb_service_context = table_context
    actions.request_tag_context = request_context
    actions.extract_iam_action = action
    evaluator._conditions_met = conditions_met  # noqa: SLF001 - as above
    evaluator._resolve_condition_key = value  # noqa: SLF001 - as above


def teach_mail() -> None:
    """Have a mail be of its sender's identity, and known by whom it is from.

    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    """
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    of_mail = actions._ses_v2_resource_arn  # noqa: SLF001 - no other door here either

    def resource(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        address = sender(_parsed(body))
        _SENDER.set(address)
        if address and path.endswith("/outbound-emails"):
            return f"arn:aws:ses:{region}:{account_id}:identity/{address.rpartition('@')[2]}"
        return str(of_mail(method, path, body, region, account_id))

    actions._ses_v2_resource_arn = resource  # noqa: SLF001 - as above


def leading_keys(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the partition key of each item that a request to DynamoDB is for."""
    for part in ("Key", "Item"):
        yield from _values(_object(request, part).get(PARTITION_KEY))
    names, values = (_object(request, f"ExpressionAttribute{kind}") for kind in ("Names", "Values"))
    for name, value in _EQUALITY.findall(str(request.get("KeyConditionExpression", ""))):
        if names.get(name, name) == PARTITION_KEY:
            yield from _values(values.get(value))
    condition = _object(_object(request, "KeyConditions"), PARTITION_KEY)
    for value in condition.get("AttributeValueList", ()):
        yield from _values(value)
    for item in request.get("TransactItems") or ():
        for operation in item.values():
            yield from leading_keys(operation)


def encryption_context(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions that a request to KMS with an encryption context can meet."""
    given = _object(request, "EncryptionContext")
    found: dict[str, Any] = {f"kms:encryptioncontext:{k.lower()}": v for k, v in given.items()}
    return found | ({"kms:encryptioncontextkeys": list(given)} if given else {})


def sender(request: Mapping[str, Any]) -> str | None:
    address = request.get("FromEmailAddress")
    return address if isinstance(address, str) else None


def filled_in(conditions: Any, lookup: Lookup) -> Any:
    """Return conditions with their variables replaced; one without a value stays, unmet."""
    if isinstance(conditions, dict):
        blocks = cast("dict[str, Any]", conditions)
        return {name: filled_in(inner, lookup) for name, inner in blocks.items()}
    if isinstance(conditions, list):
        return [filled_in(inner, lookup) for inner in cast("list[Any]", conditions)]
    if not isinstance(conditions, str):
        return conditions

    def value(variable: re.Match[str]) -> str:
        found = lookup(variable[1])
        return found if isinstance(found, str) else variable[0]

    return _VARIABLE.sub(value, conditions)


def right_for(action: Any) -> Any:
    """Return what AWS asks for: many messages take the right to one, a budget one of two rights.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
    """
    service, _, operation = str(action).partition(":")
    if service == "budgets" and not operation.endswith("Resource"):
        return f"budgets:{'ViewBudget' if operation.startswith('Describe') else 'ModifyBudget'}"
    return action.removesuffix("Batch") if service == "sqs" else action


def role_of(principal: str) -> str:
    """Return what aws:PrincipalArn is: of a session, its role."""
    return re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", principal)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _object(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = request.get(name)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _values(attribute: Any) -> Iterator[str]:
    if isinstance(attribute, dict):
        yield from (str(value) for value in cast("dict[str, Any]", attribute).values())
