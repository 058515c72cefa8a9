"""Whether one value of the configuration can be used: the fault in a few words, or None."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"

HOST_NAME = rf"(?=.{{4,253}}$)(?:{_HOST_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"
_ANY_HOST = rf"(?=.{{1,253}}$){_HOST_LABEL}(?:\.{_HOST_LABEL})*"
_DEFAULT_PORTS = {"https": 443, "http": 80}
MOST_URL_CHARACTERS = 1024  # that Cognito takes


def url_fault(url: str, *, loopback_http: bool) -> str | None:
    """With `loopback_http`, plain http on this machine is good as well, as Cognito has it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        return "not a URL"
    if not host or port == 0 or re.search(r"[^!-~]", url):
        return "give the whole URL with its host, in plain ASCII"
    if len(url) > MOST_URL_CHARACTERS:
        return f"at most {MOST_URL_CHARACTERS} characters"
    if "#" in url or "@" in parts.netloc:
        return "leave out fragment, user and password"
    if not (re.fullmatch(_ANY_HOST, host) or _is_ipv6(host)):
        return "name one host: no wildcard"
    if parts.scheme != "https":
        if not loopback_http:
            return "use https"
        if parts.scheme != "http" or host not in LOOPBACK:
            return "use https, or plain http on this machine"
    # Cognito and browsers compare letter by letter, with what a browser makes of an address.
    if url.partition("?")[0].split("/", 3)[:3] != origin(url).split("/"):
        return f"begin it as browsers do, with {origin(url)}"
    return None


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def origin(url: str) -> str:
    """Scheme, host and port as a browser sends and compares them, and a content policy names them.

    Lower case, and no port that goes without saying.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{IPv6Address(host).compressed}]"
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def origin_fault(url: str, *, loopback_http: bool) -> str | None:
    """An origin as browsers send it: no slash at its end."""
    fault = url_fault(url, loopback_http=loopback_http)
    if fault or url == origin(url):
        return fault
    return "give scheme and host only, in lower case, with no slash at the end"


def cors_origin_fault(url: str, *, any_origin: bool, loopback_http: bool) -> str | None:
    """With `any_origin`, "*" is good as well."""
    if url == "*":
        return None if any_origin else "name each origin: * lets every page call the API"
    return origin_fault(url, loopback_http=loopback_http)


def address_fault(address: str) -> str | None:
    return None if re.fullmatch(_ADDRESS, address) else "not an e-mail address"


def identifier_fault(identifier: str, *, kind: str) -> str | None:
    """`kind` is how EC2 starts such an identifier: "subnet", "sg"."""
    if re.fullmatch(rf"{kind}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})", identifier):
        return None
    return f"an identifier such as {kind}-0123456789abcdef0"
