"""Lambda, and the HTTP API in front of it."""

from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

import pulumi

from local.provision.aws import Aws, UnknownInput
from local.provision.resource import Handler, Kind, Made, Resource

# Of the laptop alone: Pulumi sends the archive to each function.
CODE_BUCKET = "holdings-code"
_ONE_UPLOAD = Lock()

# How API Gateway names the invocation of a function, a version or an alias.
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{AliasArn}/invocations"
_API = "arn:aws:apigateway:{region}::/apis/{ApiId}"
_EXECUTION = "arn:aws:execute-api:{region}:{account}:{ApiId}"
# By path: a host name of the API's own needs a resolver that knows *.localhost.
_URL = "{endpoint}/_aws/execute-api/{ApiId}"


def function(resource: Resource) -> Made:
    client, code = resource.client, _zip(resource.take("code"))
    place = _uploaded(resource.aws, code)
    publish = resource.take("publish", False)
    reserved = resource.take("reservedConcurrentExecutions", -1)
    architectures = resource.inputs.setdefault("architectures", ["x86_64"])
    resource.inputs["code"] = place
    name, outputs = _FUNCTION(resource)
    now = _settled(client, name)
    digest = b64encode(sha256(code).digest()).decode()
    if (now["CodeSha256"], now["Architectures"]) != (digest, architectures):
        client.update_function_code(FunctionName=name, Architectures=architectures, **place)
        _settled(client, name)
    if reserved < 0:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    # Lambda answers with the last version if nothing has changed since.
    version = client.publish_version(FunctionName=name)["Version"] if publish else "$LATEST"
    if publish:
        _wait(client, "published_version_active", FunctionName=name, Qualifier=version)
    qualified = {"AliasArn": f"{outputs['arn']}:{version}", "region": resource.aws.region}
    return name, {
        **outputs,
        "version": version,
        "qualifiedArn": qualified["AliasArn"],
        "qualifiedInvokeArn": _INVOKE.format(**qualified),
    }


_FUNCTION = Kind(
    key=("FunctionName",),
    read="get_function_configuration",
    update="update_function_configuration",
    fixed=("Architectures", "Code"),
    # What an argument that the program no longer has goes back to.
    unset={
        "description": "",
        "environment": {"variables": {}},
        "memorySize": 128,
        "timeout": 3,
        "snapStart": {"applyOn": "None"},
        "tracingConfig": {"mode": "PassThrough"},
        "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
    },
    outputs={
        "name": "{FunctionName}",
        "arn": "{FunctionArn}",
        "invokeArn": _INVOKE.replace("AliasArn", "FunctionArn"),
    },
    tagged="{FunctionArn}",
)


def _zip(code: Any) -> bytes:
    # A folder would have to be zipped here, and would not be the archive that ships.
    if not isinstance(code, pulumi.FileArchive) or not Path(code.path).is_file():
        raise UnknownInput(f"code that is no FileArchive of a zip: {code!r}")
    return Path(code.path).read_bytes()


def _uploaded(aws: Aws, code: bytes) -> dict[str, str]:
    """Return where in S3 it is: sent to each of a dozen functions, it was a third of a start."""
    # By the emulator's root user: it is no step of a deployer's.
    s3 = Aws(aws.endpoint_url, aws.region).client("s3")
    key = sha256(code).hexdigest()
    with _ONE_UPLOAD:
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=CODE_BUCKET, **aws.bucket_region)
        listed = s3.list_objects_v2(Bucket=CODE_BUCKET).get("Contents", [])
        earlier = {one["Key"] for one in listed} - {key}
        if len(earlier) == len(listed):
            s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=code)
        for other in earlier:
            s3.delete_object(Bucket=CODE_BUCKET, Key=other)
    return {"S3Bucket": CODE_BUCKET, "S3Key": key}


def _settled(client: Any, name: str) -> Any:
    _wait(client, "function_active_v2", FunctionName=name)
    _wait(client, "function_updated_v2", FunctionName=name)
    return client.get_function_configuration(FunctionName=name)


def _wait(client: Any, state: str, **function: str) -> None:
    client.get_waiter(state).wait(**function, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})


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


_domain_name = Kind(
    key=("DomainName",),
    outputs={"arn": "arn:aws:apigateway:{region}::/domainnames/{DomainName}"},
    tagged="{arn}",
)

HANDLERS: dict[str, Handler] = {
    "aws:apigatewayv2/api:Api": Kind(
        key=("ApiId",),
        first=_remove_cors,
        fixed=("ProtocolType",),
        outputs={"arn": _API, "apiEndpoint": _URL + "/$default", "executionArn": _EXECUTION},
        tagged="{arn}",
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": Kind(key=("DomainName", "ApiMappingId")),
    "aws:apigatewayv2/authorizer:Authorizer": Kind(key=("ApiId", "AuthorizerId")),
    "aws:apigatewayv2/domainName:DomainName": domain_name,
    "aws:apigatewayv2/integration:Integration": Kind(
        key=("ApiId", "IntegrationId"), names={"timeoutMilliseconds": "TimeoutInMillis"}
    ),
    "aws:apigatewayv2/route:Route": Kind(
        key=("ApiId", "RouteId"),
        # What a route no longer has would otherwise stay.
        unset={"authorizationType": "NONE", "authorizationScopes": []},
    ),
    "aws:apigatewayv2/stage:Stage": Kind(
        key=("ApiId", "StageName"),
        first=_settings_by_route,
        outputs={
            "arn": _API + "/stages/{StageName}",
            "invokeUrl": _URL + "/{StageName}",
            "executionArn": _EXECUTION + "/{StageName}",
        },
        tagged="{arn}",
    ),
    "aws:lambda/alias:Alias": Kind(
        key=("FunctionName", "Name"),
        unset={"routingConfig": {"additionalVersionWeights": {}}},
        outputs={"arn": "{AliasArn}", "invokeArn": _INVOKE},
        id="{AliasArn}",
    ),
    "aws:lambda/function:Function": function,
    "aws:lambda/permission:Permission": Kind(
        via="add_permission",
        first=_remove_statement,
        names={"function": "FunctionName"},
        outputs={"statementId": "{StatementId}"},
        id="{StatementId}",
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": Kind(
        via="put_provisioned_concurrency_config", id="{FunctionName},{Qualifier}"
    ),
}
