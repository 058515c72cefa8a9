"""User pool, resource server, client and hosted-UI domain."""

from typing import Any

from local.provision.inputs import pascal
from local.provision.resources import Resource

# What Cognito takes only when a pool is made.
_FIXED = ("UsernameAttributes", "UsernameConfiguration")


def user_pool(resource: Resource) -> tuple[str, dict[str, Any]]:
    cognito = resource.aws.cognito
    mfa = resource.inputs.take("mfaConfiguration", "OFF")
    software_token = resource.inputs.take_block("softwareTokenMfaConfiguration", "enabled")
    name = resource.inputs.take("name", resource.name)
    policy = resource.inputs.take("passwordPolicy", {})
    tags = resource.tags()
    params = resource.inputs.take_all()
    params["UserPoolTags"] = tags
    params["Policies"] = {"PasswordPolicy": pascal(policy)}
    pool_id = resource.known_id
    if pool_id and _exists(cognito.describe_user_pool, UserPoolId=pool_id):
        changes = {key: value for key, value in params.items() if key not in _FIXED}
        cognito.update_user_pool(UserPoolId=pool_id, **changes)
    else:
        made = cognito.create_user_pool(PoolName=name, **params)
        pool_id = made["UserPool"].get("Id", "")
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool_id,
        MfaConfiguration=mfa,
        SoftwareTokenMfaConfiguration={"Enabled": software_token.get("enabled", False)},
    )
    region = resource.aws.region
    return pool_id, {"endpoint": f"cognito-idp.{region}.amazonaws.com/{pool_id}"}


def resource_server(resource: Resource) -> tuple[str, dict[str, Any]]:
    cognito = resource.aws.cognito
    params = resource.inputs.take_all()
    pool_id, identifier = params["UserPoolId"], params["Identifier"]
    if _exists(cognito.describe_resource_server, UserPoolId=pool_id, Identifier=identifier):
        cognito.update_resource_server(**params)
    else:
        cognito.create_resource_server(**params)
    scopes = [f"{identifier}/{scope['ScopeName']}" for scope in params.get("Scopes", [])]
    return f"{pool_id}|{identifier}", {"scopeIdentifiers": scopes}


def user_pool_client(resource: Resource) -> tuple[str, dict[str, Any]]:
    cognito = resource.aws.cognito
    generate_secret = resource.inputs.take("generateSecret", False)
    params = resource.inputs.take_all(name="ClientName")
    pool_id, client_id = params["UserPoolId"], resource.known_id
    if client_id and _exists(
        cognito.describe_user_pool_client, UserPoolId=pool_id, ClientId=client_id
    ):
        cognito.update_user_pool_client(ClientId=client_id, **params)
    else:
        made = cognito.create_user_pool_client(GenerateSecret=generate_secret, **params)
        client_id = made["UserPoolClient"].get("ClientId", "")
    return client_id, {}


def user_pool_domain(resource: Resource) -> tuple[str, dict[str, Any]]:
    cognito = resource.aws.cognito
    params = resource.inputs.take_all()
    domain, pool_id = params["Domain"], params["UserPoolId"]
    owner = cognito.describe_user_pool_domain(Domain=domain)["DomainDescription"].get("UserPoolId")
    if owner != pool_id:
        if owner:  # a pool that is gone from the program
            cognito.delete_user_pool_domain(Domain=domain, UserPoolId=owner)
        former = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"].get("Domain")
        if former:  # a pool has one at a time
            cognito.delete_user_pool_domain(Domain=former, UserPoolId=pool_id)
        cognito.create_user_pool_domain(**params)
    return domain, {}


def _exists(describe: Any, **params: str) -> bool:
    try:
        describe(**params)
    except describe.__self__.exceptions.ResourceNotFoundException:
        return False
    return True
