"""One invocation of a contender: what it is sent, in which environment, and the right answer."""

import json
from decimal import ROUND_DOWN, Context, Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

from holdings.core.service import answer_place
from local.simulator.book import seeded_accounts

# What Lambda and the two kinds of gateway give, with the claims that the authorizer verified.
_LAMBDA = json.loads(Path(__file__).with_name("lambda.json").read_text(encoding="utf-8"))
# As long as a real one: every request carries it.
_SESSION_TOKEN = "bench-session-token" * 20


def _event(kind: str, path: str) -> dict[str, Any]:
    """A GET, as a gateway of that kind sends it."""
    headers = _LAMBDA["headers"]
    text = json.dumps(_LAMBDA[kind]).replace("{path}", path)
    for name, value in (
        ("headers", headers),
        ("multi_value_headers", {name: [value] for name, value in headers.items()}),
        ("claims", _LAMBDA["claims"]),
    ):
        text = text.replace(f'"{{{name}}}"', json.dumps(value))
    return cast("dict[str, Any]", json.loads(text))


http_api = partial(_event, "http_api")  # payload 2.0
rest_api = partial(_event, "rest_api")  # payload 1.0


def environment(
    home: Path, task_root: str, *, table: str, url: str, bundle: Path, snapshot: bool
) -> dict[str, str]:
    """All of a child's: what Lambda sets, the app's settings, where the local cloud is."""
    given = _LAMBDA["environment"] | {
        "AWS_SESSION_TOKEN": _SESSION_TOKEN,
        "LAMBDA_TASK_ROOT": task_root,
        "HOME": str(home),
        "DDB_TABLE": table,
        # Where ours keeps its answer, for the peers that are given our way to it.
        "BENCH_PLACE": answer_place(_LAMBDA["claims"]["sub"]),
    }
    given |= dict.fromkeys(("AWS_ENDPOINT_URL", "CB_BASE_URL", "CB_ADVANCED_URL"), url)
    given |= dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(bundle))
    if snapshot:
        given["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    return given


class WrongAnswer(Exception):
    """A contender did not answer what it has to: its times would mean nothing."""


def check(response: dict[str, Any], case: str) -> None:
    """Raise WrongAnswer unless it is 200, from the right source, with the right document."""
    headers = {name.lower(): value for name, value in response.get("headers", {}).items()}
    document = json.loads(response.get("body") or "null")
    if response.get("statusCode") != 200:
        raise WrongAnswer(f"answered {response.get('statusCode')}: {response.get('body')}")
    right = _health(document) if case == "health" else _holdings(document)
    source = None if case == "health" else case.upper()
    if _common(document) != right or headers.get("x-cache") != source:
        raise WrongAnswer(f"is not the right {case}: {headers.get('x-cache')} {document}")


def _common(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what ours alone says: where it runs, and of figures the connection and worth."""
    common = {
        name: value
        for name, value in document.items()
        if name not in ("sources", "value", "environment")
    }
    if isinstance(common.get("holdings"), list):
        ours = ("connection_id", "name", "value", "change_24h", "price")
        common["holdings"] = [
            {name: value for name, value in holding.items() if name not in ours}
            for holding in common["holdings"]
        ]
    return common


def _health(given: dict[str, Any]) -> dict[str, Any]:
    return {"status": "ok", "name": "Holdings", "version": "0.1.0", "time": given.get("time")}


def _holdings(given: dict[str, Any]) -> dict[str, Any]:
    """Worked out here from the accounts that the local cloud serves."""
    accounts: list[dict[str, Any]] = seeded_accounts()
    held = [account for account in accounts if Decimal(account["balance"]) > 0]
    listed = [_holding(account) for account in held if _cut(account["balance"]) != "0"]
    return {
        "as_of": given.get("as_of"),
        "expires_at": given.get("expires_at"),
        "stale": False,
        "warnings": [],
        "account_count": len(accounts),
        "hidden": {"zero": len(accounts) - len(held), "dust": len(held) - len(listed)},
        "holdings": sorted(listed, key=lambda holding: holding["currency"]),
    }


def _holding(account: dict[str, Any]) -> dict[str, str]:
    amounts = {name: _cut(account[name]) for name in ("balance", "available", "hold")}
    return {"account_id": account["id"], "currency": account["currency"], **amounts}


def _cut(amount: str) -> str:
    down = Context(prec=60, rounding=ROUND_DOWN)
    text = format(Decimal(amount).quantize(Decimal("1e-12"), context=down), "f")
    return text.rstrip("0").rstrip(".")
