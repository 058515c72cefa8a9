"""The way that a request takes in the cloud, with IAM enforced: gateway, authorizer, function."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.emulated import aws, emulator
from tests.e2e.gateway_calls import Gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with emulator(folder, enforce_iam=True) as running:
        gateway = Gateway(running, folder)
        gateway.up()
        yield gateway


def test_an_access_token_reaches_the_function_with_its_claims(gateway: Gateway) -> None:
    answer = gateway.get(gateway.tokens.access_token)

    body = answer.json()
    assert (answer.status_code, body["denied"], body["path"]) == (200, None, "/holdings")
    assert body["claims"]["client_id"] == gateway.outputs["client_id"]
    assert "holdings/read" in body["claims"]["scope"]


def _tampered(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{'AAAA' if signature[:4] != 'AAAA' else 'BBBB'}{signature[4:]}"


def test_whoever_is_not_let_in_does_not_reach_the_function(gateway: Gateway) -> None:
    tokens, before = gateway.tokens, gateway.calls()
    refused = {
        "none": (None, 401),
        "nonsense": ("nonsense", 401),
        "tampered": (_tampered(tokens.access_token), 401),
        "unsigned": (tokens.access_token.rpartition(".")[0] + ".", 401),
        "id token": (tokens.id_token, 403),
        "without the scope": (gateway.sign_in("openid").access_token, 403),
    }

    answers = {name: gateway.get(token).status_code for name, (token, _) in refused.items()}

    assert answers == {name: status for name, (_, status) in refused.items()}
    assert gateway.calls() == before


def test_a_second_run_changes_nothing_and_publishes_nothing(gateway: Gateway) -> None:
    first = gateway.up()

    assert gateway.up() == first


def test_new_code_answers_when_it_is_deployed_and_old_code_after_a_rollback(
    gateway: Gateway,
) -> None:
    token, first = gateway.tokens.access_token, gateway.up(release=1)

    second = gateway.up(release=2)

    changed = {key for key in first if first[key] != second[key]}
    assert changed == {"version"}
    assert gateway.get(token).json()["release"] == 2
    functions: Any = aws(gateway.emulator).client("lambda")
    live = {"FunctionName": first["function"], "Name": "live"}
    functions.update_alias(**live, FunctionVersion=first["version"])
    assert gateway.get(token).json()["release"] == 1


def test_a_run_ends_a_canary(gateway: Gateway) -> None:
    old, new = gateway.up(release=3), gateway.up(release=4)
    functions: Any = aws(gateway.emulator).client("lambda")
    live = {"FunctionName": old["function"], "Name": "live"}
    weights = {"AdditionalVersionWeights": {new["version"]: 0.5}}
    # The emulator keeps the weights, and sends every request to the one version all the same.
    functions.update_alias(**live, FunctionVersion=old["version"], RoutingConfig=weights)

    gateway.up(release=4)

    found = functions.get_alias(**live)
    assert (found["FunctionVersion"], found.get("RoutingConfig")) == (new["version"], None)


def test_a_role_without_a_right_is_denied_where_it_needs_it(gateway: Gateway) -> None:
    token = gateway.tokens.access_token

    gateway.up(actions=("dynamodb:GetItem",))
    denied = gateway.get(token).json()["denied"]
    gateway.up()

    assert denied == "AccessDeniedException"
    assert gateway.get(token).json()["denied"] is None
