"""The sample alerts of the demo: to be looked at, and not to be changed."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from holdings import create_app
from tests.builders import make_settings
from tests.unit.alerts.house import FELL


@pytest.fixture
def client() -> FlaskClient:
    return create_app(make_settings(DEMO_MODE="true")).test_client()


def test_there_are_rules_of_which_one_has_fired(client: FlaskClient) -> None:
    found: Any = client.get("/alerts").json
    assert [one["state"]["status"] for one in found["rules"]] == ["armed", "armed"]
    assert found["mail"]["available"] is False
    page: Any = client.get("/alerts/events").json
    (event,) = page["events"]
    assert event["rule_id"] == found["rules"][0]["id"]
    assert page["next"] is None
    older: Any = client.get(f"/alerts/events?cursor={event['id']}").json
    assert older == {"events": [], "next": None}


def test_they_cannot_be_changed_and_the_answer_says_what_to_do(client: FlaskClient) -> None:
    response = client.put("/alerts", json={"mail": {"enabled": False}, "rules": [FELL]})
    problem: Any = response.json
    assert (response.status_code, problem["code"]) == (403, "forbidden")
    assert "DEMO_MODE" in problem["detail"]


def test_the_way_out_of_mails_is_a_page_that_runs_nothing(client: FlaskClient) -> None:
    page = client.get("/alerts/unsubscribe?token=<script>")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.post("/alerts/unsubscribe?token=x").status_code == 200
