"""The demo's past leads to its holdings, adds up, and says what it is."""

from decimal import Decimal

from holdings import create_app
from holdings.settings import Settings
from tests.builders import FakeClock


def test_the_sample_past_adds_up_to_the_sample_holdings() -> None:
    app = create_app(Settings.from_env({"DEMO_MODE": "true"}), clock=FakeClock().clock)
    client = app.test_client()
    document = client.get("/history?by=asset&from=2026-01-01").json
    assert document
    assert document["warnings"][0]["code"] == "demo_mode"
    (connection,) = document["connections"]
    assert connection["reconciled"] is True
    held = client.get("/holdings").json
    assert held
    expected = {one["currency"]: one["balance"] for one in held["holdings"]}
    last = {one["currency"]: one["balance"] for one in document["points"][-1]["assets"]}
    assert {code: balance for code, balance in last.items() if balance != "0"} == expected
    balances = [Decimal(one["balance"]) for point in document["points"] for one in point["assets"]]
    assert min(balances) >= 0

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/activity?limit=40{f'&cursor={cursor}' if cursor else ''}").json
        assert page
        found += [one["id"] for one in page["entries"]]
        cursor = page["next"]
    assert len(found) == len(set(found)) == connection["entries"]
    statement = client.get("/statements/2026-11-01").json
    assert statement
    assert statement["warnings"][0]["code"] == "demo_mode"
    assert statement["value"]
