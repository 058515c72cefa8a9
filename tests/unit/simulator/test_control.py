from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import cast

import pytest

from local.settings import LocalError
from local.simulator import Credentials, Fault, Simulator
from tests.unit.simulator.client import Client

AT_REST: dict[str, object] = {
    "faults": [],
    "clock_offset_seconds": 0,
    "page_size": None,
    "view": True,
    "accounts": 204,
    "requests": {},
}


def test_the_state_shows_what_is_set_and_counted(client: Client) -> None:
    assert client.control("GET", "").json == AT_REST
    client.control("PUT", "/faults", {"fault": "slow", "times": 3, "seconds": 0, "after": 1})
    client.accounts()
    client.accounts()
    assert client.control("GET", "").json == {
        **AT_REST,
        "faults": [
            {
                "fault": "slow",
                "path": "/accounts",
                "key": None,
                "after": 1,
                "remaining": 2,
                "seconds": 0,
            }
        ],
        "requests": {"GET /accounts": 2},
    }


def test_the_state_shows_no_credentials(client: Client) -> None:
    body = client.control("GET", "").body.decode()
    assert client.credentials.api_secret not in body
    assert client.credentials.passphrase not in body


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.HANG, Fault.RESET, Fault.TRUNCATED}))
def test_every_fault_can_be_set_and_cleared(client: Client, fault: Fault) -> None:
    right = client.accounts().body
    order = {"fault": fault, "seconds": 0, "status": 418, "body": "", "headers": {"X-Y": "z"}}
    assert client.control("PUT", "/faults", order).status == 200
    struck = client.accounts()
    assert struck.status in {200, 418}
    assert client.control("DELETE", "/faults").fields["faults"] == []
    assert client.accounts().body == right


def test_a_body_is_given_in_base64(client: Client) -> None:
    served = base64.b64encode(b"\xff\x00").decode()
    client.control("PUT", "/faults", {"fault": "body", "body": served})
    assert client.accounts().body == b"\xff\x00"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"fault": "gremlins"}, "fault: Must be one of: reset, hang, slow"),
        ({"fault": ["slow"]}, "fault: Not a valid string"),
        ({}, "fault: Missing data"),
        ([], "_schema: Invalid input type"),
        ({"fault": "slow", "tmies": 1}, "tmies: Unknown field"),
        ({"fault": "slow", "times": 0}, "times: Must be greater than or equal to 1 "),
        ({"fault": "slow", "times": 1.5}, "times: Not a valid integer"),
        ({"fault": "slow", "times": True}, "times: Not a valid integer"),
        ({"fault": "slow", "times": "3"}, "times: Not a valid integer"),
        ({"fault": "slow", "times": 10**400}, "times: Must be"),
        ({"fault": "slow", "after": -1}, "after: Must be greater than or equal to 0"),
        ({"fault": "slow", "after": None}, "after: Field may not be null"),
        ({"fault": "slow", "seconds": float("nan")}, "seconds: Special numeric values"),
        ({"fault": "slow", "seconds": float("inf")}, "seconds: Special numeric values"),
        ({"fault": "slow", "seconds": 10**400}, "seconds: Number too large"),
        ({"fault": "slow", "seconds": 3601}, "seconds: Must be"),
        ({"fault": "slow", "path": "accounts"}, 'path: Must start with "/"'),
        ({"fault": "slow", "path": "**"}, 'path: Must start with "/"'),
        ({"fault": "slow", "path": None}, "path: Field may not be null"),
        ({"fault": "body", "status": 99}, "status: Must be greater than or equal to 200"),
        ({"fault": "body", "headers": []}, "headers: Not a valid mapping"),
        ({"fault": "body", "headers": {"a": 1}}, "headers.a.value: Not a valid string"),
        ({"fault": "body", "headers": {"a": "b\r\nc: d"}}, "headers.a.value: String does not"),
        ({"fault": "body", "headers": {"a": "b\n"}}, "headers.a.value: String does not"),
        ({"fault": "body", "headers": {"a": "\u20ac"}}, "headers.a.value: String does not"),
        ({"fault": "body", "headers": {"a\n": "b"}}, "headers.a\n.key: String does not"),
        ({"fault": "body", "body": "***"}, "body: Must be base64"),
        ({"fault": "body", "body": 12345678}, "body: Not a valid string"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(client: Client, order: object, said: str) -> None:
    refused = client.control("PUT", "/faults", order)
    status, message = refused.refusal
    assert (status, str(message).startswith("the body must be an object of fault, times")) == (
        400,
        True,
    )
    assert said in errors(refused.fields["errors"])
    assert client.control("GET", "").json == AT_REST


def errors(found: object, at: str = "") -> str:
    """Marshmallow's messages in one line: "field: text", "field.key.value: text"."""
    if isinstance(found, dict):
        fields = cast("dict[str, object]", found).items()
        return "; ".join(errors(value, f"{at}.{name}".strip(".")) for name, value in fields)
    return f"{at}: {' '.join(cast('list[str]', found))}"


def test_rotating_gives_the_new_credentials_and_refuses_the_old(
    client: Client, simulator: Simulator
) -> None:
    reply = client.control("POST", "/credentials")
    assert reply.status == 200
    assert Credentials(**json.loads(reply.body)) == simulator.credentials != client.credentials
    assert client.accounts().refusal == (401, "Invalid API Key")


def test_rotating_takes_what_it_is_given_and_makes_the_rest(client: Client) -> None:
    chosen = {"api_key": client.credentials.api_key, "passphrase": "chosen"}
    assert chosen.items() <= client.control("POST", "/credentials", chosen).fields.items()
    assert client.accounts().refusal == (401, "Invalid Passphrase")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"api_secret": "not base64"}, "api_secret must be base64"),
        ({"api_key": ""}, "api_key must be printable ASCII, and not empty"),
        ({"passphrase": "line\n"}, "passphrase must be printable ASCII, and not empty"),
        ({"api_key": 5}, "api_key: Not a valid string"),
        ({"secret": "x"}, "secret: Unknown field"),
    ],
)
def test_credentials_that_could_not_be_sent_are_refused(
    client: Client, given: object, said: str
) -> None:
    refused = client.control("POST", "/credentials", given)
    assert refused.status == 400
    assert said in errors(refused.fields["errors"])
    assert client.accounts().status == 200


def test_credentials_that_cannot_be_kept_are_not_taken_either(
    client: Client,
) -> None:
    def no_room(_: Sequence[Credentials]) -> None:
        raise LocalError("state.json cannot be written: No space left on device")

    with Simulator(on_rotation=no_room) as another:
        before = another.credentials
        refused = Client(another, client.now).control("POST", "/credentials")
        assert refused.refusal == (500, "state.json cannot be written: No space left on device")
        assert another.credentials == before


def test_the_clock_can_be_set_apart(client: Client) -> None:
    assert client.control("PUT", "/clock", {"offset_seconds": 600}).status == 200
    assert client.send("GET", "/time").fields["epoch"] == 1_700_000_600


def test_accounts_can_be_replaced_by_any_json(client: Client) -> None:
    assert client.control("PUT", "/accounts", [{"id": "1"}, 5]).fields["accounts"] == 2
    assert client.accounts().json == [{"id": "1"}, 5]


def test_pages_can_be_made_small(client: Client) -> None:
    client.control("PUT", "/page_size", {"page_size": 10})
    assert len(client.accounts().rows) == 10
    client.control("PUT", "/page_size", {"page_size": None})
    assert len(client.accounts().rows) == 204


def test_the_view_permission_can_be_taken_away(client: Client) -> None:
    client.control("PUT", "/permissions", {"view": False})
    assert client.accounts().refusal == (403, "Forbidden")


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/clock", {}),
        ("/clock", {"offset_seconds": 1e300}),
        ("/clock", {"offset_seconds": "soon"}),
        ("/clock", {"offset_seconds": True}),
        ("/clock", {"offset_seconds": None}),
        ("/clock", {"offset_seconds": 1, "more": 1}),
        ("/page_size", {}),
        ("/page_size", {"page_size": 0}),
        ("/page_size", 10),
        ("/permissions", {"view": "no"}),
        ("/permissions", {}),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(client: Client, path: str, given: object) -> None:
    assert client.control("PUT", path, given).status == 400
    assert client.control("GET", "").json == AT_REST


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_not_json_is_refused(client: Client, body: bytes) -> None:
    refused = client.send("PUT", "/_simulator/accounts", body=body)
    assert refused.refusal == (400, "the body must be JSON")


@pytest.mark.parametrize("depth", [100, 880, 900, 950, 975, 985])
def test_accounts_that_are_taken_can_be_served(client: Client, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    taken = client.send("PUT", "/_simulator/accounts", body=nested).status == 200
    assert client.accounts().body == nested or not taken


def test_reset_restores_everything_but_the_credentials(
    client: Client, simulator: Simulator
) -> None:
    client.credentials = Credentials(**json.loads(client.control("POST", "/credentials").body))
    simulator.exchange.accounts = []
    simulator.exchange.page_size = 1
    simulator.exchange.can_view = False
    simulator.exchange.clock_offset = 99
    client.control("PUT", "/faults", {"fault": "hang"})
    while client.send("GET", "/time").status == 200:
        pass
    assert client.control("POST", "/reset").json == AT_REST
    assert client.send("GET", "/time").status == 200
    assert len(client.accounts().rows) == 204


def test_an_unknown_control_lists_the_known(client: Client) -> None:
    for method, path in (("GET", "/nothing"), ("PATCH", "/faults")):
        status, message = client.control(method, path).refusal
        assert status == 404
        assert "PUT /_simulator/faults" in str(message)


def test_a_web_page_cannot_reach_the_control(client: Client) -> None:
    sent = {"Origin": "https://example.com"}
    reply = client.send("POST", "/_simulator/credentials", sent)
    assert reply.refusal == (403, "the control endpoint is not for web pages")
    assert client.accounts().status == 200


def test_a_path_that_only_starts_alike_is_the_exchange_s(client: Client) -> None:
    assert client.send("GET", "/_simulators").refusal == (401, "Unauthorized.")
