"""What stands in front: CloudFront with its functions, and WAF with its log."""

from typing import Any

from local.provision.aws import shaped
from local.provision.resource import Handler, Kind, Made, Resource


def _blocks(distribution: Resource) -> None:
    inputs = distribution.inputs
    inputs.setdefault("callerReference", distribution.name)
    for behavior in (inputs["defaultCacheBehavior"], *inputs.get("orderedCacheBehaviors", [])):
        # Pulumi has beside each other what the API has inside each other.
        cached = behavior.pop("cachedMethods", [])
        behavior["allowedMethods"] = {"items": behavior["allowedMethods"], "cachedMethods": cached}
    for origin in inputs["origins"]:
        origin.setdefault("originPath", "")
        if "customOriginConfig" not in origin:
            # With access control there is no identity, and the API still wants the member.
            origin.setdefault("s3OriginConfig", {"originAccessIdentity": ""})


def function(resource: Resource) -> Made:
    """A function answers requests once it is published."""
    name, code = resource.take("name", resource.name), resource.take("code").encode()
    publish = resource.take("publish", True)
    given: dict[str, Any] = {
        "name": name,
        "functionConfig": {
            "comment": resource.take("comment", ""),
            "runtime": resource.take("runtime"),
        },
        "functionCode": code,
    }
    stage = {"name": name, "stage": "DEVELOPMENT"}
    if known := resource.found("describe_function", **stage):
        resource.do("update_function", **given, ifMatch=known["ETag"])
    else:
        made = resource.do("create_function", **given)
        resource.tag(made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])
    # What is published is told by its ETag, which not every update answers with.
    now = resource.do("describe_function", **stage)
    if publish:
        resource.do("publish_function", name=name, ifMatch=now["ETag"])
    arn = now["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    return name, {"arn": arn}


def web_acl(resource: Resource) -> Made:
    """One is found by its name, and changed by the token of what was read."""
    name, scope = resource.take("name", resource.name), resource.take("scope")
    tags = [{"key": key, "value": value} for key, value in resource.tags().items()]
    given = {"name": name, "scope": scope, **resource.rest()}
    listed = resource.do("list_web_acls", scope=scope)["WebACLs"]
    known = next((acl for acl in listed if acl["Name"] == name), None)
    if known is None:
        made = resource.do("create_web_acl", **given, tags=tags)["Summary"]
        return made["Id"], {"name": name, "arn": made["ARN"]}
    read = resource.do("get_web_acl", name=name, scope=scope, id=known["Id"])
    resource.do("update_web_acl", **given, id=known["Id"], lockToken=read["LockToken"])
    return known["Id"], {"name": name, "arn": known["ARN"]}


def logging(resource: Resource) -> Made:
    arn = resource.inputs["resourceArn"]
    takes = resource.takes("put_logging_configuration").members["LoggingConfiguration"]
    names = {"filters.conditions": "Conditions"}
    made = shaped(resource.rest(), takes, names)
    resource.client.put_logging_configuration(LoggingConfiguration=made)
    return arn, {}


HANDLERS: dict[str, Handler] = {
    "aws:cloudfront/distribution:Distribution": Kind(
        key=("Id",),
        first=_blocks,
        into="DistributionConfig",
        names={
            "origins.originId": "Id",
            "customHeaders.name": "HeaderName",
            "customHeaders.value": "HeaderValue",
            "orderedCacheBehaviors": "CacheBehaviors",
            "geoRestriction.locations": "Items",
        },
        unset={
            "comment": "",
            "aliases": [],
            "customErrorResponses": [],
            "orderedCacheBehaviors": [],
            "webAclId": "",
        },
        outputs={"arn": "{ARN}", "domainName": "{DomainName}"},
        tagged="{ARN}",
    ),
    "aws:cloudfront/function:Function": function,
    "aws:cloudfront/originAccessControl:OriginAccessControl": Kind(
        key=("Id",), into="OriginAccessControlConfig"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Kind(
        key=("Id",), into="ResponseHeadersPolicyConfig"
    ),
    "aws:wafv2/webAcl:WebAcl": web_acl,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": logging,
}
