"""Lambda, and the HTTP API in front of it."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pulumi

from local.provision.aws import UnknownInput, shaped
from local.provision.resource import Handler, Made, Resource, made

# What an argument that the program no longer has goes back to.
_DEFAULTS: dict[str, Any] = {
    "description": "",
    "environment": {"variables": {}},
    "memorySize": 128,
    "timeout": 3,
    "snapStart": {"applyOn": "None"},
    "tracingConfig": {"mode": "PassThrough"},
    "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
}
_WAIT = {"Delay": 0.1, "MaxAttempts": 300}
# How API Gateway names the invocation of a function, a version or an alias.
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{AliasArn}/invocations"
_API = "arn:aws:apigateway:{region}::/apis/{ApiId}"
_EXECUTION = "arn:aws:execute-api:{region}:{account}:{ApiId}"
# By path: a host name of the API's own needs a resolver that knows *.localhost.
_URL = "{endpoint}/_aws/execute-api/{ApiId}"


def function(resource: Resource) -> Made:
    client, name = resource.client, resource.take("name", resource.name)
    archive = _zip(resource.take("code"))
    code = {"Architectures": resource.take("architectures", ["x86_64"]), "ZipFile": archive}
    publish = resource.take("publish", False)
    reserved = resource.take("reservedConcurrentExecutions", -1)
    takes = resource.aws.takes("lambda", "update_function_configuration")
    settings = shaped({**_DEFAULTS, **resource.rest()}, takes)
    before = resource.found("get_function_configuration", functionName=name)
    if not before:
        archived = {"Code": {"ZipFile": archive}, "Architectures": code["Architectures"]}
        client.create_function(FunctionName=name, **archived, **settings)
    elif not all(_is_so(before.get(part), value) for part, value in settings.items()):
        client.update_function_configuration(FunctionName=name, **settings)
    now = _settled(client, name)
    digest = b64encode(sha256(archive).digest()).decode()
    if (now["CodeSha256"], now["Architectures"]) != (digest, code["Architectures"]):
        client.update_function_code(FunctionName=name, **code)
        _settled(client, name)
    if reserved < 0:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    arn = now["FunctionArn"]
    resource.tag(arn)
    version = _publish(client, name) if publish else "$LATEST"
    qualified, region = f"{arn}:{version}", resource.aws.region
    return name, {
        "name": name,
        "arn": arn,
        "version": version,
        "qualifiedArn": qualified,
        "invokeArn": _INVOKE.format(region=region, AliasArn=arn),
        "qualifiedInvokeArn": _INVOKE.format(region=region, AliasArn=qualified),
    }


def _zip(code: Any) -> bytes:
    # A folder would have to be zipped here, and would not be the archive that ships.
    if not isinstance(code, pulumi.FileArchive) or not Path(code.path).is_file():
        raise UnknownInput(f"code that is no FileArchive of a zip: {code!r}")
    return Path(code.path).read_bytes()


def _is_so(now: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        # Lambda adds members of its own, such as VpcConfig.VpcId.
        return cast("Mapping[str, Any]", wanted).items() <= (now or {}).items()
    return now == wanted


def _settled(client: Any, name: str) -> Any:
    for state in ("function_active_v2", "function_updated_v2"):
        client.get_waiter(state).wait(FunctionName=name, WaiterConfig=_WAIT)
    return client.get_function_configuration(FunctionName=name)


def _publish(client: Any, name: str) -> str:
    # Lambda answers with the last version if nothing has changed since.
    version = client.publish_version(FunctionName=name)["Version"]
    waiter = client.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig=_WAIT)
    return version


def _remove_statement(resource: Resource) -> None:
    """It cannot be changed, only made anew."""
    inputs = resource.inputs
    statement = inputs.setdefault("statementId", resource.name)
    place = {"functionName": inputs["function"], "qualifier": inputs.get("qualifier")}
    resource.found("remove_permission", statementId=statement, **place)


def _remove_cors(resource: Resource) -> None:
    """An update cannot take it away."""
    if resource.known_id and not resource.inputs.get("corsConfiguration"):
        resource.found("delete_cors_configuration", apiId=resource.known_id)


def _settings_by_route(resource: Resource) -> None:
    """Pulumi has a list, the API an object."""
    settings = resource.take("routeSettings", [])
    resource.inputs["routeSettings"] = {each.pop("routeKey"): each for each in settings}


def domain_name(resource: Resource) -> Made:
    block = resource.inputs["domainNameConfiguration"]
    name, computed = _domain_name(resource)
    now = resource.do("get_domain_name", domainName=name)["DomainNameConfigurations"][0]
    block["targetDomainName"] = now.get("ApiGatewayDomainName", "")
    block["hostedZoneId"] = now.get("HostedZoneId", "")
    return name, {**computed, "domainNameConfiguration": block}


_domain_name = made(
    "DomainName",
    outputs={"arn": "arn:aws:apigateway:{region}::/domainnames/{DomainName}"},
    tagged="{arn}",
)

HANDLERS: dict[str, Handler] = {
    "aws:apigatewayv2/api:Api": made(
        "ApiId",
        first=_remove_cors,
        fixed=("ProtocolType",),
        outputs={"arn": _API, "apiEndpoint": _URL + "/$default", "executionArn": _EXECUTION},
        tagged="{arn}",
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": made("DomainName", "ApiMappingId"),
    "aws:apigatewayv2/authorizer:Authorizer": made("ApiId", "AuthorizerId"),
    "aws:apigatewayv2/domainName:DomainName": domain_name,
    "aws:apigatewayv2/integration:Integration": made(
        *("ApiId", "IntegrationId"), names={"timeoutMilliseconds": "TimeoutInMillis"}
    ),
    "aws:apigatewayv2/route:Route": made(
        *("ApiId", "RouteId"),
        # What a route no longer has would otherwise stay.
        authorizationType="NONE",
        authorizationScopes=[],
    ),
    "aws:apigatewayv2/stage:Stage": made(
        *("ApiId", "StageName"),
        first=_settings_by_route,
        names={"name": "StageName"},
        outputs={
            "arn": _API + "/stages/{StageName}",
            "invokeUrl": _URL + "/{StageName}",
            "executionArn": _EXECUTION + "/{StageName}",
        },
        tagged="{arn}",
    ),
    "aws:lambda/alias:Alias": made(
        *("FunctionName", "Name"),
        routingConfig={"additionalVersionWeights": {}},
        outputs={"arn": "{AliasArn}", "invokeArn": _INVOKE},
        id="{AliasArn}",
    ),
    "aws:lambda/function:Function": function,
    "aws:lambda/permission:Permission": made(
        via="add_permission",
        first=_remove_statement,
        names={"function": "FunctionName"},
        outputs={"statementId": "{StatementId}"},
        id="{StatementId}",
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": made(
        via="put_provisioned_concurrency_config", id="{FunctionName},{Qualifier}"
    ),
}
