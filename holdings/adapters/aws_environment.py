"""What Lambda's own variables say about AWS: where its services are, and who is asking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Hosts elsewhere (China, the governments') have other names, which botocore knows.
_COMMERCIAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-(north|south|east|west|central)+-\d")

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_SERVICES = {
    "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB",
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
}

# Whoever sets one of these wants what only botocore does.
_BEYOND_US = (
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The role's own, of this instance. `token` is None for a user's key."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AwsEnvironment:
    """Enough to sign a call without botocore's client. `key` is None where Lambda gives none."""

    region: str
    key: SigningKey | None
    ca_bundle: str | None
    endpoint_urls: Mapping[str, str] = field(hash=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AwsEnvironment | None":
        """Return None when anything is set that is left to botocore's client."""
        region, everywhere = environ.get("AWS_REGION", ""), environ.get("AWS_ENDPOINT_URL")
        if any(environ.get(name) or environ.get(name.lower()) for name in _BEYOND_US):
            return None
        urls = {
            service: url
            for service, variable in _SERVICES.items()
            if _ORIGIN.fullmatch(
                url := environ.get(variable) or everywhere or _url(service, region)
            )
        }
        return cls(region, _key(environ), environ.get("AWS_CA_BUNDLE"), urls) if region else None


def _url(service: str, region: str) -> str:
    known = _COMMERCIAL_REGION.fullmatch(region)
    return f"https://{service}.{region}.amazonaws.com" if known else ""


def _key(environ: Mapping[str, str]) -> SigningKey | None:
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    return SigningKey(access_key, secret_key, environ.get("AWS_SESSION_TOKEN"))
