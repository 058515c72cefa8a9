"""What a stack may set: every key with its kind, bounds and default, read here and nowhere else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, cast

import marshmallow as ma
import pulumi
import pulumi.runtime.config as raw_config

from infra_pulumi import config_fields as rule

ENVIRONMENTS = ("dev", "staging", "prod")
PRODUCTION = "https://api.exchange.coinbase.com"
ADVANCED = "https://api.coinbase.com"
SANDBOX = "https://api-public.sandbox.exchange.coinbase.com"
# Alarms count warnings: at ERROR nobody would hear that Coinbase or the cache fails.
LOG_LEVELS = ("DEBUG", "INFO", "WARNING")
# What a request may take: 10 s for Coinbase, then a write to the cache (1 s to connect and 1.5 s to
# read, tried twice, with up to 1 s between) and the answer itself.
LEAST_TIMEOUT_SECONDS = 18
DAY_OF_MINUTES = 24 * 60
YEAR_OF_SECONDS = 366 * 24 * 60 * 60
# CloudWatch keeps logs for one of these numbers of days.
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827)
# Lambda has room for 4 kB of variables, and origins, headers and methods are among them.
MOST_CORS_CHARACTERS = 2300
CORS_HEADERS = ("authorization", "content-type", "idempotency-key", "if-match", "if-none-match")
# AWS's standard partition: elsewhere Cognito's hosted UI or CloudFront is not there, or is another.
REGION = r"(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d{1,2}"
# A label of a host name, without the three words that Cognito reserves.
LABEL = r"(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,%d}[a-z0-9])?"
LABEL_REMEDY = "1 to %d of a-z, 0-9 and inner hyphens, without aws, amazon or cognito"
# Cognito's characters of a resource server's identifier, a slash, and those of a scope's name.
API_SCOPE = r"(?:[\x21\x23-\x5B\x5D-\x7E]{1,200}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,50})?"
HOST_NAME_REMEDY = "a host name such as holdings.example, in lower case"
CERTIFICATE_REMEDY = "the ARN of a certificate in ACM"


class ConfigError(pulumi.RunError):
    """The stack's configuration cannot be used. Names each bad key and its remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackConfig:
    """One stack. An attribute is a key of its file: `memory_mb` is holdings:memoryMb.

    docs/stacks.md says what each means. What has no default here differs by environment, below.
    """

    project: str
    stack: str = rule.text(LABEL % 28, LABEL_REMEDY % 30, data_key="stack name")
    region: str = rule.text(
        REGION, "a region, as eu-west-1 (not of GovCloud or China)", data_key="aws:region"
    )
    environment: str = rule.choice(ENVIRONMENTS)
    # Whatever holds data is protected: Pulumi refuses to delete or replace it, and so does AWS
    # where it can. Without, it goes with the stack, and leaves no name taken.
    keep_data: bool = rule.flag()

    callback_urls: tuple[str, ...] = rule.texts(rule.url_fault, "1 or more URLs", least=1, most=100)
    logout_urls: tuple[str, ...] = rule.texts(rule.url_fault, "1 or more URLs", least=1, most=100)
    # The hosted UI lets a viewer enrol where a second factor is required, and never where it is
    # optional: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
    mfa: str = rule.choice(("off", "required"), "off")
    # "open": whoever confirms an address is a viewer.
    sign_up: str = rule.choice(("invited", "open"), "invited")
    domain_prefix: str = rule.text(LABEL % 61, LABEL_REMEDY % 63, "")
    api_scope: str = rule.text(API_SCOPE, '"<identifier>/<name>", or empty', "holdings/read")
    # What changes something takes this one instead; by default "write" of the same identifier.
    api_write_scope: str = rule.text(API_SCOPE, '"<identifier>/<name>", or empty', "")
    access_token_minutes: int = rule.whole("minutes", 5, DAY_OF_MINUTES, 60)
    id_token_minutes: int = rule.whole("minutes", 5, DAY_OF_MINUTES, 60)
    refresh_token_days: int = rule.whole("days", 1, 3650, 30)
    refresh_token_rotation: bool = rule.flag(True)

    code_archive: str = rule.text(
        r"\S.*\.zip", "the path of a .zip file, from the project's root", "dist/holdings.zip"
    )
    memory_mb: int = rule.whole("MB", 128, 10240, 512)
    # The gateway gives up after 30 s, whatever is set here.
    timeout_seconds: int = rule.whole("seconds", LEAST_TIMEOUT_SECONDS, 29, 20)
    # One run of a job; what is left then goes on with the next.
    job_timeout_seconds: int = rule.whole("seconds", 60, 900, 300)
    job_memory_mb: int = rule.whole("MB", 128, 10240, 512)
    job_concurrency: int = rule.whole("instances", 2, 1000, 5)
    # Whether anything is done by itself, and how often; 0 is never.
    schedules: bool = rule.flag(True)
    refresh_minutes: int = rule.whole("minutes", 0, DAY_OF_MINUTES, 60)
    sync_history_minutes: int = rule.whole("minutes", 0, DAY_OF_MINUTES, DAY_OF_MINUTES)
    insights_minutes: int = rule.whole("minutes", 0, DAY_OF_MINUTES, DAY_OF_MINUTES)
    insights_hour: int = rule.whole("hours", 0, 23, 3)
    # Where links in mails lead to, if not to the page that the stack serves.
    page_url: str = rule.base_url(default="")
    mail_from: str = rule.text(rule.MAIL_ADDRESS, "an e-mail address, or empty", "")
    # What `make deploy-code` does with new code: which share of the requests it gets, in per cent,
    # and for how long that is watched before it gets all of them.
    release_percent: int = rule.whole("per cent", 1, 99, 10)
    release_minutes: int = rule.whole("minutes", 0, DAY_OF_MINUTES)
    # A new account may run 10 at once and must keep them unreserved (-1): reserving is opt-in.
    reserved_concurrency: int = rule.whole("instances", -1, 1000, -1)
    snap_start: bool = rule.flag(False)
    provisioned_concurrency: int = rule.whole("instances", 0, 1000, 0)
    subnet_ids: tuple[str, ...] = rule.texts(rule.subnet_fault, "subnets", most=16)
    security_group_ids: tuple[str, ...] = rule.texts(rule.group_fault, "security groups", most=5)

    # The app's own settings. Outside dev nobody is to take the sandbox's play money for their own
    # by an omission.
    cb_base_url: str = rule.base_url(f"say which exchange to read: {PRODUCTION}, or {SANDBOX}")
    cb_advanced_url: str = rule.base_url(default=ADVANCED)
    # Where prices come from; the exchange of cb_base_url where it is None.
    cb_market_url: str | None = rule.base_url(default=None)
    # Whether everybody who signs in sees what the deployment's own key opens, and under what name.
    shared_connection: bool = rule.flag(True)
    shared_label: str = rule.text(r"(?:\S(?:.{0,58}\S)?)?", "1 to 60 characters, or empty", "")
    default_user_id: str = rule.text(
        r"[A-Za-z0-9._@-]{1,128}", "1 to 128 of letters, digits and ._@-", "default"
    )
    cache_ttl_seconds: int = rule.whole("seconds", 1, YEAR_OF_SECONDS, 180)
    stale_ttl_seconds: int = rule.whole("seconds", 0, YEAR_OF_SECONDS, 86400)
    secret_cache_ttl_seconds: int = rule.whole("seconds", 1, YEAR_OF_SECONDS, 300)
    log_level: str = rule.choice(LOG_LEVELS, "INFO")
    # What /health, the API's document and mails call the app.
    app_name: str = rule.text(r"(?:\S(?:[ -~]{0,58}\S)?)?", "1 to 60 characters, or empty", "")
    app_version: str = rule.text(
        r"[A-Za-z0-9._+-]{0,64}", "up to 64 of letters, digits and ._+-, or empty", ""
    )

    # The API's path, at the gateway and, beside the page, at CloudFront.
    api_prefix: str = rule.text(
        r"(?!/assets(?:/|$))(?:/[a-z0-9][a-z0-9-]{0,31}){1,4}",
        "a path as /api/v1, with no slash at its end, and not the page's /assets",
        "/api/v1",
    )
    # What CloudFront shows the API. Whoever comes to the gateway without it is refused.
    origin_key: str = rule.secret(
        r"[A-Za-z0-9]{32,128}",
        "32 to 128 letters and digits, as `openssl rand -hex 32` prints; set it with --secret",
    )
    waf: bool = rule.flag()
    # Whether the firewall only counts what it would refuse.
    waf_counts: bool = rule.flag(False)
    # Of one address.
    waf_requests: int = rule.whole("requests in five minutes", 10, 2_000_000_000, 2000)

    # Unless somebody says otherwise, the pages that may sign in are those that may call.
    cors_origins: tuple[str, ...] = rule.texts(
        rule.cors_fault, "origins, as [https://holdings.example]", most=100, default=ma.missing
    )
    # By default what this API and its page use.
    cors_headers: tuple[str, ...] = rule.texts(
        rule.header_fault, "headers, as [authorization]", most=50, default=CORS_HEADERS
    )
    cors_methods: tuple[str, ...] = rule.texts(
        rule.method_fault, "methods, as [GET]", most=len(rule.METHODS), default=rule.METHODS
    )
    throttle_rate: int = rule.whole("requests", 1, 10000, 50)  # 0 would refuse every request
    throttle_burst: int = rule.whole("requests", 1, 10000, 100)
    holdings_throttle_rate: int = rule.whole("requests", 1, 10000, 20)
    holdings_throttle_burst: int = rule.whole("requests", 1, 10000, 40)
    # Each asks an exchange, with a key that may be anybody's.
    probe_throttle_rate: int = rule.whole("requests", 1, 10000, 2)
    probe_throttle_burst: int = rule.whole("requests", 1, 10000, 10)
    api_domain: str = rule.text(rule.HOST_NAME, HOST_NAME_REMEDY, "")
    api_certificate_arn: str = rule.text(rule.certificate("[a-z0-9-]+"), CERTIFICATE_REMEDY, "")
    web_domain: str = rule.text(rule.HOST_NAME, HOST_NAME_REMEDY, "")
    web_certificate_arn: str = rule.text(
        # CloudFront looks there, wherever the rest of a stack is.
        rule.certificate("us-east-1"),
        f"{CERTIFICATE_REMEDY} in us-east-1",
        "",
    )
    hsts_subdomains: bool = rule.flag(False)

    alarm_emails: tuple[str, ...] = rule.texts(rule.address_fault, "e-mail addresses", most=10)
    # Whether somebody outside asks for /health all the time.
    health_check: bool = rule.flag(False)
    # Lambda Insights of the API's function, by the layer that AWS has for it in the region.
    lambda_insights_layer_arn: str = rule.text(
        rf"(?:{rule.insights_layer('[a-z0-9-]+')})?", rule.INSIGHTS_REMEDY, ""
    )
    budget_usd: int = rule.whole("dollars", 1, 1_000_000, 20)
    log_retention_days: int = rule.one_number_of(RETENTIONS)

    @property
    def prefix(self) -> str:
        """Starts the name of everything that a person may have to find in a console."""
        return f"{self.project}-{self.stack}"

    @property
    def metrics_namespace(self) -> str:
        """Where CloudWatch counts requests and what the log tells of."""
        return f"{self.project}/{self.stack}"

    @property
    def api_scopes(self) -> tuple[str, ...]:
        """What the page asks for."""
        return (self.api_scope, self.api_write_scope) if self.api_scope else ()

    @classmethod
    def load(cls) -> Self:
        """Read and check the selected stack; raise ConfigError naming every bad key."""
        # What the CLI hands over in PULUMI_CONFIG, and what was set inside this process.
        found = {**raw_config.get_config_env(), **raw_config.CONFIG.get()}
        values = {key: value for key, value in found.items() if key.startswith("holdings:")}
        where = {"stack name": pulumi.get_stack(), "aws:region": found.get("aws:region") or ""}
        try:
            loaded = cast("dict[str, Any]", StackSchema().load(where | values))
        except ma.ValidationError as error:
            raise ConfigError("\n  ".join(["bad configuration:", *_lines(error)])) from None
        return cls(project=pulumi.get_project(), **loaded)


class _Rules(ma.Schema):
    class Meta:
        unknown = ma.RAISE

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        first, *others = field_name.split("_")
        camel = first + "".join(word.capitalize() for word in others)
        field_obj.data_key = field_obj.data_key or f"holdings:{camel}"

    @ma.pre_load
    def _by_environment(self, data: dict[str, str], **_: Any) -> dict[str, str]:
        environment = data.get("holdings:environment", data["stack name"])
        dev = environment == "dev"
        defaults = {
            "holdings:environment": environment,
            "holdings:keepData": "false" if dev else "true",
            "holdings:logRetentionDays": "14" if dev else "90",
            "holdings:releaseMinutes": "0" if dev else "15",
            "holdings:waf": "true" if environment == "prod" else "false",
        }
        return defaults | ({"holdings:cbBaseUrl": SANDBOX} if dev else {}) | data

    @ma.validates_schema(skip_on_field_errors=False)
    def _together(self, data: dict[str, Any], **_: Any) -> None:
        """Check what one key says of another, as far as they can be read."""
        found: dict[str, list[str]] = {}
        rules = (_function_faults, _scope_faults, _viewer_faults, _domain_faults, _origin_faults)
        for faults in rules:
            for name, fault in faults(data):
                found.setdefault(self.fields[name].data_key or name, []).append(fault)
        if found:
            raise ma.ValidationError(cast("dict[str, Any]", found))

    @ma.post_load
    def _derived(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"cors_origins": _callers(data), "api_write_scope": _write_scope(data)}


StackSchema = _Rules.from_dict(
    {item.name: item.metadata["rule"] for item in fields(StackConfig) if item.metadata},
    name="StackSchema",
)


def _callers(data: Mapping[str, Any]) -> tuple[str, ...]:
    pages = (rule.origin(page) for page in data.get("callback_urls", ()))
    return data.get("cors_origins", tuple(dict.fromkeys(pages)))


def _one_of_two(data: Mapping[str, Any], one: str, other: str) -> bool:
    """Whether one is set and the other left out, which is no fault where either cannot be read."""
    return one in data and other in data and bool(data[one]) != bool(data[other])


def _function_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    reserved = data.get("reserved_concurrency", -1)
    provisioned = data.get("provisioned_concurrency", 0)
    if reserved == 0:
        yield "reserved_concurrency", "at least 1, or -1 for none: 0 refuses every request"
    if data.get("snap_start") and provisioned:
        yield "snap_start", "set it or provisionedConcurrency: Lambda refuses both together"
    if 0 < reserved < provisioned:
        yield "provisioned_concurrency", "no more than reservedConcurrency, which it is part of"
    region, layer = data.get("region", ""), data.get("lambda_insights_layer_arn", "")
    if region and layer and not re.fullmatch(rule.insights_layer(region), layer):
        yield "lambda_insights_layer_arn", f"{rule.INSIGHTS_REMEDY}, in {region}"
    if _one_of_two(data, "subnet_ids", "security_group_ids"):
        yield "subnet_ids", "set subnetIds and securityGroupIds together, or neither"


def _write_scope(data: Mapping[str, Any]) -> str:
    identifier, _, _ = data.get("api_scope", "").rpartition("/")
    return data.get("api_write_scope") or (identifier and f"{identifier}/write")


def _scope_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    read, write = data.get("api_scope", ""), _write_scope(data)
    if not write or "api_scope" not in data:
        return
    if read.rpartition("/")[0] != write.rpartition("/")[0]:
        yield "api_write_scope", "begin it with the identifier of apiScope, as holdings/write"
    elif read == write:
        yield "api_write_scope", "another name than apiScope, or whoever reads may change"


def _viewer_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if data.get("sign_up") == "open" and data.get("shared_connection", True):
        yield (
            "sign_up",
            "set sharedConnection to false too: strangers would see the deployment's own accounts",
        )


def _domain_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    region, arn = data.get("region", ""), data.get("api_certificate_arn", "")
    if region and arn and not re.fullmatch(rule.certificate(region), arn):
        yield "api_certificate_arn", f"{CERTIFICATE_REMEDY} in {region}, where the API is"
    for kind in ("api", "web"):
        if _one_of_two(data, f"{kind}_domain", f"{kind}_certificate_arn"):
            pair = f"{kind}Domain and {kind}CertificateArn"
            yield f"{kind}_domain", f"set {pair} together, or neither"
    if data.get("web_domain") and data.get("web_domain") == data.get("api_domain"):
        yield "web_domain", "another name than apiDomain: one name leads to one place"
    if data.get("hsts_subdomains") and not data.get("web_domain"):
        yield "hsts_subdomains", "set webDomain too: it speaks of the names below it"


def _origin_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    headers = data.get("cors_headers", CORS_HEADERS)
    if "authorization" not in (header.lower() for header in headers):
        yield "cors_headers", "keep authorization: without it no page can call"
    if "GET" not in data.get("cors_methods", rule.METHODS):
        yield "cors_methods", "keep GET: without it no page can read"
    if len(",".join([*_callers(data), *headers])) > MOST_CORS_CHARACTERS:
        fault = f"at most {MOST_CORS_CHARACTERS} characters with corsHeaders, for Lambda"
        yield "cors_origins", fault
    if data.get("environment") == "dev":
        return
    if "*" in data.get("cors_origins", ()):
        yield "cors_origins", "name each origin: * lets every page call the API"
    listed = {name: data.get(name, ()) for name in ("callback_urls", "logout_urls", "cors_origins")}
    exchanges = {
        name: [data.get(name) or ""]
        for name in ("cb_base_url", "cb_advanced_url", "cb_market_url", "page_url")
    }
    for name, urls in {**listed, **exchanges}.items():
        for page in urls:
            if page.startswith("http:"):
                yield name, f"use https outside dev: {page!r}"


def _lines(error: ma.ValidationError) -> Iterator[str]:
    keys = cast("dict[str, ma.fields.Field[Any]]", StackSchema().fields).values()
    known = sorted(str(key.data_key) for key in keys)
    names = ", ".join(key.removeprefix("holdings:") for key in known if key.startswith("holdings"))
    for key, faults in cast("dict[str, list[str]]", error.normalized_messages()).items():
        for fault in faults:
            unknown = key not in known
            yield f"{key}: " + (f"unknown key; known are {names}" if unknown else fault)
