"""Connections as a viewer meets them: the routes, the rules behind them, and what stays apart."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core import errors
from holdings.core.connections import MAX_CONNECTIONS, Probe
from tests.builders import (
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeMarket,
    FakeRecords,
    make_account,
    make_settings,
)
from tests.unit.test_api import check_problem

KEY = {"name": "key-0001", "secret": "s3cr3t-of-key-0001"}
NOBODYS = "f" * 32


def key(number: int) -> dict[str, str]:
    return {"name": f"key-{number:04}", "secret": f"s3cr3t-of-key-{number:04}"}


@dataclass
class House:
    """An app for several viewers."""

    environ: dict[str, str] = field(default_factory=dict[str, str])
    clock: FakeClock = field(default_factory=FakeClock)
    shared: FakeExchange = field(default_factory=FakeExchange)
    cache: FakeCache = field(default_factory=FakeCache)
    records: FakeRecords = field(default_factory=FakeRecords)
    kind: FakeKind = field(default_factory=FakeKind)
    advanced: FakeKind = field(
        default_factory=lambda: FakeKind(name="coinbase_advanced", scope="Without staked funds.")
    )

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        app = create_app(
            make_settings(**self.environ),
            clock=self.clock.clock,
            exchange=self.shared,
            cache=self.cache,
            market=FakeMarket(),
            records=self.records,
            kinds={kind.name: kind for kind in (self.kind, self.advanced)},
        )
        self.client = app.test_client()

    def ask(self, method: str, path: str, viewer: str = "ann", **kwargs: Any) -> TestResponse:
        claims = {"sub": viewer, "email": f"{viewer}@example.com"}
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": claims}}}}
        return self.client.open(path, method=method, environ_overrides=context, **kwargs)

    def connect(
        self, number: int = 1, *, viewer: str = "ann", exchange: str = "coinbase_exchange"
    ) -> dict[str, Any]:
        body = {"exchange": exchange, "label": f"No. {number}", "credential": key(number)}
        response = self.ask("POST", "/connections", viewer, json=body)
        assert response.status_code == 201, response.text
        assert response.json
        return response.json

    def holdings(self, query: str = "", viewer: str = "ann") -> dict[str, Any]:
        response = self.ask("GET", f"/holdings{query}", viewer)
        assert response.status_code == 200, response.text
        assert response.json
        return response.json

    def sources(self, viewer: str = "ann") -> list[tuple[str, bool, str | None]]:
        return [
            (one["label"], one["stale"], one["warning"] and one["warning"]["code"])
            for one in self.holdings(viewer=viewer)["sources"]
        ]


@pytest.fixture
def house() -> House:
    return House()


def new(**changes: Any) -> dict[str, Any]:
    return {"exchange": "coinbase_exchange", "label": "Main", "credential": KEY} | changes


def test_a_connection_is_shown_without_its_key(house: House) -> None:
    response = house.ask("POST", "/connections", json=new(label="  Main "))
    made = response.json
    assert made
    assert response.status_code == 201
    assert made == {
        "id": made["id"],
        "exchange": "coinbase_exchange",
        "label": "Main",
        "status": "active",
        "shared": False,
        "rights": None,
        "key_hint": "0001",
        "created_at": "2026-11-21T09:30:00Z",
        "last_read_at": None,
        "last_error": None,
        "version": 1,
        "history": {"state": "none", "reached_back_to": None, "entries": 0},
    }
    assert response.headers["Location"] == f"/connections/{made['id']}"
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Cache-Control"] == "no-store"
    house.holdings()
    read = {**made, "last_read_at": "2026-11-21T09:30:00Z"}
    assert house.ask("GET", f"/connections/{made['id']}").json == read
    listed = house.ask("GET", "/connections").json
    assert listed
    assert [one["id"] for one in listed["connections"]] == ["shared", made["id"]]
    assert listed["connections"][1] == read


def test_a_list_is_paged_by_its_cursor(house: House) -> None:
    ids = ["shared", *(house.connect(number)["id"] for number in range(4))]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = house.ask("GET", f"/connections?limit=2{cursor}").json
        assert page
        seen += [one["id"] for one in page["connections"]]
        cursor = f"&cursor={page['next']}"
    assert (seen, cursor) == (ids, "&cursor=None")
    for query in ("limit=0", "limit=101", "limit=x", "cursor=%00", "page=2"):
        check_problem(house.ask("GET", f"/connections?{query}"), "invalid_request")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"exchange": "kraken"}, "exchange"),
        ({"exchange": 7}, "exchange"),
        ({"label": " "}, "label"),
        ({"label": "x" * 61}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"credential": {"name": "n"}}, "credential.secret"),
        ({"credential": {"name": 7}}, "credential.name"),
        ({"credential": {"name": "x" * 9_000}}, "credential.name"),
        ({"credential": {}}, "credential.secret"),
        ({"credential": "key"}, "credential"),
        ({"credential": None}, "credential"),
        ({"accept_rights": ["everything"]}, "accept_rights.0"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_each_field_that_is_wrong_is_named_and_nothing_is_asked_or_kept(
    house: House, change: dict[str, Any], wrong: str
) -> None:
    problem = check_problem(
        house.ask("POST", "/connections", json=new(**change)), "invalid_request"
    )
    assert list(problem["errors"]) == [wrong]
    assert (house.kind.probes, house.records.kept) == (0, {})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"label":"a","label":"b"}', b"[" * 50_000],
)
def test_a_body_that_is_no_object_is_refused(house: House, body: bytes) -> None:
    for kind in ("application/json", "text/plain", ""):
        response = house.ask("POST", "/connections", data=body, content_type=kind)
        check_problem(response, "invalid_request")


def test_a_body_that_is_too_long_is_not_read(house: House) -> None:
    body = b" " * 70_000
    response = house.ask("POST", "/connections", data=body, content_type="application/json")
    problem = json.loads(response.data)
    assert (response.status_code, problem["code"]) == (413, "invalid_request")
    assert problem["detail"] == "The body is over 65536 bytes: send a shorter one."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            errors.ExchangeCredentialsRejected("the key is rejected"),
            "exchange_credentials_rejected",
        ),
        (errors.ExchangePermissionDenied("it may not"), "exchange_permission_denied"),
        (errors.ExchangeUnavailable("down"), "exchange_unavailable"),
        (errors.ExchangeTimeout("late"), "exchange_timeout"),
        (errors.ExchangeRateLimited("slow down", retry_after=7), "exchange_rate_limited"),
    ],
)
def test_a_key_that_does_not_open_its_account_is_not_kept(
    house: House, error: errors.HoldingsError, code: str
) -> None:
    house.kind.probe = error
    check_problem(house.ask("POST", "/connections", json=new()), code)
    assert house.records.kept == {}
    check_problem(house.ask("GET", "/me"), "not_found")


def test_what_a_person_does_wrong_with_their_key_is_no_error_of_the_operators(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.kind.probe = errors.ExchangeCredentialsRejected("the key is rejected")
    house.ask("POST", "/connections", json=new())
    assert [record.levelname for record in caplog.records if record.levelno >= 40] == []


@pytest.mark.parametrize(
    "error",
    [errors.ExchangeCredentialsRejected("rejected"), errors.ExchangePermissionDenied("denied")],
    ids=lambda error: error.code,
)
def test_a_key_of_ones_own_that_is_refused_is_the_operators_business_at_no_request(
    error: errors.HoldingsError, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(environ={"SHARED_CONNECTION": "false"})
    house.connect(1)
    house.kind.exchanges["key-0001"] = FakeExchange(error)
    for _ in range(3):  # of which the first one asks, and the others remember
        check_problem(house.ask("GET", "/holdings"), error.code)
    assert house.kind.exchanges["key-0001"].calls == 1
    assert [record.levelname for record in caplog.records if record.levelno >= 40] == []


def test_a_key_that_may_do_more_than_view_is_kept_only_if_that_is_accepted(house: House) -> None:
    house.kind.probe = Probe("a", ("view", "trade", "transfer"))
    for accepted in ([], ["trade"], ["view"]):
        body = new(accept_rights=accepted)
        problem = check_problem(house.ask("POST", "/connections", json=body), "invalid_request")
        assert list(problem["errors"]) == ["accept_rights"]
        assert "transfer" in problem["detail"]
    made = house.ask("POST", "/connections", json=new(accept_rights=["trade", "transfer"])).json
    assert made
    assert made["rights"] == ["view", "trade", "transfer"]


def test_a_key_that_may_not_view_is_of_no_use(house: House) -> None:
    house.kind.probe = Probe("a", ("trade",))
    check_problem(house.ask("POST", "/connections", json=new()), "exchange_permission_denied")


def test_one_account_is_connected_once_for_each_viewer(house: House) -> None:
    house.kind.probe = Probe("one account", None)
    house.connect(1)
    check_problem(house.ask("POST", "/connections", json=new(credential=key(2))), "conflict")
    house.connect(2, viewer="bob")


def test_a_viewer_has_a_bounded_number_of_connections_and_no_key_is_tried_beyond(
    house: House,
) -> None:
    for number in range(MAX_CONNECTIONS):
        house.connect(number)
    problem = house.ask("POST", "/connections", json=new(credential=key(99)))
    check_problem(problem, "too_many_connections")
    assert house.kind.probes == MAX_CONNECTIONS
    assert len(house.holdings()["sources"]) == MAX_CONNECTIONS + 1


def test_the_same_request_under_one_idempotency_key_is_done_once(house: House) -> None:
    headers = {"Idempotency-Key": "a-1"}
    first = house.ask("POST", "/connections", json=new(), headers=headers)
    again = house.ask("POST", "/connections", json=new(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert house.kind.probes == 1
    other = house.ask("POST", "/connections", json=new(label="Other"), headers=headers)
    check_problem(other, "conflict")
    of_bob = house.ask("POST", "/connections", "bob", json=new(), headers=headers)
    assert of_bob.status_code == 201
    assert of_bob.json
    assert first.json
    assert of_bob.json["id"] != first.json["id"]
    for bad in ("", "x" * 129, "a b"):
        refused = house.ask("POST", "/connections", json=new(), headers={"Idempotency-Key": bad})
        check_problem(refused, "invalid_request")


def test_a_change_is_made_to_the_version_that_was_seen(house: House) -> None:
    path = f"/connections/{house.connect()['id']}"
    changed = house.ask("PATCH", path, json={"label": "New"}, headers={"If-Match": '"1"'})
    assert changed.json
    assert (changed.json["label"], changed.headers["ETag"]) == ("New", '"2"')
    for tag in ('"1"', '"9"', "2", 'W/"2"', "x"):
        headers = {"If-Match": tag}
        for response in (
            house.ask("PATCH", path, json={"label": "Newer"}, headers=headers),
            house.ask("PUT", f"{path}/credential", json={"credential": KEY}, headers=headers),
            house.ask("DELETE", path, headers=headers),
        ):
            check_problem(response, "conflict")
    assert house.ask("PATCH", path, json={"label": "Newer"}).status_code == 200
    unchanged = house.ask("PATCH", path, json={}, headers={"If-Match": "*"})
    assert unchanged.headers["ETag"] == '"3"'


def test_a_paused_connection_is_neither_read_nor_counted_until_it_is_resumed(house: House) -> None:
    path = f"/connections/{house.connect()['id']}"
    assert house.holdings()["account_count"] == 2
    house.ask("PATCH", path, json={"status": "paused"})
    paused = house.holdings()
    assert (paused["account_count"], paused["stale"]) == (1, False)
    assert [source["status"] for source in paused["sources"]] == ["active", "paused"]
    assert house.kind.exchanges["key-0001"].calls == 1
    house.ask("PATCH", path, json={"status": "active"})
    assert house.holdings()["account_count"] == 2
    check_problem(house.ask("PATCH", path, json={"status": "rejected"}), "invalid_request")


def test_a_key_is_replaced_by_another_of_the_same_account_alone(house: House) -> None:
    made = house.connect(1)
    path = f"/connections/{made['id']}/credential"
    problem = check_problem(house.ask("PUT", path, json={"credential": key(2)}), "invalid_request")
    assert list(problem["errors"]) == ["credential"]
    house.kind.probe = Probe("account of key-0001", ("view",))
    changed = house.ask("PUT", path, json={"credential": key(2)}).json
    assert changed == {**made, "key_hint": "0002", "rights": ["view"], "version": 2}
    house.holdings()
    assert list(house.kind.exchanges) == ["key-0002"]


def test_a_removed_connection_is_gone_with_its_key_and_its_figures(house: House) -> None:
    made = house.connect()
    assert house.holdings()["account_count"] == 2
    response = house.ask("DELETE", f"/connections/{made['id']}")
    assert (response.status_code, response.data) == (204, b"")
    assert house.holdings()["account_count"] == 1
    kept = json.dumps(
        [place.entry and place.entry.payload for place in house.cache.places.values()]
    )
    assert made["id"] not in kept
    assert house.records.kept == {"ann": {}}
    for method in ("GET", "DELETE"):
        check_problem(house.ask(method, f"/connections/{made['id']}"), "not_found")


def test_the_shared_connection_is_everybodys_to_see_and_nobodys_to_change(house: House) -> None:
    for viewer in ("ann", "bob"):
        assert house.sources(viewer) == [("Shared", False, None)]
        shown = house.ask("GET", "/connections/shared", viewer).json
        assert shown
        assert (shown["shared"], shown["key_hint"]) == (True, "")
        for response in (
            house.ask("PATCH", "/connections/shared", viewer, json={"label": "Mine"}),
            house.ask("PUT", "/connections/shared/credential", viewer, json={"credential": KEY}),
            house.ask("DELETE", "/connections/shared", viewer),
        ):
            check_problem(response, "forbidden")


def test_many_viewers_of_the_shared_connection_cost_one_reading(house: House) -> None:
    for number in range(50):
        house.holdings(viewer=f"viewer-{number}")
    assert house.shared.calls == 1


def test_without_a_shared_connection_there_are_ones_own_alone() -> None:
    house = House(environ={"SHARED_CONNECTION": "false"})
    assert house.holdings()["sources"] == []
    house.connect()
    assert house.sources() == [("No. 1", False, None)]
    assert house.shared.calls == 0
    check_problem(house.ask("GET", "/connections/shared"), "not_found")


# Viewers are apart.


def test_each_viewer_sees_their_own_alone(house: House) -> None:
    for number, viewer in enumerate(("ann", "ann", "bob")):
        house.connect(number, viewer=viewer)
    house.kind.exchanges["key-0002"] = FakeExchange([make_account("b1", "DOGE")])
    assert [label for label, _, _ in house.sources("ann")] == ["Shared", "No. 0", "No. 1"]
    assert [label for label, _, _ in house.sources("bob")] == ["Shared", "No. 2"]
    assert "DOGE" not in json.dumps(house.holdings(viewer="ann"))


def test_anothers_connection_is_as_one_that_does_not_exist(house: House) -> None:
    theirs = house.connect(viewer="bob")["id"]
    house.records.calls.clear()
    answers: list[list[Any]] = []
    calls: list[list[str]] = []
    for connection_id in (theirs, NOBODYS):
        path = f"/connections/{connection_id}"
        responses = (
            house.ask("GET", path),
            house.ask("PATCH", path, json={"label": "Mine"}),
            house.ask("PUT", f"{path}/credential", json={"credential": KEY}),
            house.ask("DELETE", path),
            house.ask("GET", f"/holdings?connection={connection_id}"),
        )
        answers.append(
            [{**check_problem(response, "not_found"), "request_id": None} for response in responses]
        )
        calls.append(house.records.calls.copy())
        house.records.calls.clear()
        house.cache.lose()
    assert answers[0] == answers[1]
    assert calls[0] == calls[1]
    assert house.records.kept["bob"][theirs][0].label == "No. 1"


def test_an_etag_of_one_viewers_answer_is_of_no_use_to_another(house: House) -> None:
    house.connect(1, viewer="ann")
    tag = house.ask("GET", "/holdings").headers["ETag"]
    response = house.ask("GET", "/holdings", "bob", headers={"If-None-Match": tag})
    assert response.status_code == 200


@pytest.mark.parametrize("sub", ["", " ", "a b", "a#read", "x" * 129, "*", "${aws:x}", None, 7])
def test_a_subject_that_could_name_something_else_is_no_viewer(house: House, sub: Any) -> None:
    response = house.ask("GET", "/holdings", sub)
    check_problem(response, "unauthenticated")


# One connection fails.


def connected(house: House) -> None:
    """Ann has two connections of her own beside the shared one."""
    house.connect(1)
    house.connect(2, exchange="coinbase_advanced")


@pytest.mark.parametrize("failing", ["Shared", "No. 1", "No. 2"])
@pytest.mark.parametrize("known", [True, False], ids=["last good", "nothing"])
def test_one_source_that_fails_leaves_the_others_fresh(
    house: House, failing: str, known: bool
) -> None:
    connected(house)
    whole = house.holdings() if known else None
    house.clock.advance(200)
    exchange = {
        "Shared": house.shared,
        "No. 1": house.kind.exchanges.setdefault("key-0001", FakeExchange()),
        "No. 2": house.advanced.exchanges.setdefault("key-0002", FakeExchange()),
    }[failing]
    exchange.answer = errors.ExchangeTimeout("late")
    answer = house.ask("GET", "/holdings")
    document = answer.json
    assert document
    assert (answer.headers["X-Cache"], document["stale"]) == ("STALE", True)
    assert answer.headers["Cache-Control"] == "no-store"
    for source in document["sources"]:
        fails = source["label"] == failing
        reason = {"code": "exchange_timeout", "detail": "late"} if fails else None
        assert (source["stale"], source["warning"]) == (fails, reason)
        as_of = "2026-11-21T09:33:20Z" if not fails else "2026-11-21T09:30:00Z" if known else None
        assert source["as_of"] == as_of
        assert source["account_count"] == (0 if fails and not known else 1)
    assert document["warnings"] == [{"code": "exchange_timeout", "detail": "late"}]
    if whole:
        held = [(one["connection_id"], one["balance"]) for one in document["holdings"]]
        assert held == [(one["connection_id"], one["balance"]) for one in whole["holdings"]]
    else:
        assert document["account_count"] == 2


def test_only_where_no_source_has_anything_the_whole_fails(house: House) -> None:
    house.connect(1)
    house.shared.answer = errors.ExchangeUnavailable("down")
    house.kind.exchanges["key-0001"] = FakeExchange(errors.ExchangeTimeout("late"))
    check_problem(house.ask("GET", "/holdings"), "exchange_unavailable")


def test_a_rejected_key_is_not_tried_again_until_it_is_replaced(house: House) -> None:
    made = house.connect(1)
    house.holdings()
    house.clock.advance(200)
    rejected = errors.ExchangeCredentialsRejected("Coinbase rejects the key")
    exchange = house.kind.exchanges["key-0001"]
    exchange.answer = rejected
    for _ in range(3):
        assert house.sources()[1] == ("No. 1", True, "exchange_credentials_rejected")
        house.clock.advance(20)
        house.restart()
    assert exchange.calls == 2
    shown = house.ask("GET", f"/connections/{made['id']}").json
    assert shown
    assert shown["status"] == "rejected"
    assert shown["last_error"] == {"code": rejected.code, "detail": rejected.detail}
    house.kind.probe = Probe("account of key-0001", None)
    house.ask("PUT", f"/connections/{made['id']}/credential", json={"credential": key(2)})
    assert house.sources()[1] == ("No. 1", False, None)


def test_a_key_that_is_replaced_at_once_is_not_taken_for_rejected_as_the_last_one_was(
    house: House,
) -> None:
    made = house.connect(1)
    house.holdings()
    house.clock.advance(200)
    house.kind.exchanges["key-0001"].answer = errors.ExchangeCredentialsRejected("rejected")
    assert house.sources()[1] == ("No. 1", True, "exchange_credentials_rejected")
    house.kind.probe = Probe("account of key-0001", None)
    house.ask("PUT", f"/connections/{made['id']}/credential", json={"credential": key(2)})
    # Within the cool-down, in which a failure is remembered.
    assert house.sources()[1] == ("No. 1", False, None)
    shown = house.ask("GET", f"/connections/{made['id']}").json
    assert shown
    assert (shown["status"], shown["last_error"]) == ("active", None)


def test_with_records_down_the_last_good_answer_serves_and_without_one_it_is_said(
    house: House,
) -> None:
    house.connect(1)
    house.clock.advance(6)  # in which no answer is kept, lest it was begun before the change
    whole = house.holdings()
    house.clock.advance(200)
    house.records.error = errors.RecordsUnavailable("DynamoDB does not answer")
    answer = house.ask("GET", "/holdings")
    assert answer.json
    assert answer.headers["X-Cache"] == "STALE"
    assert answer.json["warnings"] == [
        {"code": "records_unavailable", "detail": "DynamoDB does not answer"}
    ]
    assert answer.json["holdings"] == whole["holdings"]
    house.cache.lose()
    check_problem(house.ask("GET", "/holdings"), "records_unavailable")
    for method, path, body in (
        ("GET", "/connections", None),
        ("POST", "/connections", new()),
        ("GET", "/me", None),
        ("DELETE", "/me", None),
    ):
        check_problem(house.ask(method, path, json=body), "records_unavailable")


def test_with_records_and_cache_down_the_process_answers_as_last_time(house: House) -> None:
    house.connect(1)
    whole = house.holdings()
    house.clock.advance(200)
    house.records.error = errors.RecordsUnavailable("DynamoDB does not answer")
    check_problem(house.ask("GET", "/holdings"), "records_unavailable")  # the cache knows better
    house.cache.readable = house.cache.writable = False
    answer = house.ask("GET", "/holdings")
    assert answer.json
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")
    assert answer.json["holdings"] == whole["holdings"]
    check_problem(house.ask("GET", "/holdings", "bob"), "records_unavailable")


def test_records_are_not_asked_for_what_the_cache_has_ready(house: House) -> None:
    house.connect(1)
    house.clock.advance(6)
    house.holdings()
    house.records.calls.clear()
    response = house.ask("GET", "/holdings")
    assert (response.headers["X-Cache"], house.records.calls) == ("HIT", [])


def test_a_change_of_connections_makes_the_answer_of_every_instance_stale(house: House) -> None:
    other = House(
        clock=house.clock,
        shared=house.shared,
        cache=house.cache,
        records=house.records,
        kind=house.kind,
    )
    assert len(other.sources()) == 1
    house.connect(1)
    assert len(other.sources()) == 2
    assert len(other.sources(viewer="bob")) == 1


def test_an_answer_that_was_begun_before_a_change_is_not_kept_after_it(house: House) -> None:
    class Slow(FakeExchange):
        def accounts(self, deadline: Any) -> Any:
            if self.calls == 0:
                self.calls += 1
                house.connect(7)  # meanwhile
            return super().accounts(deadline)

    house.shared = Slow()
    house.restart()
    assert len(house.sources()) == 1
    assert len(house.sources()) == 2


def test_a_refresh_is_honoured_for_each_viewer_by_itself(house: House) -> None:
    house.connect(1, viewer="ann")
    for viewer in ("ann", "bob"):
        outcomes = [
            house.ask("GET", "/holdings?refresh=true", viewer).headers["X-Cache"] for _ in range(2)
        ]
        assert outcomes == ["REFRESH", "HIT"]
    assert house.shared.calls == 1


def test_one_source_alone_is_asked_for_by_its_id(house: House) -> None:
    made = house.connect(1)
    alone = house.holdings(f"?connection={made['id']}")
    assert [source["label"] for source in alone["sources"]] == ["No. 1"]
    assert {holding["connection_id"] for holding in alone["holdings"]} == {made["id"]}
    assert alone["account_count"] == 1
    for bad in ("x", "", "%00", "SHARED"):
        check_problem(house.ask("GET", f"/holdings?connection={bad}"), "invalid_request")


# The profile.


def test_values_are_in_what_the_profile_says_from_the_moment_that_it_does(house: House) -> None:
    def valued_in(query: str = "", viewer: str = "ann") -> tuple[str, str]:
        document = house.ask("GET", f"/holdings{query}", viewer).json
        assert document
        return document["value"]["currency"], document["value"]["amount"]

    house.connect(1)
    assert valued_in() == ("USD", "180000")
    house.ask("PATCH", "/me", json={"currency": "ETH"})
    house.clock.advance(10)  # two machines' clocks may differ by some of it
    assert valued_in() == ("ETH", "60")
    assert valued_in("?currency=USD") == ("USD", "180000")
    assert valued_in(viewer="bob") == ("USD", "90000")


def test_a_profile_begins_with_the_first_change_or_connection(house: House) -> None:
    check_problem(house.ask("GET", "/me"), "not_found")
    changed = house.ask("PATCH", "/me", json={"currency": "EUR"})
    assert changed.json == {
        "email": "ann@example.com",
        "currency": "EUR",
        "time_zone": "UTC",
        "insights": True,
        "created_at": "2026-11-21T09:30:00Z",
        "version": 1,
    }
    assert changed.headers["ETag"] == '"1"'
    assert house.ask("GET", "/me").json == changed.json
    house.connect(1, viewer="bob")
    bobs = house.ask("GET", "/me", "bob").json
    assert bobs
    assert bobs["currency"] == "USD"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"currency": "eur"}, "currency"),
        ({"currency": "E"}, "currency"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"insights": "yes"}, "insights"),
        ({"email": "x@y"}, "email"),
    ],
    ids=str,
)
def test_a_profile_takes_what_it_knows(house: House, change: dict[str, Any], wrong: str) -> None:
    problem = check_problem(house.ask("PATCH", "/me", json=change), "invalid_request")
    assert list(problem["errors"]) == [wrong]
    check_problem(house.ask("GET", "/me"), "not_found")


def test_a_profile_changes_from_the_version_that_was_seen(house: House) -> None:
    house.ask("PATCH", "/me", json={"time_zone": "Europe/Berlin"})
    for tag in ('"0"', '"2"'):
        response = house.ask("PATCH", "/me", json={"insights": True}, headers={"If-Match": tag})
        check_problem(response, "conflict")
    changed = house.ask("PATCH", "/me", json={"insights": True}, headers={"If-Match": '"1"'}).json
    assert changed
    assert (changed["time_zone"], changed["insights"]) == ("Europe/Berlin", True)


def test_who_asks_to_be_forgotten_leaves_nothing(house: House) -> None:
    ids = [house.connect(number)["id"] for number in (1, 2)]
    house.connect(3, viewer="bob")
    house.holdings()
    assert house.ask("DELETE", "/me").status_code == 204
    check_problem(house.ask("GET", "/me"), "not_found")
    assert [label for label, _, _ in house.sources()] == ["Shared"]
    places = json.dumps(
        {name: place.entry and place.entry.payload for name, place in house.cache.places.items()}
    )
    assert all(f'"connection_id\\":\\"{one}' not in places for one in ids)
    assert len(house.sources("bob")) == 2


def test_where_no_records_are_kept_nothing_can_be_connected() -> None:
    app = create_app(
        make_settings(),
        clock=FakeClock().clock,
        exchange=FakeExchange(),
        cache=FakeCache(),
        market=FakeMarket(),
    )
    house = House()
    house.client = app.test_client()
    assert house.sources() == [("Shared", False, None)]
    check_problem(house.ask("POST", "/connections", json=new()), "forbidden")
    check_problem(house.ask("GET", f"/connections/{NOBODYS}"), "not_found")
    check_problem(house.ask("GET", "/me"), "not_found")


# Keys.


def test_no_log_line_and_no_answer_has_a_key(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answers: list[str] = []
    for error in (
        None,
        errors.ExchangeUnavailable("down"),
        errors.ExchangeCredentialsRejected("rejected"),
    ):
        house.kind.probe = error
        for body in (new(), new(credential={**KEY, "more": KEY["secret"]}), new(label=7)):
            answers.append(house.ask("POST", "/connections", json=body).text)
    answers.append(json.dumps(house.holdings()))
    texts = "".join([*answers, caplog.text, repr(house.records.calls)])
    assert KEY["secret"] not in texts
