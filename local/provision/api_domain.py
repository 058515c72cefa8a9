"""A name of one's own for an HTTP API."""

from typing import Any

from local.provision.resources import Resource, found


def domain_name(resource: Resource) -> tuple[str, dict[str, Any]]:
    gateway = resource.aws.client("apigatewayv2")
    tags = resource.tags()
    block = resource.inputs.take_block(
        "domainNameConfiguration", "certificateArn", "endpointType", "securityPolicy"
    )
    params = resource.inputs.take_all()
    name = params["DomainName"]
    params["DomainNameConfigurations"] = [
        {key[:1].upper() + key[1:]: value for key, value in block.items()}
    ]
    known = found(gateway.get_domain_name, DomainName=name)
    (gateway.update_domain_name if known else gateway.create_domain_name)(**params)
    arn = f"arn:aws:apigateway:{resource.aws.region}::/domainnames/{name}"
    gateway.tag_resource(ResourceArn=arn, Tags=tags)
    made = gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"][0]
    target = {
        "targetDomainName": made.get("ApiGatewayDomainName", ""),
        "hostedZoneId": made.get("HostedZoneId", ""),
    }
    return name, {"arn": arn, "domainNameConfiguration": block | target}


def api_mapping(resource: Resource) -> tuple[str, dict[str, Any]]:
    gateway = resource.aws.client("apigatewayv2")
    params = resource.inputs.take_all()
    key = {"DomainName": params["DomainName"], "ApiMappingId": resource.known_id}
    if resource.known_id and found(gateway.get_api_mapping, **key):
        gateway.update_api_mapping(ApiMappingId=resource.known_id, **params)
        return resource.known_id, {}
    return gateway.create_api_mapping(**params)["ApiMappingId"], {}
