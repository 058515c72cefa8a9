"""What the function may do, as plain data. Each right names the one resource that it is for."""

from __future__ import annotations

from infra_pulumi.policies import Document

# What Lambda does in the function's name to give it network interfaces in a VPC.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
INTERFACE_CHANGES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
)
INTERFACE_READS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")


def lambda_trust() -> Document:
    return _document(
        {
            "Sid": "LambdaRunsTheFunction",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["sts:AssumeRole"],
        }
    )


def function_policy(
    *, region: str, table_arn: str, secret_arn: str, key_arn: str, log_group_arn: str
) -> Document:
    """Read and write the cache, read the secret, write its own log and traces."""
    return _document(
        {
            "Sid": "Cache",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
            "Resource": [table_arn],
        },
        {
            "Sid": "CoinbaseCredentials",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [secret_arn],
        },
        {
            # Both services decrypt as the caller: DynamoDB its table's key, for reads and for
            # writes, Secrets Manager the data key of the secret's value.
            "Sid": "DecryptThroughThem",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [key_arn],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": [
                        f"dynamodb.{region}.amazonaws.com",
                        f"secretsmanager.{region}.amazonaws.com",
                    ]
                }
            },
        },
        {
            # No CreateLogGroup: a group that Lambda made would have no retention and no key.
            "Sid": "OwnLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{log_group_arn}:log-stream:*"],
        },
        {
            # X-Ray knows no resources for these two.
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            "Resource": ["*"],
        },
    )


def vpc_policy(*, account_id: str, region: str, function_name: str, partition: str) -> Document:
    """Network interfaces for Lambda itself, and for nothing that runs inside the function."""
    ec2 = f"arn:{partition}:ec2:{region}:{account_id}"
    function_arn = f"arn:{partition}:lambda:{region}:{account_id}:function:{function_name}"
    return _document(
        {
            # Deleting takes any resource's name or none: an interface has its name from EC2.
            "Sid": "LambdaAttachesTheFunction",
            "Effect": "Allow",
            "Action": list(INTERFACE_CHANGES),
            "Resource": [f"{ec2}:*/*"],
        },
        {
            # EC2 knows no resources for describing.
            "Sid": "LambdaLooksAtTheNetwork",
            "Effect": "Allow",
            "Action": list(INTERFACE_READS),
            "Resource": ["*"],
        },
        {
            "Sid": "TheCodeDoesNeither",
            "Effect": "Deny",
            "Action": [*INTERFACE_CHANGES, *INTERFACE_READS],
            "Resource": ["*"],
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": [function_arn]}},
        },
    )


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}
