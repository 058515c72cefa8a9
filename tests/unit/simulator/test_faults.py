from __future__ import annotations

import threading
from collections.abc import Callable
from http.client import IncompleteRead, RemoteDisconnected
from time import monotonic
from types import ModuleType

import pytest

from local.simulator import Credentials, Fault, Injection, Simulator
from local.simulator.app import ANYWHERE, SPOILT
from local.simulator.coinbase_advanced import answers as advanced_answers
from local.simulator.coinbase_exchange import answers
from local.simulator.faults import DEFAULT_SECONDS, WIRE
from tests.unit.simulator.client import Client

Inject = Callable[[Injection], None]


@pytest.fixture
def inject(simulator: Simulator) -> Inject:
    return simulator.exchange.faults.set


@pytest.mark.parametrize("exchange", [answers, advanced_answers])
def test_each_fault_is_carried_out_in_exactly_one_way(exchange: ModuleType) -> None:
    everywhere = [*WIRE, *ANYWHERE, *SPOILT]
    assert sorted([*everywhere, *exchange.INSTEAD, *exchange.ALTERED]) == sorted(Fault)


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (Fault.RATE_LIMITED, 429, "Private rate limit exceeded"),
        (Fault.INTERNAL_ERROR, 500, "Internal server error"),
        (Fault.MAINTENANCE, 503, "The exchange is under maintenance, please try again later"),
        (Fault.INVALID_API_KEY, 401, "Invalid API Key"),
        (Fault.INVALID_SIGNATURE, 401, "invalid signature"),
        (Fault.INVALID_PASSPHRASE, 401, "Invalid Passphrase"),
        (Fault.TIMESTAMP_EXPIRED, 400, "request timestamp expired"),
        (Fault.FORBIDDEN, 403, "Forbidden"),
    ],
)
def test_a_refusing_fault_speaks_coinbase_s_words(
    client: Client, inject: Inject, fault: Fault, status: int, message: str
) -> None:
    inject(Injection(fault))
    assert client.accounts().refusal == (status, message)


@pytest.mark.parametrize(("fault", "status"), [(Fault.BAD_GATEWAY, 502), (Fault.HTML, 200)])
def test_a_page_comes_where_json_should(
    client: Client, inject: Inject, fault: Fault, status: int
) -> None:
    inject(Injection(fault))
    reply = client.accounts()
    assert (reply.status, reply.headers["Content-Type"]) == (status, "text/html; charset=UTF-8")
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_a_redirect_leads_to_a_host_that_cannot_exist(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.REDIRECT))
    reply = client.accounts()
    assert (reply.status, reply.headers["Location"]) == (302, "https://elsewhere.invalid/accounts")


def test_a_body_is_served_as_it_was_given(client: Client, inject: Inject) -> None:
    inject(
        Injection(
            Fault.BODY, status=299, headers={"X-Odd": "yes", "Content-Type": "a/b"}, body=b"\x00{"
        )
    )
    reply = client.accounts()
    assert (reply.status, reply.body) == (299, b"\x00{")
    assert (reply.headers["X-Odd"], reply.headers["Content-Type"]) == ("yes", "a/b")


def test_a_status_may_be_overridden_because_coinbase_s_have_moved(
    client: Client, inject: Inject
) -> None:
    inject(Injection(Fault.TIMESTAMP_EXPIRED, status=401))
    assert client.accounts().refusal == (401, "request timestamp expired")


def test_reset_breaks_the_connection_off(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.RESET))
    with pytest.raises(ConnectionResetError):
        client.accounts()


def test_hang_says_nothing_for_its_seconds(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.HANG, seconds=0.1))
    began = monotonic()
    with pytest.raises(RemoteDisconnected):
        client.accounts()
    assert monotonic() - began > 0.09


def test_hang_ends_when_the_faults_are_cleared(
    client: Client, inject: Inject, simulator: Simulator
) -> None:
    inject(Injection(Fault.HANG, times=1))
    threading.Timer(0.1, simulator.exchange.faults.clear).start()
    with pytest.raises(RemoteDisconnected):
        client.accounts()


def test_hang_ends_when_another_takes_its_place(
    client: Client, inject: Inject, simulator: Simulator
) -> None:
    inject(Injection(Fault.HANG))
    replace = Injection(Fault.HANG, seconds=0)
    threading.Timer(0.1, simulator.exchange.faults.set, [replace]).start()
    with pytest.raises(RemoteDisconnected):
        client.accounts()


def test_slow_gives_the_right_answer_in_drips(
    client: Client, inject: Inject, simulator: Simulator
) -> None:
    simulator.exchange.accounts = [{"id": "1"}]
    inject(Injection(Fault.SLOW, seconds=0.2))
    began = monotonic()
    assert client.accounts().json == [{"id": "1"}]
    assert monotonic() - began > 0.1


def test_slow_start_waits_and_then_answers_at_once(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.SLOW_START, seconds=0.1))
    began = monotonic()
    assert len(client.accounts().rows) == 204
    assert monotonic() - began > 0.09


def test_slow_is_slower_than_a_patient_client_unless_told(
    client: Client, inject: Inject, simulator: Simulator
) -> None:
    inject(Injection(Fault.SLOW_START))
    threading.Timer(0.05, simulator.exchange.faults.clear).start()
    assert client.accounts().status == 200
    assert DEFAULT_SECONDS > 10


def test_truncated_promises_more_than_it_sends(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.TRUNCATED))
    with pytest.raises(IncompleteRead) as caught:
        client.accounts()
    assert abs(len(caught.value.partial) - (caught.value.expected or 0)) <= 1


def test_half_json_is_whole_http(client: Client, inject: Inject) -> None:
    whole = client.accounts().body
    inject(Injection(Fault.HALF_JSON))
    reply = client.accounts()
    assert (reply.status, reply.body) == (200, whole[: len(whole) // 2])


def test_one_account_lacks_its_balance(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.MISSING_BALANCE))
    rows = client.accounts("?limit=5").rows
    assert ["balance" in row for row in rows] == [False, True, True, True, True]


def test_one_balance_is_not_a_number(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.NAN_BALANCE))
    reply = client.accounts("?limit=5")
    assert [row["balance"] == "NaN" for row in reply.rows] == [True, False, False, False, False]
    assert "CB-AFTER" in reply.headers


@pytest.mark.parametrize("accounts", [[], ["text"], {"balance": "1"}, None])
def test_spoiling_a_balance_bears_any_accounts(
    client: Client, inject: Inject, simulator: Simulator, accounts: object
) -> None:
    simulator.exchange.accounts = accounts
    inject(Injection(Fault.MISSING_BALANCE))
    assert client.accounts().status == 200


def test_a_page_repeats_with_the_same_cursor(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.REPEAT_PAGE))
    first = client.accounts()
    again = client.accounts(f"?after={first.headers['CB-AFTER']}")
    assert (again.status, again.rows) == (200, first.rows)
    assert again.headers["CB-AFTER"] == first.headers["CB-AFTER"]


def test_pages_have_no_end_and_never_repeat(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.ENDLESS_PAGES))
    cursor, ids, cursors = "", list[object](), set[str]()
    for _ in range(40):
        reply = client.accounts(f"?after={cursor}" if cursor else "")
        cursor = reply.headers["CB-AFTER"]
        cursors.add(cursor)
        ids += [row["id"] for row in reply.rows]
    assert (len(cursors), len(set(ids))) == (40, 120)


def test_a_spoilt_answer_is_for_those_only_who_may_see_the_right_one(
    client: Client, inject: Inject
) -> None:
    inject(Injection(Fault.ENDLESS_PAGES))
    assert client.signed("GET", "/accounts", sign="AAAA").refusal == (401, "invalid signature")


def test_a_fault_strikes_so_many_times(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.INTERNAL_ERROR, times=2))
    assert [client.accounts().status for _ in range(4)] == [500, 500, 200, 200]


def test_a_fault_may_spare_the_first_requests(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.INTERNAL_ERROR, after=1, times=1))
    assert [client.accounts().status for _ in range(4)] == [200, 500, 200, 200]


def test_faults_strike_in_the_order_in_which_they_were_set(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.RATE_LIMITED, times=1))
    inject(Injection(Fault.BAD_GATEWAY, times=1))
    assert [client.accounts().status for _ in range(3)] == [429, 502, 200]


def test_a_fault_set_again_takes_the_place_of_the_earlier(
    client: Client, inject: Inject, simulator: Simulator
) -> None:
    inject(Injection(Fault.RATE_LIMITED))
    inject(Injection(Fault.RATE_LIMITED, times=1))
    assert len(simulator.exchange.faults.active()) == 1
    assert [client.accounts().status for _ in range(2)] == [429, 200]


def test_a_fault_strikes_its_own_path_only(client: Client, inject: Inject) -> None:
    inject(Injection(Fault.INTERNAL_ERROR, path="/time"))
    assert (client.accounts().status, client.send("GET", "/time").status) == (200, 500)
    inject(Injection(Fault.FORBIDDEN, path="*"))
    assert client.accounts().status == 403


@pytest.mark.parametrize(
    "fault", [Fault.INVALID_API_KEY, Fault.INVALID_SIGNATURE, Fault.INVALID_PASSPHRASE]
)
def test_a_rejected_key_is_replaced_by_rotating_it(
    client: Client, inject: Inject, simulator: Simulator, fault: Fault
) -> None:
    inject(Injection(fault))
    inject(Injection(Fault.INTERNAL_ERROR, path="/time"))
    assert client.accounts().status == 401
    simulator.exchange.rotate(Credentials.random())
    client.credentials = simulator.credentials
    assert (client.accounts().status, client.send("GET", "/time").status) == (200, 500)
