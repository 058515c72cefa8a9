"""What the program asks about the account that it runs in."""

from collections.abc import Mapping
from typing import Any

from local.provision.inputs import UnknownInput
from local.provision.resources import Aws

Asked = Mapping[str, Any]


def caller_identity(aws: Aws, _asked: Asked) -> dict[str, Any]:
    identity = aws.client("sts").get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "userId": identity["UserId"],
        "id": identity["Account"],
    }


def partition(_aws: Aws, _asked: Asked) -> dict[str, Any]:
    return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"}


def region(aws: Aws, asked: Asked) -> dict[str, Any]:
    name = asked.get("region") or aws.region
    return {"id": name, "name": name, "region": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def cache_policy(aws: Aws, asked: Asked) -> dict[str, Any]:
    listed = aws.client("cloudfront").list_cache_policies(Type="managed")["CachePolicyList"]
    for item in listed["Items"]:
        policy = item["CachePolicy"]
        known = {"id": policy["Id"], "name": policy["CachePolicyConfig"]["Name"]}
        if asked and asked.items() <= known.items():
            return known
    raise UnknownInput(f"CloudFront has no managed cache policy {dict(asked)}")
