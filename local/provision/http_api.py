"""HTTP API: the API itself, its authorizer, integrations, routes and stage."""

from typing import Any

from local.provision.inputs import pascal
from local.provision.resources import Resource, found


def api(resource: Resource) -> tuple[str, dict[str, Any]]:
    gateway = resource.aws.client("apigatewayv2")
    tags = resource.tags()
    params = resource.inputs.take_all()
    api_id = resource.known_id
    if api_id and found(gateway.get_api, ApiId=api_id):
        if not params.get("CorsConfiguration"):  # UpdateApi cannot take it away
            gateway.delete_cors_configuration(ApiId=api_id)
        changes = {key: value for key, value in params.items() if key != "ProtocolType"}
        gateway.update_api(ApiId=api_id, **changes)
    else:
        api_id = gateway.create_api(**params)["ApiId"]
    arn = f"arn:aws:apigateway:{resource.aws.region}::/apis/{api_id}"
    gateway.tag_resource(ResourceArn=arn, Tags=tags)
    execution = f"arn:aws:execute-api:{resource.aws.region}:{resource.aws.account_id}:{api_id}"
    return api_id, {
        "arn": arn,
        "apiEndpoint": _url(resource, api_id, "$default"),
        "executionArn": execution,
    }


def authorizer(resource: Resource) -> tuple[str, dict[str, Any]]:
    jwt = resource.inputs.take_block("jwtConfiguration", "audiences", "issuer")
    params = resource.inputs.take_all(identitySources="IdentitySource")
    params["JwtConfiguration"] = {"Audience": jwt["audiences"], "Issuer": jwt["issuer"]}
    return _part(resource, "authorizer", params), {}


def integration(resource: Resource) -> tuple[str, dict[str, Any]]:
    params = resource.inputs.take_all(timeoutMilliseconds="TimeoutInMillis")
    return _part(resource, "integration", params), {}


def route(resource: Resource) -> tuple[str, dict[str, Any]]:
    params = resource.inputs.take_all()
    # What a route no longer has would otherwise stay.
    unset: dict[str, Any] = {"AuthorizationType": "NONE", "AuthorizationScopes": []}
    return _part(resource, "route", unset | params), {}


def stage(resource: Resource) -> tuple[str, dict[str, Any]]:
    gateway = resource.aws.client("apigatewayv2")
    route_settings = resource.inputs.take_list("routeSettings")
    tags = resource.tags()
    params = resource.inputs.take_all(name="StageName")
    # Pulumi has a list, the API an object by the route's key.
    params["RouteSettings"] = {
        settings["routeKey"]: {k: v for k, v in pascal(settings).items() if k != "RouteKey"}
        for settings in route_settings
    }
    api_id, name = params["ApiId"], params["StageName"]
    known = found(gateway.get_stage, ApiId=api_id, StageName=name)
    (gateway.update_stage if known else gateway.create_stage)(**params)
    arn = f"arn:aws:apigateway:{resource.aws.region}::/apis/{api_id}/stages/{name}"
    gateway.tag_resource(ResourceArn=arn, Tags=tags)
    execution = f"arn:aws:execute-api:{resource.aws.region}:{resource.aws.account_id}:{api_id}"
    return name, {
        "arn": arn,
        "invokeUrl": _url(resource, api_id, name),
        "executionArn": f"{execution}/{name}",
    }


def _part(resource: Resource, kind: str, params: dict[str, Any]) -> str:
    """Make or update a part of an API whose id the gateway chooses."""
    gateway = resource.aws.client("apigatewayv2")
    id_name = f"{kind.capitalize()}Id"
    api_id, part_id = params["ApiId"], resource.known_id
    if part_id and found(getattr(gateway, f"get_{kind}"), **{"ApiId": api_id, id_name: part_id}):
        getattr(gateway, f"update_{kind}")(**{id_name: part_id}, **params)
        return part_id
    return getattr(gateway, f"create_{kind}")(**params)[id_name]


def _url(resource: Resource, api_id: str, stage_name: str) -> str:
    # By path: a host name of the API's own needs a resolver that knows *.localhost.
    return f"{resource.aws.endpoint_url}/_aws/execute-api/{api_id}/{stage_name}"
