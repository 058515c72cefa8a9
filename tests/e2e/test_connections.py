"""Two people with keys of their own at both exchanges, through Flask and through the gateway."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from local.sign_in import access_token
from operations.sign_in import login
from tests.e2e.conftest import Running

NOBODYS = "0" * 32


@dataclass(frozen=True)
class Person:
    """Somebody who signed in, at one of the two ways into the app."""

    url: str
    token: str
    # Of each exchange one key, in the order of the sample keys.
    samples: tuple[dict[str, Any], ...]

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
            timeout=30,
        )

    def connect(self, number: int, label: str) -> dict[str, Any]:
        answer = self.ask("POST", "/connections", {**self.samples[number], "label": label})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def holdings(self, query: str = "") -> dict[str, Any]:
        answer = self.ask("GET", f"/holdings{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def own_key(self, number: int) -> str:
        """The name of a sample key, by which a fault is for it alone."""
        credential = self.samples[number]["credential"]
        return credential.get("api_key") or credential["name"]


@pytest.fixture(params=["flask", "gateway"])
def people(stack: Running, request: pytest.FixtureRequest) -> Iterator[tuple[Person, Person]]:
    where = stack.stack
    url = where.api_url if request.param == "flask" else where.gateway_url
    kinds = ("coinbase_exchange", "coinbase_advanced")
    of_each = [
        [one for one in where.sample_credentials if one["exchange"] == kind] for kind in kinds
    ]
    ann, bob = (
        Person(url, access_token(where, user), tuple(ones[number] for ones in of_each))
        for number, user in enumerate(where.users)
    )
    yield ann, bob
    advanced(stack, "POST", "/reset")
    for person in (ann, bob):
        assert person.ask("DELETE", "/me").status_code == 204


def advanced(stack: Running, method: str, path: str, document: Any = None) -> None:
    answer = requests.request(
        method,
        f"{stack.stack.advanced_url}/_simulator{path}",
        json=document,
        timeout=5,
        verify=str(stack.state_dir / "trusted.pem"),
    )
    answer.raise_for_status()


def records(stack: Running) -> list[dict[str, Any]]:
    """Everything that is kept of anybody, as the operator could read it."""
    return stack.aws("dynamodb").scan(TableName=stack.stack.records_table)["Items"]


def test_each_sees_their_own_and_another_s_is_as_if_it_were_not_there(
    people: tuple[Person, Person],
) -> None:
    ann, bob = people
    own = [ann.connect(0, "Exchange"), ann.connect(1, "Home")]
    theirs = [bob.connect(0, "Theirs"), bob.connect(1, "Also theirs")]
    for person, labels in ((ann, ["Exchange", "Home"]), (bob, ["Theirs", "Also theirs"])):
        shown = person.holdings()
        assert [source["label"] for source in shown["sources"]] == ["Shared", *labels]
        assert not shown["stale"]
        assert all(source["account_count"] for source in shown["sources"])
        assert shown["account_count"] == sum(one["account_count"] for one in shown["sources"])
        listed = person.ask("GET", "/connections").json()["connections"]
        assert [one["label"] for one in listed] == ["Shared", *labels]
        assert all(one["last_read_at"] for one in listed)
    ids = {one["connection_id"] for one in ann.holdings()["holdings"]}
    assert ids <= {"shared", *(one["id"] for one in own)}

    for connection_id in (theirs[0]["id"], NOBODYS):
        path = f"/connections/{connection_id}"
        for answer in (
            ann.ask("GET", path),
            ann.ask("PATCH", path, {"label": "Mine"}),
            ann.ask("PUT", f"{path}/credential", {"credential": ann.samples[0]["credential"]}),
            ann.ask("DELETE", path),
            ann.ask("GET", f"/holdings?connection={connection_id}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert bob.ask("GET", f"/connections/{theirs[0]['id']}").json()["label"] == "Theirs"

    tag = ann.ask("GET", "/holdings").headers["ETag"]
    assert bob.ask("GET", "/holdings", headers={"If-None-Match": tag}).status_code == 200
    cursor = ann.ask("GET", "/connections?limit=2").json()["next"]
    page = bob.ask("GET", f"/connections?cursor={cursor}").json()["connections"]
    assert [one["label"] for one in page] == ["Shared", "Theirs", "Also theirs"]


def test_a_connection_from_the_first_look_to_the_last(people: tuple[Person, Person]) -> None:
    ann, bob = people
    assert ann.ask("GET", "/me").status_code == 404
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {**ann.samples[1], "label": "Home"}
    made, again, other = (
        ann.ask("POST", "/connections", body, key),
        ann.ask("POST", "/connections", body, key),
        bob.ask("POST", "/connections", {**bob.samples[1], "label": "Home"}, key),
    )
    assert (made.status_code, again.status_code, other.status_code) == (201, 201, 201)
    assert (made.json()["id"], made.json()["rights"]) == (again.json()["id"], ["view"])
    assert other.json()["id"] != made.json()["id"]
    twice = ann.ask("POST", "/connections", {**body, "label": "Twice"})
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")

    path = f"/connections/{made.json()['id']}"
    renamed = ann.ask("PATCH", path, {"label": "Vault"}, {"If-Match": made.headers["ETag"]})
    assert (renamed.status_code, renamed.json()["label"]) == (200, "Vault")
    late = ann.ask("DELETE", path, headers={"If-Match": made.headers["ETag"]})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    replaced = ann.ask("PUT", f"{path}/credential", {"credential": ann.samples[1]["credential"]})
    assert replaced.status_code == 200, replaced.text
    wrong = ann.ask("PUT", f"{path}/credential", {"credential": bob.samples[1]["credential"]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["credential"])
    assert len(ann.holdings()["sources"]) == 2
    assert ann.ask("PATCH", path, {"status": "paused"}).json()["status"] == "paused"
    assert [source["status"] for source in ann.holdings()["sources"]] == ["active", "paused"]
    assert ann.ask("DELETE", path).status_code == 204
    assert [source["label"] for source in ann.holdings()["sources"]] == ["Shared"]
    assert ann.ask("PATCH", "/me", {"currency": "EUR"}).json()["currency"] == "EUR"


@pytest.mark.parametrize("known", [True, False], ids=["last good", "nothing"])
@pytest.mark.parametrize("failing", ["Exchange", "Home"])
def test_one_of_three_sources_fails_and_the_others_stay_fresh(
    stack: Running, people: tuple[Person, Person], failing: str, known: bool
) -> None:
    ann, _ = people
    ann.connect(0, "Exchange")
    ann.connect(1, "Home")
    if known:
        assert not ann.holdings()["stale"]
    time.sleep(2.1)  # CACHE_TTL_SECONDS of this stack
    number = ["Exchange", "Home"].index(failing)
    fault = {"fault": "maintenance", "key": ann.own_key(number)}
    if failing == "Home":
        advanced(stack, "PUT", "/faults", fault)
    else:
        stack.simulate("PUT", "/faults", fault)
    answer = ann.ask("GET", "/holdings")
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")
    for source in answer.json()["sources"]:
        fails = source["label"] == failing
        assert source["stale"] == fails
        assert (source["warning"] or {}).get("code") == ("exchange_unavailable" if fails else None)
        assert bool(source["account_count"]) == (known or not fails)
    if failing == "Home":
        advanced(stack, "POST", "/reset")
    else:
        stack.simulate("DELETE", "/faults")
    give_up = time.monotonic() + 30
    while ann.holdings()["stale"]:
        assert time.monotonic() < give_up
        time.sleep(0.3)


def test_a_key_that_is_rejected_leaves_nothing_and_a_key_is_nowhere_to_be_found(
    stack: Running, people: tuple[Person, Person]
) -> None:
    ann, _ = people
    canary = "canary" + uuid.uuid4().hex
    exchange = dict(ann.samples[0]["credential"])
    cdp = dict(ann.samples[1]["credential"])
    refused = [
        {"exchange": "coinbase_exchange", "credential": {**exchange, "passphrase": canary}},
        {"exchange": "coinbase_exchange", "credential": {**exchange, "api_secret": canary}},
        {"exchange": "coinbase_exchange", "credential": {**exchange, "api_key": canary + "\n"}},
        {"exchange": "coinbase_exchange", "credential": cdp},
        {"exchange": "coinbase_advanced", "credential": {**cdp, "privateKey": canary}},
        {"exchange": "coinbase_advanced", "credential": {**cdp, "name": canary}},
        {"exchange": "coinbase_advanced", "credential": exchange},
        {"exchange": canary, "credential": cdp},
    ]
    answers = [ann.ask("POST", "/connections", {**body, "label": "Refused"}) for body in refused]
    assert {answer.status_code for answer in answers} <= {422, 502}
    assert ann.ask("GET", "/me").status_code == 404

    ann.connect(0, "Exchange")
    ann.connect(1, "Home")
    ann.holdings()
    kept = json.dumps(records(stack), default=repr)
    # The simulators print keys to try; they are theirs to give.
    logs = [path for path in stack.state_dir.glob("*.log") if path.name != "simulator.log"]
    assert logs
    texts = "".join(
        [
            *(answer.text for answer in answers),
            ann.ask("GET", "/connections").text,
            ann.ask("GET", "/holdings").text,
            kept,
            stack.output.partition("Ctrl-C")[2],
            *(path.read_text(errors="replace") for path in logs),
        ]
    )
    assert "Home" in kept
    assert canary not in texts
    for secret in (exchange["api_secret"], exchange["passphrase"], *_lines(cdp["privateKey"])):
        assert secret not in texts


def _lines(pem: str) -> list[str]:
    """What is secret of a private key, line by line: a log would escape the breaks."""
    return [line for line in pem.splitlines() if line and not line.startswith("-----")]


def test_reading_takes_one_scope_and_changing_another(
    stack: Running, people: tuple[Person, Person]
) -> None:
    where, (ann, _) = stack.stack, people
    reads_only = login(
        where.hosted_ui_url,
        client_id=where.client_id,
        redirect_uri=where.redirect_uri,
        scope="openid holdings/read",
        username=where.users[0].username,
        password=where.users[0].password,
    ).access_token
    calls = (
        ("GET", "/connections"),
        ("GET", "/me"),
        ("POST", "/connections"),
        ("PATCH", f"/connections/{NOBODYS}"),
        ("PUT", f"/connections/{NOBODYS}/credential"),
        ("DELETE", f"/connections/{NOBODYS}"),
        ("PATCH", "/me"),
        ("DELETE", "/me"),
    )
    seen = {
        (method, path): requests.request(
            method,
            f"{ann.url}{path}",
            json={},
            headers={"Authorization": f"Bearer {reads_only}"},
            timeout=30,
        ).status_code
        for method, path in calls
    }
    assert {status for (method, _), status in seen.items() if method != "GET"} == {403}
    assert seen["GET", "/connections"] == 200
    for method, path in calls:
        assert requests.request(method, f"{ann.url}{path}", timeout=30).status_code == 401
