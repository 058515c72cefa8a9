"""The cases of the web page: its bucket and CloudFront."""

from tests.e2e.maker_cases import Case, action, policy

BUCKET = Case(
    "aws:s3/bucket:Bucket",
    lambda _: {"bucket": "holdings-web", "forceDestroy": True, "tags": {"a": "b"}},
    {"tags": {"a": "c"}},
    lambda s3, found, _: {
        tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=found)["TagSet"]
    }["a"],
    ("b", "c"),
    "s3",
)
PUBLIC_ACCESS = Case(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    lambda ids: {"bucket": ids["Bucket"], "blockPublicAcls": False},
    {"blockPublicAcls": True},
    lambda s3, found, _: s3.get_public_access_block(Bucket=found)["PublicAccessBlockConfiguration"][
        "BlockPublicAcls"
    ],
    (False, True),
    "s3",
)
OWNERSHIP = Case(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    lambda ids: {"bucket": ids["Bucket"], "rule": {"objectOwnership": "ObjectWriter"}},
    {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
    lambda s3, found, _: s3.get_bucket_ownership_controls(Bucket=found)["OwnershipControls"][
        "Rules"
    ][0]["ObjectOwnership"],
    ("ObjectWriter", "BucketOwnerEnforced"),
    "s3",
)
ENCRYPTION = Case(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    lambda ids: {
        "bucket": ids["Bucket"],
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    },
    {
        "rules": [
            {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}},
        ]
    },
    lambda s3, found, _: s3.get_bucket_encryption(Bucket=found)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
    ("AES256", "aws:kms"),
    "s3",
)
BUCKET_POLICY = Case(
    "aws:s3/bucketPolicy:BucketPolicy",
    lambda ids: {"bucket": ids["Bucket"], "policy": policy("s3:GetObject")},
    {"policy": policy("s3:PutObject")},
    lambda s3, found, _: action(s3.get_bucket_policy(Bucket=found)["Policy"]),
    ("s3:GetObject", "s3:PutObject"),
    "s3",
)
OBJECT = Case(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    lambda ids: {
        "bucket": ids["Bucket"],
        "key": "config.json",
        "content": "{}",
        "contentType": "application/json",
    },
    {"content": "[]"},
    lambda s3, found, ids: s3.get_object(Bucket=ids["Bucket"], Key=found)["Body"].read(),
    (b"{}", b"[]"),
    "s3",
)
ACCESS_CONTROL = Case(
    "aws:cloudfront/originAccessControl:OriginAccessControl",
    lambda _: {
        "name": "web",
        "description": "a",
        "originAccessControlOriginType": "s3",
        "signingBehavior": "always",
        "signingProtocol": "sigv4",
    },
    {"description": "b"},
    lambda cloudfront, found, _: cloudfront.get_origin_access_control(Id=found)[
        "OriginAccessControl"
    ]["OriginAccessControlConfig"]["Description"],
    ("a", "b"),
    "cloudfront",
)
HEADERS = Case(
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    lambda _: {
        "name": "web",
        "securityHeadersConfig": {"frameOptions": {"frameOption": "DENY", "override": True}},
    },
    {
        "customHeadersConfig": {"items": [{"header": "X-A", "value": "a", "override": True}]},
    },
    lambda cloudfront, found, _: [
        item["Header"]
        for item in cloudfront.get_response_headers_policy(Id=found)["ResponseHeadersPolicy"][
            "ResponseHeadersPolicyConfig"
        ]
        .get("CustomHeadersConfig", {})
        .get("Items", [])
    ],
    ([], ["X-A"]),
    "cloudfront",
)
DISTRIBUTION = Case(
    "aws:cloudfront/distribution:Distribution",
    lambda ids: {
        "enabled": True,
        "comment": "a",
        "isIpv6Enabled": True,
        "origins": [
            {
                "originId": "bucket",
                "domainName": "bucket.s3.eu-west-1.amazonaws.com",
                "originAccessControlId": ids["OriginAccessControl"],
            }
        ],
        "defaultCacheBehavior": {
            "targetOriginId": "bucket",
            "viewerProtocolPolicy": "redirect-to-https",
            "allowedMethods": ["GET", "HEAD"],
            "cachedMethods": ["GET", "HEAD"],
            "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        "customErrorResponses": [
            {
                "errorCode": 404.0,
                "responseCode": 200.0,
                "responsePagePath": "/index.html",
                "errorCachingMinTtl": 10.0,
            }
        ],
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
    },
    {"comment": "b"},
    lambda cloudfront, found, _: cloudfront.get_distribution(Id=found)["Distribution"][
        "DistributionConfig"
    ]["Comment"],
    ("a", "b"),
    "cloudfront",
)
CASES = [
    *(BUCKET, PUBLIC_ACCESS, OWNERSHIP, ENCRYPTION, BUCKET_POLICY, OBJECT),
    *(ACCESS_CONTROL, HEADERS, DISTRIBUTION),
]
