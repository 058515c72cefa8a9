"""What a stack may set about the web page's delivery."""

from __future__ import annotations

from dataclasses import dataclass

from infra_pulumi.config_http_api import (
    CERTIFICATE_MEND,
    HOST_NAME_MEND,
)
from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_values import HOST_NAME

# CloudFront reads certificates there, wherever the rest of a stack is.
CERTIFICATE = r"arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[A-Za-z0-9-]+"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`domain` is empty for the name that CloudFront gives."""

    domain: str
    certificate_arn: str


def read_web(read: ConfigReader) -> WebConfig:
    config = WebConfig(
        domain=read.text("webDomain", "", pattern=HOST_NAME, mend=HOST_NAME_MEND),
        certificate_arn=read.text(
            "webCertificateArn",
            "",
            pattern=CERTIFICATE,
            mend=f"{CERTIFICATE_MEND} in us-east-1, where CloudFront looks",
        ),
    )
    if bool(config.domain) != bool(config.certificate_arn):
        read.wrong("webDomain", "set webDomain and webCertificateArn together, or neither")
    return config
