"""A door refuses, and a relay hands on what came, or breaks it as it is told."""

import http.client
import json
import time
from collections.abc import Iterator
from random import Random

import pytest
from werkzeug import Request, Response

from chaos.aws_faults import AwsFaults, Fault
from chaos.doors import Door, Relay, table_of
from local.simulator.server import LOOPBACK

DONE: list[str] = []


@Request.application
def upstream(request: Request) -> Response:
    DONE.append(f"{request.method} {request.host} {request.headers['X-Amz-Target']}")
    return Response(json.dumps({"Item": request.get_data(as_text=True)}), content_type="x-json")


@pytest.fixture
def faults() -> AwsFaults:
    return AwsFaults(Random(1))  # noqa: S311 - not for secrets


@pytest.fixture
def relay(faults: AwsFaults) -> Iterator[Door]:
    DONE.clear()
    aws = Door(upstream)
    door = Door(Relay(aws.url, faults, table_of("records")))
    for one in (aws, door):
        one.open()
    yield door
    faults.clear()
    for one in (door, aws):
        one.shut()


def post(door: Door, body: str = '{"TableName": "cache"}') -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(LOOPBACK, door.port, timeout=5)
    try:
        connection.request("POST", "/", body, {"Host": "signed.example", "X-Amz-Target": "T.Get"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_what_comes_is_handed_on_as_it_was_signed(relay: Door) -> None:
    assert post(relay, "{}") == (200, b'{"Item": "{}"}')
    assert DONE == ["POST signed.example T.Get"]


def test_a_door_refuses_while_it_is_shut_and_opens_at_the_same_place(relay: Door) -> None:
    relay.shut()
    with pytest.raises(ConnectionRefusedError):
        post(relay)
    relay.open()
    assert post(relay)[0] == 200


def test_a_fault_strikes_one_table_alone(relay: Door, faults: AwsFaults) -> None:
    faults.set("records", Fault.DENY, 1.0)
    assert post(relay)[0] == 200
    status, body = post(relay, '{"TableName": "records"}')
    assert (status, json.loads(body)["__type"]) == (
        400,
        "com.amazonaws.chaos#AccessDeniedException",
    )
    assert (len(DONE), faults.struck) == (1, 1)


def test_a_reset_request_was_done_or_not(relay: Door, faults: AwsFaults) -> None:
    faults.set("cache", Fault.RESET, 1.0)
    for _ in range(20):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            post(relay)
    assert 0 < len(DONE) < 20


def test_a_lie_is_told_of_what_was_done(relay: Door, faults: AwsFaults) -> None:
    faults.set("cache", Fault.LIE, 1.0)
    for _ in range(20):
        try:
            status, body = post(relay)
        except http.client.IncompleteRead:
            continue
        assert status == 200
        assert body != b'{"Item": "{\\"TableName\\": \\"cache\\"}"}'
    assert len(DONE) == 20


def test_who_hangs_is_let_go_when_all_is_well(relay: Door, faults: AwsFaults) -> None:
    faults.set("cache", Fault.SLOW, 1.0)
    connection = http.client.HTTPConnection(LOOPBACK, relay.port, timeout=5)
    connection.request("POST", "/", '{"TableName": "cache"}', {"X-Amz-Target": "T.Get"})
    while not faults.struck:
        time.sleep(0.01)
    faults.clear()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
