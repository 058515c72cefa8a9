"""Browser to table, as small as it can be: pool, gateway, authorizer, alias, function, role."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config("gateway")
callback = config.require("callback")

pool = aws.cognito.UserPool("pool", name="gateway-users")
server = aws.cognito.ResourceServer(
    "server",
    identifier="holdings",
    name="holdings",
    user_pool_id=pool.id,
    scopes=[{"scope_name": "read", "scope_description": "Read the holdings"}],
)
aws.cognito.UserPoolDomain("domain", domain="gateway", user_pool_id=pool.id)
client = aws.cognito.UserPoolClient(
    "client",
    name="gateway-web",
    user_pool_id=pool.id,
    allowed_oauth_flows_user_pool_client=True,
    allowed_oauth_flows=["code"],
    allowed_oauth_scopes=["openid", "holdings/read"],
    callback_urls=[callback],
    supported_identity_providers=["COGNITO"],
    opts=pulumi.ResourceOptions(depends_on=[server]),
)

key = aws.kms.Key("key", description="gateway", policy=json.dumps({"Statement": []}))
table = aws.dynamodb.Table(
    "calls",
    name="gateway-calls",
    billing_mode="PAY_PER_REQUEST",
    hash_key="pk",
    attributes=[{"name": "pk", "type": "S"}],
    ttl={"attribute_name": "ttl", "enabled": True},
    server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
    point_in_time_recovery={"enabled": False},
)
trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
role = aws.iam.Role(
    "role",
    name="gateway-function",
    assume_role_policy=json.dumps({"Statement": [{**trust, "Action": "sts:AssumeRole"}]}),
)
rights = aws.iam.RolePolicy(
    "rights",
    role=role.name,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": config.require_object("actions"),
                    "Resource": table.arn,
                }
            ],
        }
    ),
)
function = aws.lambda_.Function(
    "function",
    name="gateway-function",
    role=role.arn,
    runtime="python3.13",
    architectures=["arm64"],
    handler="app.handler",
    code=pulumi.FileArchive(config.require("archive")),
    publish=True,
    environment={"variables": {"TABLE": table.name}},
    opts=pulumi.ResourceOptions(depends_on=[rights]),
)
alias = aws.lambda_.Alias(
    "live", name="live", function_name=function.name, function_version=function.version
)

api = aws.apigatewayv2.Api(
    "api",
    name="gateway",
    protocol_type="HTTP",
    cors_configuration={"allow_origins": ["http://localhost:5173"], "allow_methods": ["GET"]},
)
authorizer = aws.apigatewayv2.Authorizer(
    "authorizer",
    api_id=api.id,
    name="signed-in",
    authorizer_type="JWT",
    identity_sources=["$request.header.Authorization"],
    jwt_configuration={
        "issuer": pulumi.Output.concat("https://", pool.endpoint),
        "audiences": [client.id],
    },
)
integration = aws.apigatewayv2.Integration(
    "integration",
    api_id=api.id,
    integration_type="AWS_PROXY",
    integration_uri=alias.invoke_arn,
    payload_format_version="2.0",
)
route = aws.apigatewayv2.Route(
    "route",
    api_id=api.id,
    route_key="GET /holdings",
    target=pulumi.Output.concat("integrations/", integration.id),
    authorization_type="JWT",
    authorizer_id=authorizer.id,
    authorization_scopes=["holdings/read"],
)
aws.apigatewayv2.Stage(
    "stage",
    api_id=api.id,
    name="$default",
    auto_deploy=True,
    opts=pulumi.ResourceOptions(depends_on=[route]),
)
aws.lambda_.Permission(
    "gateway-invokes",
    action="lambda:InvokeFunction",
    function=function.name,
    qualifier=alias.name,
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
)

pulumi.export("api_url", api.api_endpoint)
pulumi.export("client_id", client.id)
pulumi.export("user_pool_id", pool.id)
pulumi.export("function", function.name)
pulumi.export("table", table.name)
pulumi.export("version", function.version)
