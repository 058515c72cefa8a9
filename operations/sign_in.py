"""Signs in at the hosted UI by plain HTTP: the code flow with PKCE (RFC 7636), as a page does."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from operations.errors import OperationError

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gives; `expires_in` is seconds.

    `id_token` is empty when the scope "openid" was not asked for.
    """

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


class _LoginForm(HTMLParser):
    """The action and the inputs of the first form that asks for a password."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.inputs: dict[str, str] = {}
        self._done = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self._done:
            return
        if tag == "form":
            self.action, self.inputs = found.get("action", ""), {}
        elif tag == "input" and self.action is not None and found.get("name"):
            self.inputs[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._done = self._done or (tag == "form" and "password" in self.inputs)


def login(
    hosted_ui_url: str,
    new_session: Callable[[], requests.Session] = requests.Session,
    /,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    username: str,
    password: str,
) -> Tokens:
    """Return the tokens of a user. Raises OperationError with what the hosted UI said against it.

    A session of its own, as a browser's cookies would let in whoever came before.
    """
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    state = secrets.token_urlsafe(16)
    with new_session() as session:
        page = session.get(
            f"{hosted_ui_url}/oauth2/authorize",
            params={
                "response_type": "code",
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "scope": scope,
                "state": state,
                "code_challenge": challenge.decode(),
                "code_challenge_method": "S256",
            },
            timeout=_TIMEOUT_SECONDS,
        )
        form = _LoginForm(page.text)
        if not page.ok or form.action is None:
            raise OperationError(f"the hosted UI shows no login form: {page.text[:200]}")
        answer = session.post(
            urljoin(page.url, form.action),
            data={**form.inputs, "username": username, "password": password},
            allow_redirects=False,
            timeout=_TIMEOUT_SECONDS,
        )
        back = urlsplit(answer.headers.get("Location", ""))
        query = parse_qs(back.query)
        if not answer.is_redirect or query.get("state") != [state] or "code" not in query:
            raise OperationError(f"the hosted UI does not let {username} in")
        tokens = session.post(
            f"{hosted_ui_url}/oauth2/token",
            data={
                "grant_type": "authorization_code",
                "client_id": client_id,
                "code": query["code"][0],
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
            timeout=_TIMEOUT_SECONDS,
        )
    if not tokens.ok:
        raise OperationError(f"the hosted UI gives no tokens: {tokens.text[:200]}")
    given = tokens.json()
    return Tokens(
        given["access_token"],
        given.get("id_token", ""),
        given["refresh_token"],
        given["expires_in"],
    )
