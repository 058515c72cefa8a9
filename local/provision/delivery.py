"""CloudFront: a distribution, its right to read a bucket, and the headers that it adds."""

from typing import Any

from local.provision.inputs import Inputs
from local.provision.resources import Resource, found


def origin_access_control(resource: Resource) -> tuple[str, dict[str, Any]]:
    made = _made(resource, "origin_access_control", resource.inputs.take_all())
    return made["Id"], {}


def headers_policy(resource: Resource) -> tuple[str, dict[str, Any]]:
    custom = resource.inputs.take_block("customHeadersConfig", "items").get("items", [])
    config = resource.inputs.take_all()
    if custom:
        headers = [Inputs(header).take_all() for header in custom]
        config["CustomHeadersConfig"] = _quantity(headers)
    return _made(resource, "response_headers_policy", config)["Id"], {}


def distribution(resource: Resource) -> tuple[str, dict[str, Any]]:
    inputs = resource.inputs
    for argument in ("waitForDeployment", "retainOnDelete"):
        inputs.take(argument)  # speaks to the provider, not to CloudFront
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    origins = [_origin(Inputs(origin)) for origin in inputs.take_list("origins")]
    behavior = _behavior(Inputs(inputs.take("defaultCacheBehavior")))
    errors = [_error_response(Inputs(error)) for error in inputs.take_list("customErrorResponses")]
    restrictions = inputs.take_block("restrictions", "geoRestriction")
    geo = Inputs(restrictions["geoRestriction"])
    config = {
        "CallerReference": resource.name,
        "Comment": "",
        "Aliases": _quantity(inputs.take_list("aliases")),
        "Origins": _quantity(origins),
        "DefaultCacheBehavior": behavior,
        "CustomErrorResponses": _quantity(errors),
        "Restrictions": {"GeoRestriction": _quantity(geo.take_list("locations")) | geo.take_all()},
        "ViewerCertificate": Inputs(inputs.take("viewerCertificate")).take_all(
            cloudfrontDefaultCertificate="CloudFrontDefaultCertificate",
            acmCertificateArn="ACMCertificateArn",
            sslSupportMethod="SSLSupportMethod",
        ),
        **inputs.take_all(isIpv6Enabled="IsIPV6Enabled", webAclId="WebACLId"),
    }
    made = _made(resource, "distribution", config)
    cloudfront = resource.aws.client("cloudfront")
    cloudfront.tag_resource(Resource=made["ARN"], Tags={"Items": tags})
    return made["Id"], {"arn": made["ARN"], "domainName": made["DomainName"]}


def _origin(origin: Inputs) -> dict[str, Any]:
    return {
        "OriginPath": "",
        "CustomHeaders": _quantity([]),
        # With access control there is no identity, and the API still wants the member.
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        **origin.take_all(originId="Id"),
    }


def _behavior(behavior: Inputs) -> dict[str, Any]:
    methods = _quantity(behavior.take_list("allowedMethods"))
    methods["CachedMethods"] = _quantity(behavior.take_list("cachedMethods"))
    return {"AllowedMethods": methods, **behavior.take_all()}


def _error_response(error: Inputs) -> dict[str, Any]:
    code = str(error.take("responseCode"))  # text, as the API has it
    return {"ResponseCode": code, **error.take_all(errorCachingMinTtl="ErrorCachingMinTTL")}


def _quantity(items: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": items} if items else {"Quantity": 0}


def _made(resource: Resource, kind: str, config: dict[str, Any]) -> Any:
    """Make or update one of CloudFront's things, which all carry an ETag."""
    cloudfront = resource.aws.client("cloudfront")
    name = "".join(part.capitalize() for part in kind.split("_"))
    wanted: dict[str, Any] = {f"{name}Config": config}
    known = resource.known_id and found(getattr(cloudfront, f"get_{kind}"), Id=resource.known_id)
    if known:
        update = getattr(cloudfront, f"update_{kind}")
        return update(Id=resource.known_id, IfMatch=known["ETag"], **wanted)[name]
    return getattr(cloudfront, f"create_{kind}")(**wanted)[name]
