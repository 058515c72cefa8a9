"""The simulated Coinbase Advanced Trade: who is let in, pages, permissions, errors, faults."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import jwt
import pytest

from local.simulator import AdvancedSimulator, CdpKey, Fault, Injection
from local.simulator.app import Request
from local.simulator.coinbase_advanced.app import PRIVATE, PUBLIC
from local.simulator.coinbase_advanced.signing import LEEWAY, Nonces, Unauthorized, authenticate
from local.simulator.exchange import Holder
from local.simulator.kept import Certificate, kept_certificate
from tests.coinbase_keys import EC_PEM, ED25519_64_BYTES, NAME
from tests.unit.simulator.client import Clock, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/api/v3/brokerage"
KEYS = (CdpKey(NAME, EC_PEM), CdpKey("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", ED25519_64_BYTES))
SECOND = KEYS[1].name
# Of all clients here: the simulator outlives them.
NONCES = map(str, itertools.count())


@dataclass
class AdvancedClient:
    """Speaks HTTPS, and signs by nothing but PyJWT; `changed` are claims, `header` is the JWT's."""

    host: str
    trusted: str
    now: Clock

    def token(
        self,
        uri: str,
        key: CdpKey = KEYS[0],
        /,
        header: dict[str, object] | None = None,
        **changed: object,
    ) -> str:
        now = int(self.now())
        claims: dict[str, Any] = {
            "sub": key.name,
            "iss": "cdp",
            "nbf": now,
            "exp": now + 120,
            "uri": uri,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": key.name, "nonce": next(NONCES), **(header or {})}
        return jwt.encode(claims, key.loaded, key.algorithm, headers=headers)

    def get(self, path: str, key: CdpKey = KEYS[0], **changed: Any) -> Reply:
        target = f"{API}{path}"
        uri = f"GET {self.host}{target.partition('?')[0]}"
        return self.send("GET", target, f"Bearer {self.token(uri, key, **changed)}")

    def send(
        self, method: str, target: str, authorization: str | None = None, body: object = None
    ) -> Reply:
        context = ssl.create_default_context(cafile=self.trusted)
        connection = http.client.HTTPSConnection(self.host, timeout=5, context=context)
        try:
            headers = {"User-Agent": "test"}
            headers |= {"Authorization": authorization} if authorization else {}
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, target, sent, headers=headers)
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return kept_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def running(certificate: Certificate, clock: Clock) -> Iterator[AdvancedSimulator]:
    with AdvancedSimulator(certificate, keys=KEYS, now=clock) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: AdvancedSimulator, clock: Clock) -> AdvancedSimulator:
    clock.now = Clock.now + 1_000  # after whatever another test has set
    running.exchange.reset()
    return running


@pytest.fixture
def client(simulator: AdvancedSimulator, certificate: Certificate, clock: Clock) -> AdvancedClient:
    return AdvancedClient(urlsplit(simulator.url).netloc, str(certificate.authority), clock)


def uuids(rows: object) -> list[str]:
    return [row["uuid"] for row in cast("list[dict[str, str]]", rows)]


@pytest.mark.parametrize("key", KEYS, ids=["ES256", "EdDSA"])
def test_each_key_sees_its_own_portfolio(client: AdvancedClient, key: CdpKey) -> None:
    portfolio = client.get("/key_permissions", key).fields
    assert portfolio == {
        "can_view": True,
        "can_trade": False,
        "can_transfer": False,
        "portfolio_uuid": portfolio["portfolio_uuid"],
        "portfolio_type": "DEFAULT",
    }
    rows = cast("list[dict[str, object]]", client.get("/accounts", key).fields["accounts"])
    assert {row["retail_portfolio_id"] for row in rows} == {portfolio["portfolio_uuid"]}
    (listed,) = cast("list[dict[str, object]]", client.get("/portfolios", key).fields["portfolios"])
    assert listed["uuid"] == portfolio["portfolio_uuid"]


def test_the_two_portfolios_share_no_account(client: AdvancedClient) -> None:
    first, second = (
        set(uuids(client.get("/accounts?limit=250", key).fields["accounts"])) for key in KEYS
    )
    assert first
    assert second
    assert not first & second


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"sub": "another"}, KEYS[0]),
        ({"sub": None}, KEYS[0]),
        ({"iss": "me"}, KEYS[0]),
        ({"nbf": None}, KEYS[0]),
        ({"exp": None}, KEYS[0]),
        ({"exp": Clock.now + 1_000 + 121}, KEYS[0]),
        ({"nbf": Clock.now + 1_000 + LEEWAY + 1, "exp": Clock.now + 1_100}, KEYS[0]),
        ({"nbf": Clock.now + 900, "exp": Clock.now + 1_000}, KEYS[0]),
        ({"nbf": "soon"}, KEYS[0]),
        ({"uri": None}, KEYS[0]),
        ({"uri": f"GET api.coinbase.com{API}/accounts"}, KEYS[0]),
        ({"uri": f"POST 127.0.0.1{API}/accounts"}, KEYS[0]),
        ({"header": {"kid": SECOND}}, KEYS[0]),
        ({"header": {"kid": "another"}}, KEYS[0]),
        ({"header": {"nonce": ""}}, KEYS[0]),
        ({"header": {"nonce": 7}}, KEYS[0]),
        ({}, CdpKey.random("ES256", NAME)),
        ({}, CdpKey.random("EdDSA", NAME)),
        ({}, CdpKey.random("EdDSA", SECOND)),
    ],
)
def test_a_token_that_proves_less_is_refused_without_a_word_why(
    client: AdvancedClient, change: dict[str, Any], key: CdpKey
) -> None:
    refused = client.get("/accounts", key, **change)
    assert (refused.status, refused.body) == (401, b"Unauthorized\n")
    assert client.get("/accounts").status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer",
        "Bearer x",
        "Basic eDp4",
        "Bearer " + "eyJhbGciOiJub25lIn0.e30.",
        "Bearer ...",
    ],
)
def test_what_is_no_token_is_refused(client: AdvancedClient, authorization: str | None) -> None:
    assert client.send("GET", f"{API}/accounts", authorization).status == 401


def test_a_token_is_taken_once(client: AdvancedClient, clock: Clock) -> None:
    uri = f"GET {client.host}{API}/accounts"
    token = f"Bearer {client.token(uri)}"
    answers = [client.send("GET", f"{API}/accounts", token).status for _ in range(2)]
    assert answers == [200, 401]
    again = client.token(uri, header={"nonce": "again"})
    other = client.token(uri, KEYS[1], header={"nonce": "again"})
    assert [
        client.send("GET", f"{API}/accounts", f"Bearer {token}").status
        for token in (again, other, again)
    ] == [200, 200, 401]
    clock.now += 200  # no longer remembered, and no longer valid either
    assert client.send("GET", f"{API}/accounts", f"Bearer {again}").status == 401


def test_a_token_for_a_list_of_addresses_counts_for_one(client: AdvancedClient) -> None:
    uri = f"GET {client.host}{API}/accounts"
    assert client.get("/accounts", uri=None, uris=[uri]).status == 200
    assert client.get("/accounts", uri=None, uris=[uri, uri]).status == 401


def test_why_a_token_is_refused_is_said_to_whoever_debugs() -> None:
    request = Request("GET", "/x", {"authorization": "Bearer x"})
    with pytest.raises(Unauthorized) as refused:
        authenticate(request, [Holder(KEYS[0], "p", [])], Nonces(), now=0)
    assert refused.value.reason == "kid is no key's name"


def test_pages_follow_their_cursor_to_each_account_once(client: AdvancedClient) -> None:
    whole = uuids(client.get("/accounts?limit=250").fields["accounts"])
    found: list[str] = []
    query = ""
    while True:
        page = client.get(f"/accounts{query}").fields
        assert page["size"] == len(cast("list[object]", page["accounts"])) <= 49
        found += uuids(page["accounts"])
        if not page["has_next"]:
            break
        query = f"?cursor={page['cursor']}"
    assert page["cursor"] == ""
    assert found == whole
    assert len(set(found)) == len(found) > 150


@pytest.mark.parametrize("query", ["limit=0", "limit=251", "limit=x", "cursor=x", "cursor=YQ=="])
def test_a_page_that_makes_no_sense_is_refused(client: AdvancedClient, query: str) -> None:
    refused = client.get(f"/accounts?{query}")
    assert (refused.status, refused.fields["error"]) == (400, "INVALID_ARGUMENT")


def test_one_account_and_what_is_not_there(client: AdvancedClient) -> None:
    first = cast("list[dict[str, object]]", client.get("/accounts").fields["accounts"])[0]
    assert client.get(f"/accounts/{first['uuid']}").fields == {"account": first}
    for path in ("/accounts/none", "/nowhere"):
        refused = client.get(path)
        assert (refused.status, refused.fields["error"]) == (404, "NOT_FOUND")


def test_a_key_without_view_may_only_ask_what_it_may(
    client: AdvancedClient, simulator: AdvancedSimulator
) -> None:
    simulator.exchange.can_view = False
    refused = client.get("/accounts")
    details = {"error_details": "Missing required scopes", "message": "Missing required scopes"}
    assert (refused.status, refused.json) == (403, {"error": "PERMISSION_DENIED", **details})
    assert client.get("/key_permissions").fields["can_view"] is False
    assert client.get("/accounts", KEYS[1]).status == 200


def test_the_private_limit_is_of_a_user_and_the_public_one_of_an_address(
    client: AdvancedClient,
) -> None:
    assert [client.get("/accounts").status for _ in range(PRIVATE.burst + 1)][-2:] == [200, 429]
    limited = client.get("/accounts").fields
    assert limited == {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
    assert client.get("/accounts", KEYS[1]).status == 200
    times = [client.send("GET", f"{API}/time").status for _ in range(PUBLIC.burst + 1)]
    assert times[-2:] == [200, 429]


def test_the_time_and_the_date_are_the_exchange_s(
    client: AdvancedClient, simulator: AdvancedSimulator, clock: Clock
) -> None:
    simulator.exchange.clock_offset = 600
    told = client.send("GET", f"{API}/time")
    assert told.fields["epochSeconds"] == str(int(clock()) + 600)
    assert client.get("/accounts").status == 401


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault.RATE_LIMITED, 429, b"rate_limit_exceeded"),
        (Fault.INTERNAL_ERROR, 500, b"INTERNAL"),
        (Fault.BAD_GATEWAY, 502, b"<html>"),
        (Fault.MAINTENANCE, 503, b"upstream"),
        (Fault.INVALID_API_KEY, 401, b"Unauthorized\n"),
        (Fault.TIMESTAMP_EXPIRED, 401, b"Unauthorized\n"),
        (Fault.FORBIDDEN, 403, b"Missing required scopes"),
        (Fault.HTML, 200, b"<html>"),
        (Fault.REDIRECT, 302, b""),
        (Fault.MISSING_BALANCE, 200, b'"has_next":true'),
        (Fault.NAN_BALANCE, 200, b'"NaN"'),
        (Fault.REPEAT_PAGE, 200, b'"has_next":true'),
        (Fault.ENDLESS_PAGES, 200, b"E0X0"),
    ],
)
def test_a_fault_strikes_the_key_that_it_is_for_and_no_other(
    client: AdvancedClient, simulator: AdvancedSimulator, fault: Fault, status: int, body: bytes
) -> None:
    right = client.get("/accounts").body
    simulator.exchange.faults.set(Injection(fault, key=NAME))
    struck = client.get("/accounts")
    assert struck.status == status
    assert body in struck.body
    assert struck.body != right
    assert client.get("/accounts", KEYS[1]).status == 200
    assert client.get("/key_permissions").status == 200
    simulator.exchange.faults.clear()
    assert client.get("/accounts").body == right


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.TRUNCATED])
def test_a_fault_of_the_wire_is_one_through_tls_too(
    client: AdvancedClient, simulator: AdvancedSimulator, fault: Fault
) -> None:
    simulator.exchange.faults.set(Injection(fault))
    with pytest.raises((OSError, http.client.HTTPException)):
        client.get("/accounts")


def test_the_control_sets_faults_rights_accounts_and_keys_of_one_holder(
    client: AdvancedClient,
) -> None:
    control = "/_simulator"
    client.send("PUT", f"{control}/faults", body={"fault": "forbidden", "key": SECOND})
    assert [client.get("/accounts", key).status for key in KEYS] == [200, 403]
    client.send("DELETE", f"{control}/faults")
    client.send("PUT", f"{control}/permissions?key={SECOND}", body={"view": True, "trade": True})
    assert [client.get("/key_permissions", key).fields["can_trade"] for key in KEYS] == [
        False,
        True,
    ]
    client.send("PUT", f"{control}/accounts?key={SECOND}", body=[])
    assert client.get("/accounts", KEYS[1]).fields["accounts"] == []
    assert client.send("PUT", f"{control}/accounts?key=nobody", body=[]).status == 404
    given = client.send("POST", f"{control}/credentials?key={SECOND}", body={"algorithm": "EdDSA"})
    fresh = CdpKey(*(str(given.fields[name]) for name in ("name", "privateKey")))
    assert client.get("/accounts", fresh).fields["accounts"] == []
    assert client.get("/accounts", KEYS[1]).status == 401
    assert client.get("/accounts").status == 200
    chosen = {"name": SECOND}
    restored = client.send("POST", f"{control}/credentials?key={fresh.name}", body=chosen)
    assert restored.fields["name"] == SECOND


def test_the_certificate_is_for_this_machine_by_address_and_name(
    client: AdvancedClient, certificate: Certificate
) -> None:
    port = int(client.host.rpartition(":")[2])
    for trusted in (certificate.authority, certificate.trusted):
        context = ssl.create_default_context(cafile=trusted)
        for name in ("127.0.0.1", "localhost"):
            with (
                socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
                context.wrap_socket(raw, server_hostname=name) as secure,
            ):
                assert secure.version()


def test_who_connects_and_says_nothing_holds_nobody_up(client: AdvancedClient) -> None:
    port = int(client.host.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        assert client.get("/accounts").status == 200


def test_printing_a_key_shows_none_of_it() -> None:
    assert repr(KEYS[0]) == f"CdpKey(name={NAME!r})"


@pytest.mark.parametrize("private_key", ["", "x", "-----BEGIN", base64.b64encode(b"7").decode()])
def test_what_is_no_key_is_none(private_key: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        CdpKey(NAME, private_key)
