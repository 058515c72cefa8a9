"""The alias that points at a version of a function, kept warm or not, and who may invoke it."""

from typing import Any

from local.provision.function import invoke_arn
from local.provision.resources import Resource, found


def alias(resource: Resource) -> tuple[str, dict[str, Any]]:
    client = resource.aws.client("lambda")
    routing = resource.inputs.take_block("routingConfig", "additionalVersionWeights")
    weights = routing.get("additionalVersionWeights", {})
    params = resource.inputs.take_all()
    params["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    known = found(client.get_alias, FunctionName=params["FunctionName"], Name=params["Name"])
    arn = (client.update_alias if known else client.create_alias)(**params)["AliasArn"]
    return arn, {"arn": arn, "invokeArn": invoke_arn(resource, arn)}


def permission(resource: Resource) -> tuple[str, dict[str, Any]]:
    client = resource.aws.client("lambda")
    statement = resource.inputs.take("statementId", resource.name)
    params = resource.inputs.take_all(function="FunctionName")
    place = {key: params[key] for key in ("FunctionName", "Qualifier") if key in params}
    # A statement cannot be changed, only made anew.
    found(client.remove_permission, StatementId=statement, **place)
    client.add_permission(StatementId=statement, **params)
    return statement, {"statementId": statement}


def provisioned_concurrency(resource: Resource) -> tuple[str, dict[str, Any]]:
    resource.inputs.take("skipDestroy")  # speaks of a `pulumi destroy` alone
    params = resource.inputs.take_all()
    resource.aws.client("lambda").put_provisioned_concurrency_config(**params)
    return f"{params['FunctionName']},{params['Qualifier']}", {}
