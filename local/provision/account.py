"""What the program asks about the account that it runs in."""

from local.provision.resources import Aws


def caller_identity(aws: Aws) -> dict[str, str]:
    identity = aws.client("sts").get_caller_identity()
    return {
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "userId": identity["UserId"],
        "id": identity["Account"],
    }


def partition(_aws: Aws) -> dict[str, str]:
    return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"}
