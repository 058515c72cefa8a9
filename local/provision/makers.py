"""Which function makes which type of resource, and which answers which question."""

from collections.abc import Callable, Mapping
from typing import Any

from local.provision import (
    account,
    alarms,
    api_domain,
    bucket,
    budget,
    cognito,
    delivery,
    function,
    http_api,
    identity_access,
    invocation,
    logs,
    storage,
    topic,
)
from local.provision.resources import Aws, Maker

MAKERS: dict[str, Maker] = {
    "aws:apigatewayv2/api:Api": http_api.api,
    "aws:apigatewayv2/apiMapping:ApiMapping": api_domain.api_mapping,
    "aws:apigatewayv2/authorizer:Authorizer": http_api.authorizer,
    "aws:apigatewayv2/domainName:DomainName": api_domain.domain_name,
    "aws:apigatewayv2/integration:Integration": http_api.integration,
    "aws:apigatewayv2/route:Route": http_api.route,
    "aws:apigatewayv2/stage:Stage": http_api.stage,
    "aws:budgets/budget:Budget": budget.budget,
    "aws:cloudfront/distribution:Distribution": delivery.distribution,
    "aws:cloudfront/originAccessControl:OriginAccessControl": delivery.origin_access_control,
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": delivery.headers_policy,
    "aws:cloudwatch/dashboard:Dashboard": alarms.dashboard,
    "aws:cloudwatch/logGroup:LogGroup": logs.log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": logs.metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarms.metric_alarm,
    "aws:cognito/resourceServer:ResourceServer": cognito.resource_server,
    "aws:cognito/userPool:UserPool": cognito.user_pool,
    "aws:cognito/userPoolClient:UserPoolClient": cognito.user_pool_client,
    "aws:cognito/userPoolDomain:UserPoolDomain": cognito.user_pool_domain,
    "aws:dynamodb/table:Table": storage.dynamodb_table,
    "aws:iam/role:Role": identity_access.role,
    "aws:iam/rolePolicy:RolePolicy": identity_access.role_policy,
    "aws:kms/alias:Alias": storage.kms_alias,
    "aws:kms/key:Key": storage.kms_key,
    "aws:lambda/alias:Alias": invocation.alias,
    "aws:lambda/function:Function": function.function,
    "aws:lambda/permission:Permission": invocation.permission,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": (
        invocation.provisioned_concurrency
    ),
    "aws:s3/bucket:Bucket": bucket.bucket,
    "aws:s3/bucketObjectv2:BucketObjectv2": bucket.bucket_object,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": bucket.ownership,
    "aws:s3/bucketPolicy:BucketPolicy": bucket.policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucket.public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        bucket.encryption
    ),
    "aws:secretsmanager/secret:Secret": storage.secret,
    "aws:sns/topic:Topic": topic.topic,
    "aws:sns/topicPolicy:TopicPolicy": topic.topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": topic.topic_subscription,
}

# What the program may ask, each with the function that answers.
ANSWERS: dict[str, Callable[[Aws, Mapping[str, Any]], dict[str, Any]]] = {
    "aws:cloudfront/getCachePolicy:getCachePolicy": account.cache_policy,
    "aws:index/getCallerIdentity:getCallerIdentity": account.caller_identity,
    "aws:index/getPartition:getPartition": account.partition,
    "aws:index/getRegion:getRegion": account.region,
}
