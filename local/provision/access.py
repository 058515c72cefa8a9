"""Cognito, IAM, KMS and Secrets Manager: who signs in, who may do what, and what is secret."""

from local.provision.resource import Handler, Made, Resource, made


def _users_rules(resource: Resource) -> None:
    resource.inputs["policies"] = {"passwordPolicy": resource.take("passwordPolicy", {})}
    resource.inputs["userPoolTags"] = resource.tags()


def user_pool_domain(resource: Resource) -> Made:
    wanted = resource.rest()
    domain, pool_id = wanted["domain"], wanted["userPoolId"]
    known = resource.do("describe_user_pool_domain", domain=domain)["DomainDescription"]
    owner = known.get("UserPoolId")
    if owner == pool_id:
        resource.do("update_user_pool_domain", **wanted)
        return domain, {}
    former = resource.do("describe_user_pool", userPoolId=pool_id)["UserPool"].get("Domain")
    if owner:  # a pool that is gone from the program
        resource.do("delete_user_pool_domain", domain=domain, userPoolId=owner)
    if former:  # a pool has one at a time
        resource.do("delete_user_pool_domain", domain=former, userPoolId=pool_id)
    resource.do("create_user_pool_domain", **wanted)
    return domain, {}


def _trust(resource: Resource) -> None:
    # In another word where it is changed.
    resource.inputs["policyDocument"] = resource.inputs["assumeRolePolicy"]


def key(resource: Resource) -> Made:
    rotation = "enable" if resource.take("enableKeyRotation") else "disable"
    key_id, computed = _key(resource)
    resource.do(f"{rotation}_key_rotation", keyId=key_id)
    return key_id, computed


_key = made(
    "KeyId",
    read="describe",
    update="update_key_description",
    also=("put_key_policy",),
    outputs={"arn": "{Arn}", "keyId": "{KeyId}"},
    tagged="{KeyId}",
)


def key_alias(resource: Resource) -> Made:
    name = resource.take("name", f"alias/{resource.name}")
    known = resource.found("describe_key", keyId=name)
    resource.do("update_alias" if known else "create_alias", aliasName=name, **resource.rest())
    return name, {}


HANDLERS: dict[str, Handler] = {
    "aws:cognito/resourceServer:ResourceServer": made(
        *("UserPoolId", "Identifier"), read="describe", id="{UserPoolId}|{Identifier}"
    ),
    "aws:cognito/userPool:UserPool": made(
        "UserPoolId",
        first=_users_rules,
        read="describe",
        also=("set_user_pool_mfa_config",),
        names={"name": "PoolName"},
        fixed=("UsernameAttributes", "UsernameConfiguration"),
        outputs={"endpoint": "cognito-idp.{region}.amazonaws.com/{UserPoolId}"},
        mfaConfiguration="OFF",
        softwareTokenMfaConfiguration={"enabled": False},
    ),
    "aws:cognito/userPoolClient:UserPoolClient": made(
        *("UserPoolId", "ClientId"),
        read="describe",
        names={"name": "ClientName"},
        fixed=("GenerateSecret",),
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": user_pool_domain,
    "aws:iam/role:Role": made(
        "RoleName",
        first=_trust,
        also=("update_assume_role_policy",),
        names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        fixed=("AssumeRolePolicyDocument",),
        outputs={"name": "{RoleName}", "arn": "{Arn}", "uniqueId": "{RoleId}"},
        tagged="{RoleName}",
    ),
    "aws:iam/rolePolicy:RolePolicy": made(
        via="put_role_policy",
        names={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        id="{RoleName}:{PolicyName}",
    ),
    "aws:kms/alias:Alias": key_alias,
    "aws:kms/key:Key": key,
    "aws:secretsmanager/secret:Secret": made(
        "SecretId",
        read="describe",
        fixed=("Name",),
        outputs={"arn": "{ARN}"},
        tagged="{ARN}",
        id="{ARN}",
    ),
}
