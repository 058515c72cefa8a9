"""`make smoke` against the running stack: green when all is well, red for each broken thing."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import pytest
import requests
from requests.adapters import HTTPAdapter

from operations.site import Addresses
from operations.smoke import Fault, Visitor, smoke
from tests.e2e.conftest import Running, free_port

STRANGER = "https://stranger.invalid"


@dataclass(frozen=True)
class Damage:
    """What becomes of the answers to a kind of request, on their way from the running stack.

    `to` is a method and, as a pattern, an address's end; `kept` chooses among them by headers.
    """

    to: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    change: Callable[[str], str] = str
    with_token: bool | None = None

    def meets(self, request: requests.PreparedRequest) -> bool:
        has_token = "Authorization" in request.headers
        return bool(re.search(self.to, f"{request.method} {request.url}")) and (
            self.with_token in (None, has_token)
        )


class DamagingAdapter(HTTPAdapter):
    """Sends for real, and damages what comes back. An empty header is one that is lost."""

    def __init__(self, damage: Damage) -> None:
        super().__init__()
        self._damage = damage

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride] - as requests calls it
        answer = super().send(request, **options)  # pyright: ignore[reportArgumentType] - as above
        damage = self._damage
        if damage.meets(request):
            answer.status_code = damage.status or answer.status_code
            for name, value in damage.headers:
                answer.headers.pop(name, None)
                if value:
                    answer.headers[name] = value
            body = answer.raw.read(decode_content=True).decode()
            answer.raw = io.BytesIO(damage.change(body).encode())
        return answer


@dataclass
class Smoked:
    """The running stack as the operator sees it: its outputs, and who signs in."""

    at: Addresses
    visitor: Visitor | None

    def smoke(self, damage: Damage | None = None, version: str = "") -> tuple[list[Fault], str]:
        """Return what fails, and what is said."""
        said: list[str] = []

        def session() -> requests.Session:
            made = requests.Session()
            if damage:
                made.mount("http://", DamagingAdapter(damage))
            return made

        faults = smoke(
            self.at,
            self.visitor,
            version=version,
            say=said.append,
            new_session=session,
            sleep=lambda _: None,
        )
        return list(faults), "\n".join(said)


@pytest.fixture(scope="module")
def smoked(built: Running) -> Smoked:
    stack = built.stack
    told = {name: value for name, value in asdict(stack).items() if name in ADDRESSES}
    # As in the cloud: the API is below the page.
    at = Addresses(**{**told, "api_url": f"{stack.web_url}/api/v1"}, scopes=stack.scope)
    return Smoked(at, Visitor(stack.username, stack.password))


ADDRESSES = ("api_url", "web_url", "hosted_ui_url", "issuer", "client_id")
ALL = [
    "health",
    "no figures without a token",
    "figures with a token",
    "an unknown path",
    "pages that may call the API",
    "the page loads",
    "what the page is told",
    "what the page may do",
    "the page's headers",
]


def test_a_stack_that_is_well_passes_every_check(built: Running, smoked: Smoked) -> None:
    version = requests.get(f"{built.stack.api_url}/health", timeout=60).json()["version"]
    faults, said = smoked.smoke(version=version)
    assert faults == [], said
    found = [re.sub(r"^ok +([^:]+).*", r"\1", line) for line in said.splitlines()]
    assert found == ALL
    assert built.stack.password not in said


def told(**changes: str) -> Callable[[str], str]:
    return lambda body: json.dumps({**json.loads(body), **changes})


HEALTH, HOLDINGS, PAGE, CONFIG = r"/health$", r"GET .*/holdings$", r":\d+/$", r"/config\.json$"
PREFLIGHT, UNKNOWN = r"OPTIONS ", r"GET .*/[0-9a-f]{16}$"
HTML = (("Content-Type", "text/html"),)
CORS = "Access-Control-Allow"
CSP = "Content-Security-Policy"


def policy(text: str) -> tuple[tuple[str, str], ...]:
    return ((CSP, text),)


BROKEN = [
    ("health", Damage(HEALTH, 502)),
    ("health", Damage(HEALTH, headers=HTML)),
    ("health", Damage(HEALTH, change=told(status="down"))),
    ("health", Damage(HEALTH, change=told(version="0.0.9"))),
    ("health", Damage(HEALTH, change=told(name=""))),
    ("health", Damage(HEALTH, change=lambda body: body[:-5])),
    ("no figures without a token", Damage(HOLDINGS, 200, with_token=False)),
    ("no figures without a token", Damage(HOLDINGS, 403, with_token=False)),
    ("figures with a token", Damage(HOLDINGS, 502, with_token=True)),
    ("figures with a token", Damage(HOLDINGS, 401, with_token=True)),
    ("figures with a token", Damage(HOLDINGS, headers=HTML, with_token=True)),
    ("figures with a token", Damage(r"/oauth2/authorize", 500)),
    ("figures with a token", Damage(r"/oauth2/authorize", change=lambda _: "<p>No form</p>")),
    ("figures with a token", Damage(r"/oauth2/token", 400)),
    ("an unknown path", Damage(UNKNOWN, 200, HTML)),
    ("an unknown path", Damage(UNKNOWN, headers=HTML)),
    ("pages that may call the API", Damage(PREFLIGHT, headers=((f"{CORS}-Origin", "*"),))),
    ("pages that may call the API", Damage(PREFLIGHT, headers=((f"{CORS}-Origin", STRANGER),))),
    ("the page loads", Damage(PAGE, 403)),
    ("the page loads", Damage(PAGE, change=lambda body: body.replace("<script", "<template"))),
    ("the page loads", Damage(r"/assets/.*\.js$", 404)),
    ("the page loads", Damage(r"/assets/.*\.js$", headers=HTML)),
    ("the page loads", Damage(r"/assets/.*\.css$", headers=HTML)),
    ("what the page is told", Damage(CONFIG, headers=HTML)),
    *(
        ("what the page is told", Damage(CONFIG, change=told(**{name: "https://other.example"})))
        for name in ("api_url", "hosted_ui_url", "issuer", "client_id", "scope")
    ),
    ("what the page may do", Damage(PAGE, headers=policy(""))),
    ("what the page may do", Damage(PAGE, headers=policy("default-src *"))),
    *(
        ("the page's headers", Damage(PAGE, headers=((name, value),)))
        for name, value in (
            ("X-Content-Type-Options", ""),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("Referrer-Policy", "unsafe-url"),
            ("Cross-Origin-Opener-Policy", ""),
            ("Permissions-Policy", ""),
            ("Strict-Transport-Security", ""),
            ("Strict-Transport-Security", "max-age=0"),
        )
    ),
]


@pytest.mark.parametrize(("name", "damage"), BROKEN)
def test_each_thing_that_breaks_fails_its_check_and_no_other(
    built: Running, smoked: Smoked, name: str, damage: Damage
) -> None:
    version = requests.get(f"{built.stack.api_url}/health", timeout=60).json()["version"]
    faults, said = smoked.smoke(damage, version)
    assert [fault.name for fault in faults] == [name], said
    assert faults[0].of_code == (ALL.index(name) < 4 and "oauth2" not in damage.to)
    # What is wrong, and below it what to do.
    assert re.search(rf"^FAILED +{re.escape(name)}: .+\n +\S", said, re.MULTILINE), said


@pytest.mark.parametrize(
    "change",
    [
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("connect-src", "connect-src https://other.example"),
        ("frame-ancestors 'none'", ""),
    ],
)
def test_a_policy_that_lets_more_in_is_found(smoked: Smoked, change: tuple[str, str]) -> None:
    whole = requests.get(smoked.at.page, timeout=60).headers[CSP]
    assert change[0] in whole
    faults, _ = smoked.smoke(Damage(PAGE, headers=policy(whole.replace(*change))))
    assert [fault.name for fault in faults] == ["what the page may do"]


def test_an_api_at_another_address_than_the_page_is_found(built: Running, smoked: Smoked) -> None:
    apart = replace(smoked.at, api_url=built.stack.api_url)
    faults, said = Smoked(apart, None).smoke()
    names = [fault.name for fault in faults]
    assert names == ["pages that may call the API", "what the page is told"], said


def test_what_does_not_answer_at_all_fails_without_an_end(smoked: Smoked) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    faults, said = Smoked(replace(smoked.at, api_url=gone), None).smoke()
    assert [fault.name for fault in faults] == [*ALL[:2], *ALL[3:5], ALL[6]], said
    assert "NOT DONE  figures with a token: nobody signed in" in said


def test_a_password_is_tried_once(smoked: Smoked) -> None:
    tried: list[str] = []
    visitor = Visitor("nobody@example.com", "Wrong-horse-1")

    def note(body: str) -> str:
        tried.append(body)
        return body

    faults, _ = Smoked(smoked.at, visitor).smoke(Damage(r"POST .*/login", change=note))
    assert ([fault.name for fault in faults], len(tried)) == (["figures with a token"], 1)


def test_an_answer_of_the_api_that_became_the_page_is_found(smoked: Smoked) -> None:
    damage = Damage(UNKNOWN, 200, HTML, change=lambda _: "<!doctype html>")
    faults, said = smoked.smoke(damage)
    assert [fault.name for fault in faults] == ["an unknown path"], said
