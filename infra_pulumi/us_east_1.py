"""The region in which some of AWS's parts are, wherever the rest of a stack is."""

import pulumi
import pulumi_aws as aws

REGION = "us-east-1"


def us_east_1() -> aws.Provider:
    """Return a provider for that region, told what the stack file tells the stack's own.

    Pulumi tells it to no other: what it makes would lack the stack's tags.
    """
    told = pulumi.Config("aws")
    return aws.Provider(
        REGION,
        region=REGION,
        profile=told.get("profile"),
        default_tags=told.get_object("defaultTags"),
    )
