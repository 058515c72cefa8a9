"""What a stack's addresses answer to a stranger and to a viewer: the asking behind `make smoke`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests

from operations.stack import Stack

# CloudFront and a cold start together take less.
_TIMEOUT_SECONDS = 30


class Broken(Exception):
    """Something is not as it has to be. `remedy` is what to do about it.

    `foreign` is what neither time nor other code of ours puts right, such as a wrong password.
    """

    def __init__(self, found: str, remedy: str, *, foreign: bool = False) -> None:
        super().__init__(found)
        self.remedy, self.foreign = remedy, foreign


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a stack is; no address has a slash at its end. `scopes` are what its page asks for."""

    api_url: str
    web_url: str
    hosted_ui_url: str
    issuer: str
    client_id: str
    scopes: str

    @classmethod
    def of(cls, stack: Stack) -> "Addresses":
        """Raises OperationError for a stack that lacks one of them."""
        scopes = (stack.outputs.get(name) or "" for name in ("api_scope", "api_write_scope"))
        return cls(
            api_url=stack["api_url"].rstrip("/"),
            web_url=stack["web_url"].rstrip("/"),
            hosted_ui_url=stack["hosted_ui_url"].rstrip("/"),
            issuer=stack["issuer"],
            client_id=stack["client_id"],
            scopes=" ".join(scope for scope in scopes if scope),
        )

    @property
    def page(self) -> str:
        return f"{self.web_url}/"


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Site:
    """The stack at its addresses, over a session of one's own."""

    def __init__(self, at: Addresses, session: requests.Session) -> None:
        self.at = at
        self._session = session

    def api(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        return self._ask(method, f"{self.at.api_url}{path}", headers)

    def web(self, path: str = "/") -> requests.Response:
        return self._ask("GET", urljoin(self.at.page, path), None)

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None) -> requests.Response:
        """Raises Broken where nothing answers. A redirect is an answer: no check expects one."""
        try:
            return self._session.request(
                method,
                url,
                headers=dict(headers or {}),
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Broken(
                f"{url} does not answer: {type(error).__name__}",
                "is the name right in DNS, and is this machine on the network? `make outputs`",
            ) from None


def kind(answer: requests.Response) -> str:
    """Return the media type without its parameters."""
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def document(answer: requests.Response) -> Mapping[str, Any]:
    """Return an answer's JSON object; an empty one if it is of another type, or none."""
    if kind(answer) not in ("application/json", "application/problem+json"):
        return {}
    try:
        found: object = answer.json()
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def shown(answer: requests.Response) -> str:
    """Return an answer in a line: status, type, and the beginning of what it says."""
    text = re.sub(r"\s+", " ", answer.text).strip()
    return f"{answer.status_code} {kind(answer) or 'of no type'} {text[:200]}".rstrip()
