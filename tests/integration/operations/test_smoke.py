"""How a smoke is asked for, who signs in for it, and what a deployment makes of what it finds."""

import time
from collections.abc import Iterator

import pytest
from werkzeug import Request, Response

from local.served import Served
from operations.errors import OperationError
from operations.smoke import Visitor, visitor
from tests.integration.operations.conftest import Operate, Pulumi


def never(_: str) -> str:
    raise AssertionError("nobody is to be asked")


def test_who_signs_in_comes_of_the_environment_or_is_asked_for() -> None:
    given = {"SMOKE_USERNAME": "a@b.example", "SMOKE_PASSWORD": "secret"}
    known = visitor(given, terminal=False, ask=never, ask_secret=never)
    assert known == Visitor("a@b.example", "secret")
    asked = visitor({}, terminal=True, ask=lambda _: "c@d.example", ask_secret=lambda _: "other")
    assert asked == Visitor("c@d.example", "other")
    half = {"SMOKE_USERNAME": "a@b.example"}
    assert visitor(half, terminal=True, ask=never, ask_secret=lambda _: "secret") == known
    assert "secret" not in repr(known)


def test_nobody_signs_in_only_where_that_is_said() -> None:
    assert visitor({"SKIP_SIGN_IN": "1"}, terminal=False, ask=never, ask_secret=never) is None
    for environ in ({}, {"SKIP_SIGN_IN": ""}, {"SKIP_SIGN_IN": "0"}, {"SMOKE_USERNAME": "a"}):
        with pytest.raises(OperationError, match=r"SMOKE_USERNAME and SMOKE_PASSWORD .* SKIP_SIGN"):
            visitor(environ, terminal=False, ask=never, ask_secret=never)


@pytest.fixture
def nothing_there(pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulumi]:
    """A stack whose addresses answer everything with an empty page, and go on doing so."""

    def sleep(_: float) -> None:
        """Nobody waits for it to pass."""

    monkeypatch.setattr(time, "sleep", sleep)
    empty = Response("", 404, content_type="text/html")
    with Served(Request.application(lambda _: empty)) as served:
        addresses = dict.fromkeys(("api_url", "web_url", "hosted_ui_url"), served.url)
        pulumi.outputs(**addresses, issuer="https://issuer.example", client_id="c")
        yield pulumi


def test_every_check_is_made_and_one_that_fails_ends_the_command_with_1(
    nothing_there: Pulumi, operate: Operate
) -> None:
    assert nothing_there
    said = operate("smoke")
    assert said.code == 1
    starts = [line.split()[0] for line in said.out.splitlines() if not line.startswith(" ")]
    assert starts == ["ok", *["FAILED"] * 7, "NOT"]


def test_a_first_up_names_what_comes_next_and_later_ones_end_with_a_smoke(
    nothing_there: Pulumi, operate: Operate, aws: object
) -> None:
    assert aws
    later = operate("up", "--yes")
    assert later.code == 1
    assert "FAILED    health" in later.out
    nothing_there.answer("stack output", "{}")
    first = operate("up", "--yes")
    assert (first.code, "`make smoke STACK=dev`" in first.out) == (0, True)


def test_a_deployment_where_nobody_can_sign_in_stops_before_it_begins(
    nothing_there: Pulumi, operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SKIP_SIGN_IN")
    monkeypatch.setattr("sys.stdin", None)
    for command in ("up", "deploy-web", "smoke"):
        said = operate(command)
        assert (said.code, "SMOKE_USERNAME" in said.err) == (1, True), command
    assert [asked[0] for asked in nothing_there.asked()] == ["stack"] * 3
