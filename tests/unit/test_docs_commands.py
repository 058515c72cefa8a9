"""The commands and recipes of the documents can be run: they name what there is."""

import base64
import hashlib
import json
import re
import shlex
import threading
import webbrowser
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
import yaml
from botocore import xform_name
from werkzeug.serving import make_server

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.api.lambda_handler import make_lambda_handler
from tests.builders import (
    CLAIMS,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeMarket,
    make_settings,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# What the AWS CLI has of its own, beside an operation of an API for each of its commands.
CLI_OWN = {"configure", "sso", "wait", "tail", "get-login-password"}
CLI_OPTIONS = {"region", "profile", "query", "output", "endpoint-url", "cli-binary-format"}


def make_app() -> Any:
    return create_app(
        make_settings(API_PREFIX="/api/v1"),
        clock=FakeClock().clock,
        exchange=FakeExchange(),
        cache=FakeCache(),
        market=FakeMarket(),
    )


def test_the_event_that_is_invoked_by_hand_is_answered_with_figures() -> None:
    event = json.loads((DOCS / "holdings-event.json").read_text())
    answer = make_lambda_handler(make_app())(event, None)
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert (answer["statusCode"], headers["x-request-id"]) == (200, "by-hand-1")
    assert [each["currency"] for each in json.loads(answer["body"])["holdings"]] == ["BTC"]


def test_the_client_in_python_prints_what_is_held() -> None:
    recipes = (DOCS / "recipes.md").read_text()
    (client,) = re.findall(r"```python\n(import requests\n.*?)```", recipes, re.DOTALL)
    app = make_app()
    signed_in = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": CLAIMS}}}}
    server = make_server("127.0.0.1", 0, lambda env, start: app({**env, **signed_in}, start))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with redirect_stdout(StringIO()) as printed:
        given = {"API": f"http://127.0.0.1:{server.server_port}/api/v1", "TOKEN": "t"}
        exec(client, given)  # noqa: S102 - what the document says
    server.shutdown()
    assert [line.split()[:2] for line in printed.getvalue().splitlines()] == [["BTC", "1.5"]]


def test_the_sign_in_by_hand_proves_itself_and_returns_where_the_client_of_dev_may(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipes = (DOCS / "recipes.md").read_text()
    (asking,) = re.findall(r"```python\n(import base64.*?)```", recipes, re.DOTALL)
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    exec(asking, {"HOSTED_UI": "https://ui.example", "CLIENT": "c"})  # noqa: S102 - what the document says
    asked = parse_qs(urlsplit(opened[0]).query)
    verifier = capsys.readouterr().out.strip()
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    assert asked["redirect_uri"][0] in config["holdings:callbackUrls"]


def test_the_page_s_address_is_added_after_those_that_the_stack_s_file_has() -> None:
    page = (DOCS / "first-deployment.md").read_text()
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    added = re.findall(r"--path '(holdings:\w+Urls)\[(\d+)\]'", page)
    assert {key: int(place) for key, place in added} == {
        key: len(config[key]) for key in ("holdings:callbackUrls", "holdings:logoutUrls")
    }


@cache
def operations(service: str) -> dict[str, Any]:
    """What may be asked of a service, by the name that the AWS CLI gives it."""
    model = botocore.session.get_session().get_service_model(service)
    return {
        xform_name(name, "-"): model.operation_model(name).input_shape
        for name in model.operation_names
    }


def commands(page: Path) -> list[list[str]]:
    """Each `aws …` of a page, in a console block or in a line of text."""
    text = page.read_text().replace("\\\n", " ")
    blocks = re.findall(r"^ *\$ (aws .*)$", text, re.MULTILINE)
    inline = re.findall(r"`(aws [^`]*)`", text)
    plain = (re.sub(r"\$\(.*?\)|<[^>]*>|…", "X", command) for command in [*blocks, *inline])
    return [shlex.split(command, comments=True) for command in plain]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_to_aws_names_an_operation_and_its_parameters(page: Path) -> None:
    for _, service, operation, *arguments in commands(page):
        if service in CLI_OWN or operation in CLI_OWN:
            continue
        shape = operations("cognito-idp" if service == "cognito" else service)[operation]
        members = {xform_name(name, "-") for name in shape.members}
        options = {option[2:] for option in arguments if option.startswith("--")}
        positive = {option.removeprefix("no-") for option in options - CLI_OPTIONS}
        assert (operation, positive - members) == (operation, set())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_within_the_documents_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target, _, heading in re.findall(r"\]\((?!\w+:)([^)#]*)(#([^)]+))?\)", page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings]
            assert heading in slugs


def test_every_test_that_a_document_names_is_there() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text())}
    assert {name for name in named if f"def {name}(" not in sources} == set()
