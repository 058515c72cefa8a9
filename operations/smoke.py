"""`make smoke`: is a stack up, for strangers and for a viewer, at the addresses that people use?"""

import getpass
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import requests

from operations import smoke_page
from operations.errors import OperationError
from operations.sign_in import login
from operations.site import Addresses, Broken, Site, document, kind, origin, shown
from operations.terminal import has_terminal

# What has just been changed is not everywhere at once, neither at Lambda nor at CloudFront.
TRIES, PAUSE_SECONDS = 4, 5.0
_STRANGER = "https://stranger.invalid"
_LOG = "`make logs` says why"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may sign in with a password alone."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """A check that failed. `of_code` is whether other code of the API could put it right."""

    name: str
    of_code: bool


def visitor(
    environ: Mapping[str, str],
    *,
    terminal: bool | None = None,
    ask: Callable[[str], str] = input,
    ask_secret: Callable[[str], str] = getpass.getpass,
) -> Visitor | None:
    """Return who signs in: of the environment, or asked for. None if SKIP_SIGN_IN says nobody.

    Raises OperationError where nobody can be asked: that a viewer gets in is not left out
    unnoticed.
    """
    if environ.get("SKIP_SIGN_IN", "") in ("1", "yes", "true"):
        return None
    username, password = environ.get("SMOKE_USERNAME", ""), environ.get("SMOKE_PASSWORD", "")
    if not (username and password):
        if not (has_terminal() if terminal is None else terminal):
            raise OperationError(
                "at the end somebody signs in, to see that viewers get their figures: give "
                "SMOKE_USERNAME and SMOKE_PASSWORD of a user of this stack who has chosen a "
                "password, or SKIP_SIGN_IN=1 to go without"
            )
        username = username or ask("Who signs in at the end, to see that viewers can (e-mail): ")
        password = password or ask_secret(f"Password of {username}: ")
    return Visitor(username, password)


Check = Callable[[Site], str]
"""Returns what to say of what is well, if anything. Raises Broken."""


def smoke(
    at: Addresses,
    visitor: Visitor | None,
    *,
    version: str = "",
    say: Callable[[str], None],
    sleep: Callable[[float], None],
    new_session: Callable[[], requests.Session] = requests.Session,
) -> Sequence[Fault]:
    """Carry out every check, with a line for each, and return those that failed.

    `version` is the app's version that has to answer; without one, any. Without a visitor nobody
    signs in, which is said.
    """
    of_code: dict[str, Check] = {
        "health": partial(_health, version=version),
        "no figures without a token": _without_token,
        "figures with a token": partial(_with_token, visitor=visitor, new_session=new_session),
        "an unknown path": _unknown_path,
    }
    others: dict[str, Check] = {
        "pages that may call the API": _callers,
        **smoke_page.CHECKS,
    }
    if visitor is None:
        del of_code["figures with a token"]
    with new_session() as session:
        faults = _carry_out(of_code | others, Site(at, session), say, sleep)
    for name, broken in faults.items():
        say(f"FAILED    {name}: {' '.join(str(broken).split())}\n          {broken.remedy}")
    if visitor is None:
        say("NOT DONE  figures with a token: nobody signed in, as SKIP_SIGN_IN says")
    return [Fault(name, name in of_code and not broken.foreign) for name, broken in faults.items()]


def _carry_out(
    checks: Mapping[str, Check],
    site: Site,
    say: Callable[[str], None],
    sleep: Callable[[float], None],
) -> Mapping[str, Broken]:
    """Return what is broken still, when all that may pass by itself was tried several times."""
    left, faults = dict(checks), dict[str, Broken]()
    for tries_left in reversed(range(TRIES)):
        for name, check in left.items():
            try:
                said = check(site)
            except Broken as broken:
                faults[name] = broken
            else:
                faults.pop(name, None)
                say(f"ok        {name}{said and f': {said}'}")
        left = {name: checks[name] for name, broken in faults.items() if not broken.foreign}
        if not (left and tries_left):
            break
        sleep(PAUSE_SECONDS)
    return faults


def _health(site: Site, version: str) -> str:
    answer = site.api("/health")
    found = document(answer)
    if answer.status_code != 200 or found.get("status") != "ok":
        raise Broken(f"/health answers {shown(answer)}", _LOG)
    name, told = found.get("name"), found.get("version")
    if not (name and told):
        raise Broken(f"/health lacks a name or a version: {shown(answer)}", "is it this API?")
    if version and told != version:
        raise Broken(
            f"version {told} answers, not {version}",
            "is another deployment under way, or does `holdings:appVersion` say so? `make up`",
        )
    return f"{name} {told}"


def _without_token(site: Site) -> str:
    answer = site.api("/holdings")
    if answer.status_code != 401 or not document(answer):
        raise Broken(
            f"/holdings answers {shown(answer)} instead of 401",
            "take it off the network: the authorizer is not before every route. `make up`",
        )
    return ""


def _with_token(
    site: Site, visitor: Visitor | None, new_session: Callable[[], requests.Session]
) -> str:
    at = site.at
    if visitor is None:
        raise Broken("nobody to sign in", "SMOKE_USERNAME and SMOKE_PASSWORD")
    try:
        token = login(
            at.hosted_ui_url,
            new_session,
            client_id=at.client_id,
            redirect_uri=at.page,
            scope=f"openid {at.scopes}".strip(),
            username=visitor.username,
            password=visitor.password,
        ).access_token
    except OperationError as error:
        raise Broken(
            str(error),
            "SMOKE_USERNAME has to have chosen a password, with no second factor; the page's "
            "address with a slash has to be in holdings:callbackUrls",
            foreign=True,
        ) from None
    except requests.RequestException as error:
        raise Broken(
            f"{at.hosted_ui_url} does not answer: {type(error).__name__}",
            "`make up`",
            foreign=True,
        ) from None
    answer = site.api("/holdings", headers={"Authorization": f"Bearer {token}"})
    found = document(answer)
    if answer.status_code != 200 or "holdings" not in found:
        # Never what it says where it is no error: it may be figures.
        told = (
            shown(answer) if answer.status_code >= 400 else f"{answer.status_code} {kind(answer)}"
        )
        raise Broken(
            f"/holdings answers {told}",
            "docs/troubleshooting.md has what to do about each `code`; 401 with a fresh token: do "
            "`make outputs` and the authorizer name the same issuer and client?",
        )
    return ""


def _unknown_path(site: Site) -> str:
    answer = site.api(f"/{secrets.token_hex(8)}")
    if answer.status_code != 404 or not document(answer):
        raise Broken(
            f"a path that there is not answers {shown(answer)} instead of 404 in JSON",
            "are answers of the API turned into the page before they arrive? `make up`",
        )
    return ""


def _callers(site: Site) -> str:
    """The stack's own page needs no leave, as the API is at its origin; a stranger's gets none."""
    if origin(site.at.api_url) != origin(site.at.web_url):
        raise Broken(
            f"the API is at {origin(site.at.api_url)}, the page at {origin(site.at.web_url)}",
            "`make up` puts both behind one address",
        )
    allowed = _preflight(site).headers.get("Access-Control-Allow-Origin", "")
    if allowed in ("*", _STRANGER):
        raise Broken(
            f"a browser would let any page call the API: {allowed}",
            "name the pages in holdings:corsOrigins, then `make up`",
        )
    return ""


def _preflight(site: Site) -> requests.Response:
    return site.api(
        "/holdings",
        "OPTIONS",
        {
            "Origin": _STRANGER,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
