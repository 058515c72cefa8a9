"""What a person connects on the running stack is read beside the shared connection, either way in.

The sample keys of both exchanges, the simulators behind them, Flask and the emulated gateway.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import requests

from local.sign_in import access_token
from tests.e2e.conftest import Running

CODES = {
    "forbidden": "exchange_permission_denied",
    "maintenance": "exchange_unavailable",
    "invalid_signature": "exchange_credentials_rejected",
    "nan_balance": "exchange_invalid_response",
    "reset": "exchange_unavailable",
}


@dataclass
class Viewer:
    """The stack's second user, by one of the two ways in."""

    running: Running
    url: str
    token: str

    def ask(self, method: str, path: str, body: object = None) -> requests.Response:
        bearer = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}{path}", json=body, headers=bearer, timeout=40)

    def connect(self, sample: dict[str, Any]) -> dict[str, Any]:
        answer = self.ask("POST", "/connections", {**sample, "label": "A label"})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources of a reading that is made anew where it may be, by connection."""
        answer = self.ask("GET", "/holdings?refresh=true")
        assert answer.status_code == 200, answer.text
        found = cast("list[dict[str, Any]]", answer.json()["sources"])
        return {source["connection_id"]: source for source in found}

    def wait_for(self, seen: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, Any]:
        give_up = time.monotonic() + 60
        while not seen(sources := self.sources()):
            assert time.monotonic() < give_up, sources
            time.sleep(0.3)
        return sources

    def forget(self) -> None:
        for connection in self.ask("GET", "/connections").json()["connections"]:
            if not connection["shared"]:
                assert self.ask("DELETE", f"/connections/{connection['id']}").status_code == 204

    def fault(self, key: str, fault: str | None) -> None:
        """Have the simulated Advanced Trade fail for one key, or for nobody."""
        answer = requests.request(
            "PUT" if fault else "DELETE",
            f"{self.running.stack.advanced_url}/_simulator/faults",
            json={"fault": fault, "key": key} if fault else None,
            verify=str(self.running.state_dir / "advanced-ca.pem"),
            timeout=10,
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture(params=["api_url", "gateway_url"])
def viewer(stack: Running, request: pytest.FixtureRequest) -> Iterator[Viewer]:
    token = access_token(stack.stack, stack.stack.users[1])
    viewer = Viewer(stack, getattr(stack.stack, request.param), token)
    viewer.forget()
    yield viewer
    viewer.fault("", None)
    viewer.forget()


def test_each_sample_key_is_connected_and_read(viewer: Viewer) -> None:
    samples = viewer.running.stack.sample_credentials
    made = [viewer.connect(sample) for sample in samples]
    assert [(one["exchange"], one["rights"]) for one in made] == [
        *([("coinbase_exchange", None)] * 2),
        *([("coinbase_advanced", ["view"])] * 2),
    ]
    for one, sample in zip(made, samples, strict=True):
        name = sample["credential"].get("name") or sample["credential"]["api_key"]
        assert one["key_hint"] == name[-4:]
    sources = viewer.wait_for(lambda found: all(not one["warning"] for one in found.values()))
    assert {connection: one["exchange"] for connection, one in sources.items()} == {
        "shared": "coinbase_exchange",
        **{one["id"]: one["exchange"] for one in made},
    }
    assert {one["stale"] for one in sources.values()} == {False}
    scopes = {one["exchange"]: one["scope"] for one in sources.values()}
    assert scopes["coinbase_exchange"] == ""
    assert "available + hold" in scopes["coinbase_advanced"]
    again = viewer.ask("POST", "/connections", {**samples[2], "label": "Twice"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_source_that_fails_keeps_its_last_good_figures_and_leaves_the_others_fresh(
    viewer: Viewer,
) -> None:
    _, _, first, second = viewer.running.stack.sample_credentials
    failing, well = viewer.connect(first)["id"], viewer.connect(second)["id"]
    good = viewer.wait_for(lambda found: not any(one["warning"] for one in found.values()))
    # The function's cool-down is its own 10 s: there the one that its owner has to act on will do.
    faults = CODES if viewer.url == viewer.running.stack.api_url else ("invalid_signature",)
    for fault in faults:
        code = CODES[fault]
        viewer.fault(first["credential"]["name"], fault)
        sources = viewer.wait_for(lambda found: bool(found[failing]["warning"]))
        assert sources[failing]["warning"]["code"] == code
        assert sources[failing]["stale"]
        assert sources[failing]["account_count"] == good[failing]["account_count"]
        for connection in ("shared", well):
            assert (sources[connection]["warning"], sources[connection]["stale"]) == (None, False)
        viewer.fault("", None)
        if code == "exchange_credentials_rejected":
            # It is not asked again with a key that was rejected, until its owner gives one.
            given = {"credential": first["credential"]}
            path = f"/connections/{failing}/credential"
            assert viewer.ask("PUT", path, given).status_code == 200
        viewer.wait_for(lambda found: not found[failing]["warning"])


def test_a_source_without_any_figures_is_named_and_not_missing(viewer: Viewer) -> None:
    _, _, first, second = viewer.running.stack.sample_credentials
    viewer.fault(first["credential"]["name"], "maintenance")  # of accounts: the probe does not look
    failing, well = viewer.connect(first)["id"], viewer.connect(second)["id"]
    sources = viewer.wait_for(lambda found: not found[well]["warning"])
    assert sources[failing]["warning"]["code"] == "exchange_unavailable"
    assert (sources[failing]["as_of"], sources[failing]["account_count"]) == (None, 0)
    assert not sources["shared"]["warning"]


def test_a_key_that_is_rejected_or_may_do_more_keeps_nothing(viewer: Viewer) -> None:
    _, _, first, _ = viewer.running.stack.sample_credentials
    other = {"name": first["credential"]["name"][:-4] + "0000"}
    sample = {**first, "credential": {**first["credential"], **other}, "label": "x"}
    refused = viewer.ask("POST", "/connections", sample)
    assert (refused.status_code, refused.json()["code"]) == (502, "exchange_credentials_rejected")
    assert "Coinbase Advanced Trade" in refused.json()["detail"]
    broken = {**sample, "credential": {"name": "x", "privateKey": "-----BEGIN"}}
    wrong = viewer.ask("POST", "/connections", broken)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    assert "privateKey is a PEM without" in str(wrong.json()["errors"])
    kept = viewer.ask("GET", "/connections").json()["connections"]
    assert [one["id"] for one in kept if not one["shared"]] == []
