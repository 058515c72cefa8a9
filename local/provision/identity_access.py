"""Roles, and the policies written into them."""

from typing import Any

from local.provision.resources import Resource, found


def role(resource: Resource) -> tuple[str, dict[str, Any]]:
    iam = resource.aws.iam
    name = resource.inputs.take("name", resource.name)
    trust = resource.inputs.take("assumeRolePolicy")
    tags: Any = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    params = resource.inputs.take_all()
    if found(iam.get_role, RoleName=name):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        iam.update_role(RoleName=name, **params)
        iam.tag_role(RoleName=name, Tags=tags)
    else:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags, **params)
    made = iam.get_role(RoleName=name)["Role"]
    return name, {"name": name, "arn": made["Arn"], "uniqueId": made["RoleId"]}


def role_policy(resource: Resource) -> tuple[str, dict[str, Any]]:
    name = resource.inputs.take("name", resource.name)
    params = resource.inputs.take_all(role="RoleName", policy="PolicyDocument")
    resource.aws.iam.put_role_policy(PolicyName=name, **params)
    return f"{params['RoleName']}:{name}", {"name": name}
