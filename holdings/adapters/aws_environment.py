"""What the environment says about AWS: where its services are, and who is asking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Hosts elsewhere (China, the governments') have other names, which botocore knows.
_COMMERCIAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-(north|south|east|west|central)+-\d")

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_SERVICES = {
    "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB",
    "kms": "AWS_ENDPOINT_URL_KMS",
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "sqs": "AWS_ENDPOINT_URL_SQS",
    "sts": "AWS_ENDPOINT_URL_STS",
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
        """Return None where it says too little, or something that is left to botocore's client.

        Lambda says everything. On a laptop the key may come from anywhere and boto3 looks
        everywhere, so there an endpoint has to be named: an emulator's.
        """
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        everywhere = environ.get("AWS_ENDPOINT_URL", "")
        named = {
            service: environ.get(variable) or everywhere for service, variable in _SERVICES.items()
        }
        if (
            not region
            or not (environ.get("AWS_LAMBDA_FUNCTION_NAME") or any(named.values()))
            or any(environ.get(name) or environ.get(name.lower()) for name in _BEYOND_US)
        ):
            return None
        urls = {service: url or _url(service, region) for service, url in named.items()}
        return cls(
            region,
            _key(environ),
            environ.get("AWS_CA_BUNDLE"),
            {service: url for service, url in urls.items() if _ORIGIN.fullmatch(url)},
        )


def _url(service: str, region: str) -> str:
    known = _COMMERCIAL_REGION.fullmatch(region)
    return f"https://{service}.{region}.amazonaws.com" if known else ""


def _key(environ: Mapping[str, str]) -> SigningKey | None:
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    return SigningKey(access_key, secret_key, environ.get("AWS_SESSION_TOKEN"))
