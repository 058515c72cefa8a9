"""A function: its code, its configuration, and the version that both make."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pulumi

from local.provision.inputs import UnknownInput
from local.provision.resources import Resource, found

# What an argument that the program no longer has goes back to.
_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "MemorySize": 128,
    "Timeout": 3,
    "SnapStart": {"ApplyOn": "None"},
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
_WAIT = {"Delay": 0.1, "MaxAttempts": 300}


def function(resource: Resource) -> tuple[str, dict[str, Any]]:
    client = resource.aws.client("lambda")
    inputs = resource.inputs
    name = inputs.take("name", resource.name)
    archive = _zip(inputs.take("code"))
    architectures = inputs.take("architectures", ["x86_64"])
    publish = inputs.take("publish", False)
    reserved = inputs.take("reservedConcurrentExecutions", -1)
    for argument in ("sourceCodeHash", "skipDestroy"):
        inputs.take(argument)  # speaks to the provider, not to Lambda
    tags = resource.tags()
    settings = _settings(resource)
    before = found(client.get_function_configuration, FunctionName=name)
    if not before:
        code = {"ZipFile": archive}
        client.create_function(
            FunctionName=name, Code=code, Architectures=architectures, **settings
        )
    elif _differs(before, settings):
        client.update_function_configuration(FunctionName=name, **settings)
    _wait(client, name)
    made = client.get_function_configuration(FunctionName=name)
    digest = b64encode(sha256(archive).digest()).decode()
    if (made["CodeSha256"], made["Architectures"]) != (digest, architectures):
        client.update_function_code(FunctionName=name, ZipFile=archive, Architectures=architectures)
        _wait(client, name)
    _reserve(client, name, reserved)
    arn = made["FunctionArn"]
    client.tag_resource(Resource=arn, Tags=tags)
    version = _publish(client, name) if publish else "$LATEST"
    return name, {
        "name": name,
        "arn": arn,
        "version": version,
        "qualifiedArn": f"{arn}:{version}",
        "invokeArn": invoke_arn(resource, arn),
        "qualifiedInvokeArn": invoke_arn(resource, f"{arn}:{version}"),
    }


def invoke_arn(resource: Resource, arn: str) -> str:
    """How API Gateway names the invocation of a function, a version or an alias."""
    path = f"path/2015-03-31/functions/{arn}/invocations"
    return f"arn:aws:apigateway:{resource.aws.region}:lambda:{path}"


def _zip(code: Any) -> bytes:
    # A folder would have to be zipped here, and would not be the archive that ships.
    if not isinstance(code, pulumi.FileArchive) or not Path(code.path).is_file():
        raise UnknownInput(f"local/provision takes code as a FileArchive of a zip, not {code!r}")
    return Path(code.path).read_bytes()


def _settings(resource: Resource) -> dict[str, Any]:
    # The names of the variables are the program's own.
    environment = resource.inputs.take_block("environment", "variables")
    return {
        **_DEFAULTS,
        "Environment": {"Variables": environment.get("variables", {})},
        **resource.inputs.take_all(kmsKeyArn="KMSKeyArn"),
    }


def _differs(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return any(_part_differs(before.get(name), value) for name, value in wanted.items())


def _part_differs(before: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return before != wanted
    # Lambda adds members of its own, such as VpcConfig.VpcId.
    former = cast("Mapping[str, Any]", before or {})
    members = cast("Mapping[str, Any]", wanted).items()
    return any(former.get(name) != value for name, value in members)


def _reserve(client: Any, name: str, reserved: int) -> None:
    if reserved < 0:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)


def _publish(client: Any, name: str) -> str:
    # Lambda answers with the last version if nothing has changed since.
    version = client.publish_version(FunctionName=name)["Version"]
    waiter = client.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig=_WAIT)
    return version


def _wait(client: Any, name: str) -> None:
    for state in ("function_active_v2", "function_updated_v2"):
        client.get_waiter(state).wait(FunctionName=name, WaiterConfig=_WAIT)
