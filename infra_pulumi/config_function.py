"""What a stack may set about the Lambda function and about the app inside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_values import identifier_fault, origin_fault

PRODUCTION = "https://api.exchange.coinbase.com"
SANDBOX = "https://api-public.sandbox.exchange.coinbase.com"
YEAR_OF_SECONDS = 366 * 24 * 60 * 60
# Alarms count warnings: at ERROR nobody would hear that Coinbase or the cache fails.
LOG_LEVELS = ("DEBUG", "INFO", "WARNING")
# What a request may take: 10 s for Coinbase, then a write to the cache (1 s to connect and 1.5 s to
# read, tried twice, with up to 1 s between) and the answer itself.
LEAST_TIMEOUT_SECONDS = 18
MOST_SUBNETS, MOST_SECURITY_GROUPS = 16, 5  # that Lambda takes
UNRESERVED = -1


@dataclass(frozen=True, slots=True)
class AppConfig:
    """The app's own settings: each becomes the environment variable of its name."""

    default_user_id: str
    cb_base_url: str
    cache_ttl_seconds: int
    stale_ttl_seconds: int
    secret_cache_ttl_seconds: int
    log_level: str
    app_version: str


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """`code_archive` is relative to the project's root; `reserved_concurrency` -1 reserves none.

    The function is in a VPC when `subnet_ids` and `security_group_ids` are given.
    """

    code_archive: str
    memory_mb: int
    timeout_seconds: int
    reserved_concurrency: int
    snap_start: bool
    provisioned_concurrency: int
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    app: AppConfig

    @property
    def in_vpc(self) -> bool:
        return bool(self.subnet_ids)


def read_function(read: ConfigReader, *, dev: bool) -> FunctionConfig:
    config = FunctionConfig(
        code_archive=read.text(
            "codeArchive",
            "dist/holdings.zip",
            pattern=r"\S.*\.zip",
            mend="the path of a .zip file, from the project's root",
        ),
        memory_mb=read.whole_number("memoryMb", 512, least=128, most=10240, unit="MB"),
        # The gateway gives up after 30 s, whatever is set here.
        timeout_seconds=read.whole_number(
            "timeoutSeconds", 20, least=LEAST_TIMEOUT_SECONDS, most=29, unit="seconds"
        ),
        # A new account may run 10 at once and must keep them unreserved: reserving is opt-in.
        reserved_concurrency=read.whole_number(
            "reservedConcurrency", UNRESERVED, least=UNRESERVED, most=1000, unit="instances"
        ),
        snap_start=read.flag("snapStart", default=False),
        provisioned_concurrency=read.whole_number(
            "provisionedConcurrency", 0, least=0, most=1000, unit="instances"
        ),
        subnet_ids=read.listed(
            "subnetIds",
            (),
            fault=partial(identifier_fault, kind="subnet"),
            what="subnets",
            most=MOST_SUBNETS,
        ),
        security_group_ids=read.listed(
            "securityGroupIds",
            (),
            fault=partial(identifier_fault, kind="sg"),
            what="security groups",
            most=MOST_SECURITY_GROUPS,
        ),
        app=_read_app(read, dev=dev),
    )
    if config.reserved_concurrency == 0:
        read.wrong("reservedConcurrency", "at least 1, or -1 for none: 0 refuses every request")
    if config.snap_start and config.provisioned_concurrency:
        read.wrong("snapStart", "set it or provisionedConcurrency: Lambda refuses both together")
    if 0 < config.reserved_concurrency < config.provisioned_concurrency:
        read.wrong(
            "provisionedConcurrency", "no more than reservedConcurrency, which it is part of"
        )
    if bool(config.subnet_ids) != bool(config.security_group_ids):
        read.wrong("subnetIds", "set subnetIds and securityGroupIds together, or neither")
    return config


def _read_app(read: ConfigReader, *, dev: bool) -> AppConfig:
    return AppConfig(
        default_user_id=read.text(
            "defaultUserId",
            "default",
            pattern=r"[A-Za-z0-9._@-]{1,128}",
            mend="1 to 128 of letters, digits and ._@-",
        ),
        # Outside dev nobody is to take the sandbox's play money for their own by an omission.
        cb_base_url=read.checked(
            "cbBaseUrl",
            SANDBOX if dev else None,
            fault=partial(origin_fault, loopback_http=dev),
            what=f"which exchange to read: {PRODUCTION}, or {SANDBOX}",
        ),
        cache_ttl_seconds=read.whole_number(
            "cacheTtlSeconds", 180, least=1, most=YEAR_OF_SECONDS, unit="seconds"
        ),
        stale_ttl_seconds=read.whole_number(
            "staleTtlSeconds", 86400, least=0, most=YEAR_OF_SECONDS, unit="seconds"
        ),
        secret_cache_ttl_seconds=read.whole_number(
            "secretCacheTtlSeconds", 300, least=1, most=YEAR_OF_SECONDS, unit="seconds"
        ),
        log_level=read.one_of("logLevel", "INFO", LOG_LEVELS),
        app_version=read.text(
            "appVersion",
            "",
            pattern=r"[A-Za-z0-9._+-]{0,64}",
            mend="up to 64 of letters, digits and ._+-, or empty for the app's own",
        ),
    )
