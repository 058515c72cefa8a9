"""Whether one value of the configuration can be used: the fault in a few words, or None."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"

HOST_NAME = rf"(?=.{{4,253}}$)(?:{_HOST_LABEL}\.)+[a-z]{{2,63}}"


def url_fault(url: str, *, loopback_http: bool) -> str | None:
    """With `loopback_http`, plain http on this machine is good as well, as Cognito has it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        return "not a URL"
    if not host or re.search(r"[^!-~]", url):
        return "give the whole URL with its host, in plain ASCII"
    if "#" in url or parts.username is not None:
        return "leave out fragment, user and password"
    if parts.scheme == "https":
        return None
    if not loopback_http:
        return "use https"
    if parts.scheme == "http" and host in LOOPBACK:
        return None
    return "use https, or plain http on this machine"


def origin(url: str) -> str:
    """Scheme, host and port: what a browser compares, and what a content policy names."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def origin_fault(url: str, *, loopback_http: bool) -> str | None:
    """An origin as browsers send it: no slash at its end."""
    fault = url_fault(url, loopback_http=loopback_http)
    if fault or url == origin(url).lower():
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
