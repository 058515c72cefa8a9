"""Kinds of settings: marshmallow's fields with messages that say the remedy, and what a URL is.

Values come as Pulumi keeps them: texts, and lists as JSON.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import field
from ipaddress import IPv6Address
from typing import Any, cast
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, missing, validate

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ANY_HOST = rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*"
_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
MAIL_ADDRESS = rf"(?:{_ADDRESS})?"
_EC2_ID = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_MOST_URL_CHARACTERS = 1024  # that Cognito takes
# What an HTTP API lets a page of another origin use.
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE")

INSIGHTS_REMEDY = "the ARN of AWS's layer LambdaInsightsExtension-Arm64 with its version"
HOST_NAME = rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"

# Raises ValidationError, saying what to do instead.
Fault = Callable[[str], None]


def setting(rule: fields.Field[Any], invalid: str = "", required: str = "") -> Any:
    """An attribute of a dataclass that a schema reads by `rule`, with messages of our own."""
    rule.error_messages |= {"invalid": invalid, "too_large": invalid} if invalid else {}
    rule.error_messages |= {"required": required} if required else {}
    return field(metadata={"rule": rule})


def text(pattern: str, remedy: str, default: Any = missing, *, data_key: str | None = None) -> Any:
    """A text that is `pattern` from its first to its last character."""
    rule = validate.Regexp(rf"(?:{pattern})\Z", error=remedy + ", not {input!r}")
    return setting(fields.String(validate=rule, load_default=default, data_key=data_key))


def secret(pattern: str, remedy: str) -> Any:
    """A text that no message shows; "" by default."""
    rule = fields.String(
        validate=validate.Regexp(rf"(?:{pattern})?\Z", error=remedy), load_default=""
    )
    return field(metadata={"rule": rule}, repr=False)


def base_url(required: str = "", default: Any = missing) -> Any:
    """An origin; `required` is the remedy where there is no default."""
    rule = fields.String(required=default is missing, load_default=default, validate=origin_fault)
    return setting(rule, required=required)


def whole(unit: str, least: int, most: int, default: Any = missing) -> Any:
    error = f"a whole number of {unit} from {least} to {most}, not {{input!r}}"
    rule = validate.Range(least, most, error=error)
    return setting(fields.Integer(validate=rule, load_default=default), invalid=error)


def one_number_of(choices: Sequence[int]) -> Any:
    rule = validate.OneOf(choices, error="set it to one of {choices}; it is {input}")
    return setting(fields.Integer(validate=rule), invalid="a whole number, not {input!r}")


def choice(choices: Sequence[str], default: Any = missing) -> Any:
    rule = validate.OneOf(choices, error="set it to one of {choices}; it is {input!r}")
    return setting(fields.String(validate=rule, load_default=default))


def flag(default: Any = missing) -> Any:
    rule = fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=default)
    return setting(rule, invalid="set it to one of true, false; it is {input!r}")


def texts(fault: Fault, what: str, *, most: int, least: int = 0, default: Any = ()) -> Any:
    """A list of `least` to `most` texts, none twice, in each of which `fault` finds nothing."""
    rule = _Texts(required=bool(least), load_default=missing if least else default)
    rule.fault, rule.what, rule.least, rule.most = fault, what, least, most
    return setting(rule, required=f"a list of {what}")


class _Texts(fields.Field[tuple[str, ...]]):
    fault: Fault
    what: str
    least: int
    most: int

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        try:
            items = fields.List(fields.String(required=True)).deserialize(json.loads(value))
        except (ValueError, ValidationError):
            items = None
        listed = tuple(str(item) for item in items or ())
        if items is None or len(listed) < self.least:
            raise ValidationError(f"a list of {self.what}, not {value!r}")
        faults: list[str] = []
        for item in listed:
            try:
                self.fault(item)
            except ValidationError as error:
                messages = cast("list[str]", error.messages)
                faults += [f"{message}: {item!r}" for message in messages]
        if len(listed) > self.most:
            faults.append(f"at most {self.most}, not {len(listed)}")
        if len(set(listed)) < len(listed):
            faults.append("name each once")
        if faults:
            raise ValidationError(faults)
        return listed


def url_fault(url: str) -> None:
    """Take https, and plain http on this machine as Cognito does, written as browsers write it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port  # reading the port checks it
        numbered = ":" in host and IPv6Address(host)
    except ValueError:
        raise ValidationError("not a URL") from None
    if not host or port == 0 or re.search(r"[^!-~]", url):
        raise ValidationError("give the whole URL with its host, in plain ASCII")
    if len(url) > _MOST_URL_CHARACTERS:
        raise ValidationError(f"at most {_MOST_URL_CHARACTERS} characters")
    if "#" in url or "@" in parts.netloc:
        raise ValidationError("leave out fragment, user and password")
    if not (numbered or re.fullmatch(_ANY_HOST, host)):
        raise ValidationError("name one host: no wildcard")
    if parts.scheme != "https" and (parts.scheme != "http" or host not in _LOOPBACK):
        raise ValidationError("use https, or plain http on this machine")
    # Cognito and browsers compare letter by letter, with what a browser makes of an address.
    if url.partition("?")[0].split("/", 3)[:3] != origin(url).split("/"):
        raise ValidationError(f"begin it as browsers do, with {origin(url)}")


def origin_fault(url: str) -> None:
    """An origin as browsers send it: no slash at its end."""
    url_fault(url)
    if url != origin(url):
        raise ValidationError("give scheme and host only, with no slash at the end")


def cors_fault(url: str) -> None:
    """An origin, or any."""
    if url != "*":
        origin_fault(url)


def header_fault(name: str) -> None:
    """A header's name; any is none, since browsers take * for no Authorization."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'+.^_`|~-]{1,64}", name):
        raise ValidationError("not the name of a header")


def method_fault(name: str) -> None:
    if name not in METHODS:
        raise ValidationError(f"not one of {', '.join(METHODS)}")


def origin(url: str) -> str:
    """Scheme, host and port as browsers send and compare them.

    Lower case, and no port that goes without saying.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{IPv6Address(host).compressed}]"
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def address_fault(address: str) -> None:
    if not re.fullmatch(_ADDRESS, address):
        raise ValidationError("not an e-mail address")


def subnet_fault(identifier: str) -> None:
    if not re.fullmatch(f"subnet-{_EC2_ID}", identifier):
        raise ValidationError("an identifier such as subnet-0123456789abcdef0")


def group_fault(identifier: str) -> None:
    if not re.fullmatch(f"sg-{_EC2_ID}", identifier):
        raise ValidationError("an identifier such as sg-0123456789abcdef0")


def certificate(region: str) -> str:
    """Return the pattern of an ACM certificate's ARN; `region` is one, or a pattern."""
    return rf"arn:aws:acm:{region}:\d{{12}}:certificate/[A-Za-z0-9-]+"


def insights_layer(region: str) -> str:
    """Return the pattern of the ARN of Lambda Insights' layer; `region` is one, or a pattern.

    The account is another in some regions, and the number of its version in each.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-extension-versionsARM.html
    """
    return rf"arn:aws:lambda:{region}:\d{{12}}:layer:LambdaInsightsExtension-Arm64:[1-9]\d*"
