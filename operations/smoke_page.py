"""What `make smoke` asks of the page: that it loads, is told the truth, and is guarded."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from operations.errors import OperationError
from operations.site import Broken, Site, document, kind, origin, shown
from operations.web import CONFIG, content_type

_DEPLOY = "`make deploy-web` puts the page in its place"
_UP = "`make up` sets what the page is served with"
_LOADED = re.compile(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"', re.IGNORECASE)
_HALF_A_YEAR = 182 * 24 * 60 * 60
# What browsers are told besides the policy, with what a value of it has to match.
_HEADERS = {
    "X-Content-Type-Options": r"nosniff",
    "X-Frame-Options": r"DENY",
    "Referrer-Policy": r"no-referrer",
    "Cross-Origin-Opener-Policy": r"same-origin",
    "Permissions-Policy": r".+",
}


def _loads(site: Site) -> str:
    page = site.web()
    if page.status_code != 200 or kind(page) != "text/html":
        raise Broken(f"the page answers {shown(page)}", _DEPLOY)
    # Of its own origin alone: the policy lets it load nothing else.
    found = {urlsplit(urljoin(site.at.page, name)).path for name in _LOADED.findall(page.text)}
    if not any(path.endswith(".js") for path in found):
        raise Broken("the page loads no script: is it this page?", _DEPLOY)
    for path in sorted(found):
        try:
            wanted = content_type(path).partition(";")[0]
        except OperationError:
            raise Broken(f"the page loads {path}, of an unknown type", _DEPLOY) from None
        answer = site.web(path)
        if answer.status_code != 200 or kind(answer) != wanted:
            raise Broken(
                f"{path} answers {answer.status_code} {kind(answer)} instead of {wanted}", _DEPLOY
            )
    return f"{len(found)} files"


def _is_told_the_truth(site: Site) -> str:
    at = site.at
    answer = site.web(f"/{CONFIG}")
    told = document(answer)
    if answer.status_code != 200 or not told:
        raise Broken(f"{CONFIG} answers {shown(answer)}", _UP)
    truth = {
        "api_url": at.api_url,
        "hosted_ui_url": at.hosted_ui_url,
        "issuer": at.issuer,
        "client_id": at.client_id,
        "scope": at.scopes,
    }
    found = {name: told.get(name) for name in truth}
    # Relative to the page, where both have one origin.
    found["api_url"] = urljoin(at.page, str(found["api_url"])).rstrip("/")
    if wrong := [f"{name} is {found[name]!r}" for name in truth if found[name] != truth[name]]:
        raise Broken(f"{CONFIG} is of another stack or an older one: {', '.join(wrong)}", _UP)
    return ""


def _policy(site: Site) -> str:
    """Own files only, and no other origin but the hosted UI's."""
    text = site.web().headers.get("Content-Security-Policy", "")
    found = {
        name: set(sources)
        for name, *sources in (part.split() for part in text.split(";") if part.strip())
    }
    wanted = {
        "default-src": {"'none'"},
        "script-src": {"'self'"},
        "style-src": {"'self'"},
        "base-uri": {"'none'"},
        "frame-ancestors": {"'none'"},
        "connect-src": {"'self'", origin(site.at.hosted_ui_url)},
    }
    if wrong := sorted(name for name in wanted if found.get(name) != wanted[name]):
        raise Broken(f"its policy is wrong in {', '.join(wrong)}: {text or 'there is none'}", _UP)
    return ""


def _headers(site: Site) -> str:
    headers = site.web().headers
    wrong = [
        f"{name}: {headers.get(name, 'missing')}"
        for name, pattern in _HEADERS.items()
        if not re.fullmatch(pattern, headers.get(name, ""))
    ]
    hsts = headers.get("Strict-Transport-Security", "")
    age = re.search(r"max-age=(\d{1,12})\b", hsts)
    if not age or int(age[1]) < _HALF_A_YEAR:
        wrong.append(f"Strict-Transport-Security: {hsts or 'missing'}")
    if wrong:
        raise Broken(f"wrong are {', '.join(wrong)}", _UP)
    return ""


CHECKS: Mapping[str, Callable[[Site], str]] = {
    "the page loads": _loads,
    "what the page is told": _is_told_the_truth,
    "what the page may do": _policy,
    "the page's headers": _headers,
}
