"""Every answer of the archive is the same, byte for byte, whether it loads things late or not.

A Python 3.13 that has nothing else runs the archive twice, as Lambda would, against AWS and
Coinbase as each case has them: once as it ships, and once with all of it loaded at the start.
"""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench.cloud import SECRET_NAME, Reply, Request, Services
from holdings.cold_start import LATER
from tests.builders import ENVIRONMENT, make_v1_event, make_v2_event

NOW = 1795253400.0
# A fresh app for each case, in one process; time stands still, ids are not random and nothing is
# waited for, so that both runs have the same and soon.
RUN = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
time.time, time.sleep, os.urandom = lambda: float(sys.argv[3]), lambda seconds: None, bytes
if sys.argv[2] == "early":
    from holdings import cold_start
    cold_start.defer = lambda: None
import app, gc
from holdings import create_app
from holdings.api.lambda_handler import make_lambda_handler
for line in sys.stdin:
    handler = make_lambda_handler(create_app())
    answers = [handler(event, None) for event in json.loads(line)]
    waiting = [n for n, m in sys.modules.items() if type(m).__name__ == "_Placeholder"]
    print(json.dumps([answers, waiting]), flush=True)
"""


@dataclass
class Case:
    """Events of one fresh app, and what the cloud answers instead of what it would."""

    events: list[dict[str, Any]]
    instead: dict[str, Reply] = field(default_factory=dict[str, Reply])
    secret: str | None = None


GET = make_v2_event()
REFRESH = make_v2_event(query="refresh=true")


def coinbase(status: int, body: object, **headers: str) -> dict[str, Reply]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"/accounts": Reply(status, {"Content-Type": "application/json", **headers}, data)}


def aws(operation: str, status: int, body: bytes) -> dict[str, Reply]:
    return {operation: Reply(status, {"Content-Type": "application/x-amz-json-1.0"}, body)}


REFUSED = {
    "rejected": coinbase(401, {"message": "Invalid API Key"}),
    "denied": coinbase(403, {"message": "Forbidden"}),
    "limited": coinbase(429, {"message": "Private rate limit exceeded"}, **{"Retry-After": "9"}),
    "maintenance": coinbase(503, {"message": "We are under maintenance"}),
    "html": coinbase(200, b"<html>Cloudflare</html>"),
    "not_accounts": coinbase(200, {"accounts": []}),
    "malformed": coinbase(200, [{"id": "a", "currency": "BTC", "balance": "x"}]),
    "redirect": coinbase(302, b"", Location="https://elsewhere.example.com/"),
    "undocumented": coinbase(418, {"message": "teapot"}),
}
CASES = {
    "health": Case([make_v2_event(path="/health", claims=None)]),
    "health_head": Case([make_v2_event(path="/health", method="HEAD", claims=None)]),
    "openapi": Case([make_v2_event(path="/openapi.json", claims=None)]),
    "unknown_path": Case([make_v2_event(path="/nope")]),
    "wrong_method": Case([make_v2_event(method="POST")]),
    "options": Case([make_v2_event(method="OPTIONS")]),
    "not_signed_in": Case([make_v2_event(claims=None)]),
    "invalid_query": Case([make_v2_event(query=query) for query in ("refresh=x", "a=1", "a=%ff")]),
    "repeated_query": Case([make_v2_event(query="refresh=true&refresh=true")]),
    "no_http_event": Case([{}, {"version": "2.0"}]),
    "miss_then_hit": Case([GET, GET, make_v2_event(method="HEAD"), make_v1_event()]),
    "not_modified": Case([GET, make_v2_event(headers={"if-none-match": "*"})]),
    "refresh": Case([GET, REFRESH, REFRESH]),
    "no_secret": Case([GET], secret="{}"),
    "cdp_key": Case([GET], secret='{"name": "organizations/x", "privateKey": "y"}'),
    "no_base64": Case(
        [GET], secret='{"api_key": "a", "api_secret": "not base64", "passphrase": "p"}'
    ),
    "secret_denied": Case(
        [GET], aws("GetSecretValue", 400, b'{"__type":"AccessDeniedException","message":"no"}')
    ),
    "cache_denied": Case(
        [GET], aws("GetItem", 400, b'{"__type":"AccessDeniedException","message":"no"}')
    ),
    "cache_nonsense": Case([GET], aws("GetItem", 200, b'{"Item":{"payload":{"S":"{}"}}}')),
    **{name: Case([GET], instead) for name, instead in REFUSED.items()},
    **{
        f"{name}_after_a_reading": Case([GET, REFRESH], instead)
        for name, instead in REFUSED.items()
    },
}


class Cloud(ThreadingHTTPServer):
    """AWS and Coinbase of one case at a time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.begin(Case([]))

    def begin(self, case: Case) -> None:
        self.case = case
        # Its market stands still too: both runs are told the same prices.
        self.services = Services(now=lambda: NOW)
        self.readings = 0

    def answer(self, request: Request) -> Reply:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2] or request.path
        if operation == "/accounts":
            self.readings += 1
        first_of_two = self.readings == 1 and len(self.case.events) > 1
        if operation in self.case.instead and not (operation == "/accounts" and first_of_two):
            return self.case.instead[operation]
        if operation == "GetSecretValue" and self.case.secret is not None:
            body = json.dumps({"Name": SECRET_NAME, "SecretString": self.case.secret})
            return Reply(200, {"Content-Type": "application/x-amz-json-1.1"}, body.encode())
        return self.services.answer(request)


class Call(BaseHTTPRequestHandler):
    server: Cloud  # pyright: ignore[reportIncompatibleVariableOverride] - ours alone
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        status, more, data = self.server.answer(Request(self.command, self.path, headers, body))
        self.send_response(status)
        for name, value in {**more, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815 - its name there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def environment(cloud: Cloud) -> Mapping[str, str]:
    url = f"http://127.0.0.1:{cloud.server_port}"
    return ENVIRONMENT | {
        "AWS_LAMBDA_FUNCTION_NAME": "holdings",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": url,
        "CB_BASE_URL": url,
        "CB_SECRET_NAME": SECRET_NAME,
        "PYTHONHASHSEED": "0",  # `Allow` is a set
    }


def answers(
    python: Path, tree: Path, cloud: Cloud, when: str, *names: str
) -> Iterator[tuple[Any, list[str]]]:
    """What each case is answered, and which modules wait by then; of all cases without names."""
    with subprocess.Popen(
        [python, "-S", "-s", "-P", "-B", "-c", RUN, str(tree), when, str(NOW)],
        env=environment(cloud),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        for case in [CASES[name] for name in names or CASES]:
            cloud.begin(case)
            process.stdin.write(json.dumps(case.events) + "\n")
            process.stdin.flush()
            answered, waiting = json.loads(process.stdout.readline())
            yield answered, waiting
        process.stdin.close()


def test_every_answer_is_the_same_as_with_everything_loaded_at_the_start(
    python313: Path, tree: Path, cloud: Cloud
) -> None:
    late = [answered for answered, _ in answers(python313, tree, cloud, "late")]
    early = [answered for answered, _ in answers(python313, tree, cloud, "early")]
    assert dict(zip(CASES, late, strict=True)) == dict(zip(CASES, early, strict=True))
    statuses = {answer["statusCode"] for answered in late for answer in answered}
    assert statuses >= {200, 304, 401, 404, 405, 422, 500, 502, 503}


def test_neither_a_miss_nor_a_hit_needs_what_comes_late(
    python313: Path, tree: Path, cloud: Cloud
) -> None:
    for answered, waiting in answers(python313, tree, cloud, "late", "miss_then_hit"):
        assert [answer["headers"]["x-cache"] for answer in answered[:3]] == ["MISS", "HIT", "HIT"]
        assert LATER.keys() <= set(waiting)
