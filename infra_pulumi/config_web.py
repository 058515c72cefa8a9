"""What a stack may set about the web page's delivery."""

from __future__ import annotations

from dataclasses import dataclass

from infra_pulumi.config_http_api import CERTIFICATE_MEND, HOST_NAME_MEND, certificate
from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_values import HOST_NAME

# CloudFront reads certificates there, wherever the rest of a stack is.
CERTIFICATE_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`domain` is empty for the name that CloudFront gives.

    `hsts_subdomains` has browsers refuse plain http to every name below `domain`, for two years.
    """

    domain: str
    certificate_arn: str
    hsts_subdomains: bool


def read_web(read: ConfigReader, *, api_domain: str) -> WebConfig:
    config = WebConfig(
        domain=read.text("webDomain", "", pattern=HOST_NAME, mend=HOST_NAME_MEND),
        certificate_arn=read.text(
            "webCertificateArn",
            "",
            pattern=certificate(CERTIFICATE_REGION),
            mend=f"{CERTIFICATE_MEND} in {CERTIFICATE_REGION}, where CloudFront looks",
        ),
        hsts_subdomains=read.flag("hstsSubdomains", default=False),
    )
    if config.hsts_subdomains and not config.domain:
        read.wrong("hstsSubdomains", "set webDomain too: it speaks of the names below it")
    if bool(config.domain) != bool(config.certificate_arn):
        read.wrong("webDomain", "set webDomain and webCertificateArn together, or neither")
    if config.domain and config.domain == api_domain:
        read.wrong("webDomain", "another name than apiDomain: one name leads to one place")
    return config
