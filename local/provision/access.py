"""Cognito, IAM, KMS and Secrets Manager: who signs in, who may do what, and what is secret."""

from local.provision.resource import Handler, Kind, Made, Resource


def _rules_for_users(pool: Resource) -> None:
    pool.inputs["policies"] = {"passwordPolicy": pool.take("passwordPolicy", {})}
    pool.inputs["userPoolTags"] = pool.tags()


def user_pool_domain(resource: Resource) -> Made:
    wanted = resource.rest()
    domain, pool_id = wanted["domain"], wanted["userPoolId"]
    known = resource.do("describe_user_pool_domain", domain=domain)["DomainDescription"]
    owner = known.get("UserPoolId")
    if owner == pool_id:
        resource.do("update_user_pool_domain", **wanted)
        return domain, {}
    if owner:  # a pool that is gone from the program
        resource.do("delete_user_pool_domain", domain=domain, userPoolId=owner)
    former = resource.do("describe_user_pool", userPoolId=pool_id)["UserPool"].get("Domain")
    if former:  # a pool has one at a time
        resource.do("delete_user_pool_domain", domain=former, userPoolId=pool_id)
    resource.do("create_user_pool_domain", **wanted)
    return domain, {}


def _trust(role: Resource) -> None:
    # It is changed by an operation of its own, in another word.
    role.inputs["policyDocument"] = role.inputs["assumeRolePolicy"]


def key(resource: Resource) -> Made:
    rotation = "enable" if resource.take("enableKeyRotation") else "disable"
    key_id, outputs = _KEY(resource)
    resource.do(f"{rotation}_key_rotation", keyId=key_id)
    return key_id, outputs


_KEY = Kind(
    key=("KeyId",),
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
    "aws:cognito/resourceServer:ResourceServer": Kind(
        key=("UserPoolId", "Identifier"), read="describe", id="{UserPoolId}|{Identifier}"
    ),
    "aws:cognito/userPool:UserPool": Kind(
        key=("UserPoolId",),
        read="describe",
        first=_rules_for_users,
        also=("set_user_pool_mfa_config",),
        fixed=("UsernameAttributes", "UsernameConfiguration"),
        unset={"mfaConfiguration": "OFF", "softwareTokenMfaConfiguration": {"enabled": False}},
        outputs={
            "endpoint": "cognito-idp.{region}.amazonaws.com/{UserPoolId}",
            "arn": "arn:aws:cognito-idp:{region}:{account}:userpool/{UserPoolId}",
        },
    ),
    "aws:cognito/userPoolClient:UserPoolClient": Kind(
        key=("UserPoolId", "ClientId"), read="describe", fixed=("GenerateSecret",)
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": user_pool_domain,
    "aws:iam/role:Role": Kind(
        key=("RoleName",),
        first=_trust,
        also=("update_assume_role_policy",),
        names={"assumeRolePolicy": "AssumeRolePolicyDocument"},
        fixed=("AssumeRolePolicyDocument",),
        outputs={"name": "{RoleName}", "arn": "{Arn}", "uniqueId": "{RoleId}"},
        tagged="{RoleName}",
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        via="put_role_policy",
        names={"role": "RoleName", "policy": "PolicyDocument"},
        id="{RoleName}:{PolicyName}",
    ),
    "aws:kms/alias:Alias": key_alias,
    "aws:kms/key:Key": key,
    "aws:secretsmanager/secret:Secret": Kind(
        key=("SecretId",),
        read="describe",
        fixed=("Name",),
        outputs={"arn": "{ARN}"},
        tagged="{ARN}",
        id="{ARN}",
    ),
}
