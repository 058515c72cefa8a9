"""What a stack may set about the HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_values import HOST_NAME, cors_origin_fault, origin, url_fault

CERTIFICATE_MEND = "the ARN of a certificate in ACM"
# Lambda has room for 4 kB of variables, and the origins are in one of them.
MOST_ORIGINS, MOST_ORIGIN_CHARACTERS = 100, 3000
HOST_NAME_MEND = "a host name such as holdings.example, in lower case"


@dataclass(frozen=True, slots=True)
class HttpApiConfig:
    """Rates are requests a second, bursts are requests; `domain` is empty for AWS's own name."""

    cors_origins: tuple[str, ...]
    rate: int
    burst: int
    holdings_rate: int
    holdings_burst: int
    domain: str
    certificate_arn: str


def read_http_api(
    read: ConfigReader, *, dev: bool, region: str, callback_urls: tuple[str, ...]
) -> HttpApiConfig:
    config = HttpApiConfig(
        # Unless somebody says otherwise, the pages that may sign in are those that may call.
        cors_origins=read.listed(
            "corsOrigins",
            tuple(dict.fromkeys(_origins(callback_urls))),
            fault=partial(cors_origin_fault, any_origin=dev, loopback_http=dev),
            what="origins, for example [https://holdings.example]",
            most=MOST_ORIGINS,
        ),
        rate=_limit(read, "throttleRate", 50),
        burst=_limit(read, "throttleBurst", 100),
        holdings_rate=_limit(read, "holdingsThrottleRate", 20),
        holdings_burst=_limit(read, "holdingsThrottleBurst", 40),
        domain=read.text("apiDomain", "", pattern=HOST_NAME, mend=HOST_NAME_MEND),
        certificate_arn=read.text(
            "apiCertificateArn",
            "",
            pattern=certificate(region),
            mend=f"{CERTIFICATE_MEND} in {region}, where the API is",
        ),
    )
    if bool(config.domain) != bool(config.certificate_arn):
        read.wrong("apiDomain", "set apiDomain and apiCertificateArn together, or neither")
    if len(",".join(config.cors_origins)) > MOST_ORIGIN_CHARACTERS:
        read.wrong(
            "corsOrigins", f"at most {MOST_ORIGIN_CHARACTERS} characters in all, as Lambda has it"
        )
    return config


def certificate(region: str) -> str:
    return rf"arn:aws:acm:{region}:\d{{12}}:certificate/[A-Za-z0-9-]+"


def _origins(urls: tuple[str, ...]) -> list[str]:
    # A bad one is named where it was read.
    return [origin(url) for url in urls if not url_fault(url, loopback_http=True)]


def _limit(read: ConfigReader, key: str, default: int) -> int:
    # 0 would refuse every request.
    return read.whole_number(key, default, least=1, most=10000, unit="requests")
