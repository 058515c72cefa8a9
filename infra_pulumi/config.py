"""What a stack may set, and what follows when it does not. Nothing else reads pulumi.Config."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import pulumi

from infra_pulumi.config_alarms import AlarmsConfig, read_alarms, read_log_retention
from infra_pulumi.config_function import FunctionConfig, read_function
from infra_pulumi.config_http_api import HttpApiConfig, read_http_api
from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_web import WebConfig, read_web

ENVIRONMENTS = ("dev", "staging", "prod")
DAY_OF_MINUTES = 24 * 60
# Cognito's characters of a resource server's identifier, a slash, and those of a scope's name.
API_SCOPE = r"(?:[\x21\x23-\x5B\x5D-\x7E]{1,200}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,50})?"
# A label of a host name, without the three words that Cognito reserves.
DOMAIN_PREFIX = r"(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_PREFIX_MEND = "1 to 63 of a-z, 0-9 and inner hyphens, without aws, amazon or cognito"
# The name of a stack becomes part of such a label.
STACK_NAME = r"(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?"
STACK_NAME_MEND = DOMAIN_PREFIX_MEND.replace("63", "30")
# AWS's standard partition: elsewhere Cognito's hosted UI or CloudFront is not there, or is another.
REGION = r"(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d{1,2}"
MOST_PAGES = 100  # that Cognito returns to


@dataclass(frozen=True, slots=True)
class IdentityConfig:
    """Who may sign in, from where, with what, and for how long.

    `domain_prefix` is empty when one is to be made from project, stack and account;
    `api_scope` ("identifier/name") is empty when the API demands none.
    """

    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    mfa_required: bool
    domain_prefix: str
    api_scope: str
    access_token_minutes: int
    id_token_minutes: int
    refresh_token_days: int
    refresh_token_rotation: bool


@dataclass(frozen=True, slots=True)
class StackConfig:
    """One stack: where it is, how careful it is with data, and each component's own part.

    With `keep_data` whatever holds data is protected: Pulumi refuses to delete or replace it, and
    so does AWS where it can. Without, it goes with the stack, and leaves no name taken.
    """

    project: str
    stack: str
    environment: str
    region: str
    keep_data: bool
    log_retention_days: int
    identity: IdentityConfig
    function: FunctionConfig
    http_api: HttpApiConfig
    web: WebConfig
    alarms: AlarmsConfig

    @property
    def prefix(self) -> str:
        """Starts the name of everything that a person may have to find in a console."""
        return f"{self.project}-{self.stack}"

    @property
    def function_name(self) -> str:
        return f"{self.prefix}-api"

    @property
    def function_log_group(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def access_log_group(self) -> str:
        # Under this prefix the gateway adds nothing to the account's one policy for log
        # delivery, which has room for a few groups only.
        return f"/aws/vendedlogs/{self.prefix}-access"

    @classmethod
    def load(cls) -> Self:
        """Read and check the selected stack; raise ConfigError naming every bad key."""
        stack, region = pulumi.get_stack(), pulumi.Config("aws").get("region") or ""
        read = ConfigReader("holdings")
        if not re.fullmatch(STACK_NAME, stack):
            read.wrong("stack name", f"{STACK_NAME_MEND}, not {stack!r}")
        if not re.fullmatch(REGION, region):
            read.wrong(
                "aws:region",
                f"a region to deploy to, as eu-west-1 (not of GovCloud or China), not {region!r}",
            )
        environment = read.one_of("environment", stack, ENVIRONMENTS)
        dev = environment == "dev"
        identity = _identity(read, loopback_http=dev)
        http_api = read_http_api(read, dev=dev, region=region, callback_urls=identity.callback_urls)
        config = cls(
            project=pulumi.get_project(),
            stack=stack,
            environment=environment,
            region=region,
            keep_data=read.flag("keepData", default=not dev),
            log_retention_days=read_log_retention(read, default=14 if dev else 90),
            identity=identity,
            function=read_function(read, dev=dev),
            http_api=http_api,
            web=read_web(read, api_domain=http_api.domain),
            alarms=read_alarms(read),
        )
        read.finish()
        return config


def _identity(read: ConfigReader, *, loopback_http: bool) -> IdentityConfig:
    return IdentityConfig(
        callback_urls=read.urls("callbackUrls", loopback_http=loopback_http, most=MOST_PAGES),
        logout_urls=read.urls("logoutUrls", loopback_http=loopback_http, most=MOST_PAGES),
        mfa_required=read.one_of("mfa", "off", ("off", "required")) == "required",
        domain_prefix=read.text("domainPrefix", "", pattern=DOMAIN_PREFIX, mend=DOMAIN_PREFIX_MEND),
        api_scope=read.text(
            "apiScope",
            "holdings/read",
            pattern=API_SCOPE,
            mend='"<identifier>/<name>", or empty to demand none',
        ),
        access_token_minutes=read.whole_number(
            "accessTokenMinutes", 60, least=5, most=DAY_OF_MINUTES, unit="minutes"
        ),
        id_token_minutes=read.whole_number(
            "idTokenMinutes", 60, least=5, most=DAY_OF_MINUTES, unit="minutes"
        ),
        refresh_token_days=read.whole_number(
            "refreshTokenDays", 30, least=1, most=3650, unit="days"
        ),
        refresh_token_rotation=read.flag("refreshTokenRotation", default=True),
    )
