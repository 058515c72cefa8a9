import json

import pytest

from infra_pulumi.config import ConfigError
from infra_pulumi.security_headers import content_security_policy, security_headers
from infra_pulumi.web import web_bucket_policy
from tests.infra.capture import ACCOUNT, Program, declare, settings

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/ab-12"


def test_the_page_may_load_its_own_files_and_talk_to_its_own_two_servers() -> None:
    policy = content_security_policy(
        api_url="https://api.example/v1", hosted_ui_url="https://login.example"
    )

    assert policy.split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "manifest-src 'self'",
        "connect-src 'self' https://api.example https://login.example",
        "base-uri 'none'",
        "form-action 'self' https://login.example",
        "frame-ancestors 'none'",
    ]


def test_every_answer_carries_the_strict_headers(program: Program) -> None:
    headers = program.one("ResponseHeadersPolicy").arguments["securityHeadersConfig"]

    assert headers["contentSecurityPolicy"] == {
        "contentSecurityPolicy": content_security_policy(
            api_url=program.exports["api_url"],
            hosted_ui_url=program.exports["hosted_ui_url"],
        ),
        "override": True,
    }
    assert headers["contentTypeOptions"] == {"override": True}
    assert headers["frameOptions"] == {"frameOption": "DENY", "override": True}
    assert headers["referrerPolicy"] == {"referrerPolicy": "no-referrer", "override": True}
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    behavior = program.one("Distribution").arguments["defaultCacheBehavior"]
    assert behavior["responseHeadersPolicyId"] == "web-headers-id"


def test_a_browser_gets_the_headers_that_the_laptop_tries_the_page_under(program: Program) -> None:
    policy = program.one("ResponseHeadersPolicy").arguments
    given = policy["securityHeadersConfig"]
    transport = given["strictTransportSecurity"]
    csp = given["contentSecurityPolicy"]["contentSecurityPolicy"]

    assert security_headers(csp) == {
        "Content-Security-Policy": csp,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": given["frameOptions"]["frameOption"],
        "Referrer-Policy": given["referrerPolicy"]["referrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['accessControlMaxAgeSec']:.0f}",
        **{item["header"]: item["value"] for item in policy["customHeadersConfig"]["items"]},
    }
    assert all(item["override"] for item in policy["customHeadersConfig"]["items"])


@pytest.mark.parametrize("chosen", [False, True])
def test_what_lies_below_the_page_s_name_is_the_operator_s_to_bind(chosen: bool) -> None:
    own = {"holdings:webDomain": "holdings.example", "holdings:webCertificateArn": CERTIFICATE}

    program = declare("prod", settings("prod") | own | {"holdings:hstsSubdomains": chosen})

    headers = program.one("ResponseHeadersPolicy").arguments["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["includeSubdomains"] is chosen


def test_the_page_comes_by_https_and_the_bucket_answers_cloudfront_alone(program: Program) -> None:
    distribution = program.one("Distribution").arguments

    assert distribution["defaultCacheBehavior"]["viewerProtocolPolicy"] == "redirect-to-https"
    assert distribution["defaultCacheBehavior"]["allowedMethods"] == ["GET", "HEAD"]
    assert distribution["origins"] == [
        {
            "originId": "bucket",
            "domainName": "web-bucket.s3.aws",
            "originAccessControlId": "web-access-id",
        }
    ]
    assert program.one("OriginAccessControl").arguments["signingBehavior"] == "always"
    assert json.loads(program.one("BucketPolicy").arguments["policy"]) == web_bucket_policy(
        bucket_arn="arn:of:web-bucket", distribution_arn="arn:of:web-distribution"
    )


def test_the_bucket_refuses_whoever_comes_without_tls() -> None:
    allow, deny = web_bucket_policy(bucket_arn="b", distribution_arn="d")["Statement"]

    assert allow["Condition"] == {"StringEquals": {"AWS:SourceArn": "d"}}
    assert deny["Effect"] == "Deny"
    assert deny["Resource"] == ["b", "b/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_is_shut_before_anything_is_in_it(program: Program) -> None:
    shut = {"web-public-access", "web-ownership", "web-encryption"}

    for name in ("web-policy", "web-config"):
        assert shut <= {*program.named(name).depends_on}


def test_paths_inside_the_page_show_the_page(program: Program) -> None:
    answers = program.one("Distribution").arguments["customErrorResponses"]

    assert [(a["errorCode"], a["responseCode"], a["responsePagePath"]) for a in answers] == [
        (403, 200, "/index.html"),
        (404, 200, "/index.html"),
    ]


def test_the_page_is_told_of_its_stack_and_asks_each_time(program: Program) -> None:
    config = program.named("web-config").arguments

    assert (config["key"], config["cacheControl"]) == ("config.json", "no-cache")
    assert json.loads(config["content"]) == {
        "api_url": program.exports["api_url"],
        "hosted_ui_url": program.exports["hosted_ui_url"],
        "issuer": program.exports["issuer"],
        "client_id": program.exports["client_id"],
        "scope": "holdings/read holdings/write",
    }


def test_the_bucket_s_name_is_no_other_account_s(stack: str, program: Program) -> None:
    assert program.exports["web_bucket"] == f"holdings-{stack}-web-{ACCOUNT}"


def test_the_page_may_have_a_name_of_its_own() -> None:
    own = {"holdings:webDomain": "holdings.example", "holdings:webCertificateArn": CERTIFICATE}

    program = declare("prod", settings("prod") | own)

    distribution = program.one("Distribution").arguments
    assert program.exports["web_url"] == "https://holdings.example"
    assert program.exports["web_domain_target"] == "web-distribution.cloudfront.net"
    assert distribution["aliases"] == ["holdings.example"]
    assert distribution["viewerCertificate"] == {
        "acmCertificateArn": CERTIFICATE,
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    }


def test_page_and_api_have_names_of_their_own() -> None:
    same = {
        "holdings:webDomain": "holdings.example",
        "holdings:webCertificateArn": CERTIFICATE,
        "holdings:apiDomain": "holdings.example",
        "holdings:apiCertificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1"),
    }

    with pytest.raises(ConfigError, match=r"holdings:webDomain: another name than apiDomain"):
        declare("prod", settings("prod") | same)


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("webDomain", "holdings.example", "together"),
        ("webDomain", "Holdings", "a host name"),
        ("webCertificateArn", CERTIFICATE.replace("us-east-1", "eu-west-1"), "in us-east-1"),
    ],
)
def test_a_bad_setting_of_the_page_is_named(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:{key}: .*{remedy}"):
        declare("prod", settings("prod") | {f"holdings:{key}": value})
