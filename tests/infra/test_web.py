import hashlib
import json
import subprocess

import pytest

from infra_pulumi.config import ConfigError
from infra_pulumi.paths import PAGE_PATHS
from infra_pulumi.security_headers import content_security_policy, security_headers
from infra_pulumi.web import ALL_BUT_HOST, CACHING_DISABLED, web_bucket_policy
from local.servers import find_node
from tests.infra.capture import ACCOUNT, Program, declare, settings

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/ab-12"


def test_the_page_may_load_its_own_files_and_talk_to_its_own_address_and_the_hosted_ui() -> None:
    policy = content_security_policy(hosted_ui_url="https://login.example")

    assert policy.split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "manifest-src 'self'",
        "connect-src 'self' https://login.example",
        "base-uri 'none'",
        "form-action 'self' https://login.example",
        "frame-ancestors 'none'",
    ]


def test_every_answer_carries_the_strict_headers(program: Program) -> None:
    headers = program.one("ResponseHeadersPolicy").arguments["securityHeadersConfig"]

    assert headers["contentSecurityPolicy"] == {
        "contentSecurityPolicy": content_security_policy(
            hosted_ui_url=program.exports["hosted_ui_url"]
        ),
        "override": True,
    }
    assert headers["contentTypeOptions"] == {"override": True}
    assert headers["frameOptions"] == {"frameOption": "DENY", "override": True}
    assert headers["referrerPolicy"] == {"referrerPolicy": "no-referrer", "override": True}
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    distribution = program.one("Distribution").arguments
    for behavior in (
        distribution["defaultCacheBehavior"],
        *distribution["orderedCacheBehaviors"],
    ):
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
    assert distribution["origins"][0] == {
        "originId": "bucket",
        "domainName": "web-bucket.s3.aws",
        "originAccessControlId": "web-access-id",
    }
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


def test_paths_inside_the_page_show_the_page_and_no_error_of_the_api_does(
    program: Program,
) -> None:
    distribution = program.one("Distribution").arguments
    paths = program.named("web-paths").arguments

    assert "customErrorResponses" not in distribution
    assert distribution["defaultCacheBehavior"]["functionAssociations"] == [
        {"eventType": "viewer-request", "functionArn": "arn:of:web-paths"}
    ]
    assert (paths["runtime"], paths["code"]) == ("cloudfront-js-2.0", PAGE_PATHS)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("/", "/index.html"),
        ("/history", "/index.html"),
        ("/statements/2026-11-21", "/index.html"),
        ("/assets/", "/index.html"),
        ("/assets/index-a1b2.js", "/assets/index-a1b2.js"),
        ("/config.json", "/config.json"),
        ("/gone.ICO", "/gone.ICO"),
    ],
)
def test_cloudfront_reads_a_file_by_its_ending(asked: str, read: str) -> None:
    """The function itself, run as CloudFront runs it."""
    script = f"{PAGE_PATHS}\nconsole.log(handler({{request: {{uri: {json.dumps(asked)}}}}}).uri)"

    ran = subprocess.run([find_node(), "-e", script], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == read


def test_the_api_is_beside_the_page_and_no_edge_keeps_its_answers(program: Program) -> None:
    distribution = program.one("Distribution").arguments

    assert distribution["orderedCacheBehaviors"] == [
        {
            "pathPattern": "/api/*",
            "targetOriginId": "api",
            "viewerProtocolPolicy": "https-only",
            "allowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "cachedMethods": ["GET", "HEAD"],
            "compress": False,
            "cachePolicyId": CACHING_DISABLED,
            "originRequestPolicyId": ALL_BUT_HOST,
            "responseHeadersPolicyId": "web-headers-id",
        }
    ]
    assert distribution["origins"][1] == {
        "originId": "api",
        "domainName": "http-api-id.execute-api.eu-west-1.amazonaws.com",
        "customOriginConfig": {
            "httpPort": 80,
            "httpsPort": 443,
            "originProtocolPolicy": "https-only",
            "originSslProtocols": ["TLSv1.2"],
            "originReadTimeout": 30,
        },
        "customHeaders": [],
    }


def test_another_prefix_is_one_everywhere() -> None:
    program = declare("prod", settings("prod") | {"holdings:apiPrefix": "/service/v2"})

    behavior = program.one("Distribution").arguments["orderedCacheBehaviors"][0]
    assert behavior["pathPattern"] == "/service/*"
    assert program.exports["api_url"] == f"{program.exports['web_url']}/service/v2"
    assert program.exports["direct_api_url"] == "https://http-api.api.aws/service/v2"
    assert json.loads(program.named("web-config").arguments["content"])["api_url"] == "/service/v2"
    paths = {route.arguments["routeKey"].split(" ")[1] for route in program.all("Route")}
    assert all(path.startswith("/service/v2/") for path in paths)
    functions = [program.one("Function", name).arguments for name in ("api", "evaluate-alerts")]
    told = {each["environment"]["variables"]["API_PREFIX"] for each in functions}
    assert told == {"/service/v2"}


def test_a_key_of_the_origin_closes_the_direct_address() -> None:
    key = "k" * 32
    program = declare("prod", settings("prod") | {"holdings:originKey": key})

    origin = program.one("Distribution").arguments["origins"][1]
    assert origin["customHeaders"] == [{"name": "X-Origin-Key", "value": key}]
    told = program.one("Function", "api").arguments["environment"]["variables"]
    assert told["ORIGIN_KEY_SHA256"] == hashlib.sha256(key.encode()).hexdigest()
    assert key not in json.dumps([told, program.exports], default=str)


def test_a_bad_key_of_the_origin_is_named_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="holdings:originKey: 32 to 128 letters") as raised:
        declare("prod", settings("prod") | {"holdings:originKey": "canary"})
    assert "canary" not in str(raised.value)


def test_the_page_is_told_of_its_stack_and_asks_each_time(program: Program) -> None:
    config = program.named("web-config").arguments

    assert (config["key"], config["cacheControl"]) == ("config.json", "no-cache")
    assert json.loads(config["content"]) == {
        "api_url": "/api/v1",
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
        ("apiPrefix", "", "a path as /api/v1"),
        ("apiPrefix", "/api/v1/", "a path as /api/v1"),
        ("apiPrefix", "/*", "a path as /api/v1"),
        ("apiPrefix", "/assets/v1", "not the page's /assets"),
        ("webDomain", "holdings.example", "together"),
        ("webDomain", "Holdings", "a host name"),
        ("webCertificateArn", CERTIFICATE.replace("us-east-1", "eu-west-1"), "in us-east-1"),
    ],
)
def test_a_bad_setting_of_the_page_is_named(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:{key}: .*{remedy}"):
        declare("prod", settings("prod") | {f"holdings:{key}": value})
