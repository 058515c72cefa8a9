"""Many who miss at one moment, on the running stack: the simulator counts what is read."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from requests.adapters import HTTPAdapter

from local.settings import CREDENTIALS, ROOT
from local.sign_in import access_token
from tests.builders import unvalued
from tests.e2e.conftest import GIVE_UP_SECONDS, Running

PROCESSES = 30
# As many processes, which have nothing in common but the table. They are forked: what is imported
# is the same in all of them, and importing it in each would take longer than all else here.
STAMPEDE = """
import json, os, sys
import boto3, flask_cors, marshmallow, requests
from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT

def read(ready, go):
    app = create_app()
    context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": "s"}}}}}
    os.write(ready, b"r")
    os.read(go, 1)
    answer = app.test_client().get("/holdings", environ_overrides=context)
    return [answer.status_code, answer.headers.get("X-Cache"), answer.json]

ready, go = os.pipe(), os.pipe()
answers = []
for _ in range(int(sys.argv[1])):
    answered, answering = os.pipe()
    if not os.fork():
        with os.fdopen(answering, "w") as file:
            json.dump(read(ready[1], go[0]), file)
        os._exit(0)
    os.close(answering)
    answers.append(answered)
for _ in answers:
    os.read(ready[0], 1)
print("ready", flush=True)
sys.stdin.readline()
os.write(go[1], b"g" * len(answers))
print(json.dumps([json.load(os.fdopen(answered)) for answered in answers]), flush=True)
"""


def reads(stack: Running, path: str = "/accounts") -> int:
    return int(stack.simulate("GET", "").json()["requests"].get(f"GET {path}", 0))


def test_a_thousand_requests_at_once_are_at_most_two_readings(stack: Running) -> None:
    token = access_token(stack.stack)
    with requests.Session() as session:
        adapter = HTTPAdapter(pool_maxsize=200)
        session.mount("http://", adapter)
        session.headers["Authorization"] = f"Bearer {token}"

        def read(_: int) -> tuple[int, str]:
            answer = session.get(f"{stack.stack.api_url}/holdings", timeout=GIVE_UP_SECONDS)
            return answer.status_code, answer.headers["X-Cache"]

        before, priced = reads(stack), reads(stack, "/products/stats")
        with ThreadPoolExecutor(200) as threads:
            started = time.monotonic()
            answers = list(threads.map(read, range(1_000)))
            took = time.monotonic() - started
    assert {status for status, _ in answers} == {200}
    # Figures last for 2 s here, so that a slow machine reads once in each of them.
    assert reads(stack) - before <= 2 + took / 2
    # Prices last for a minute.
    assert reads(stack, "/products/stats") - priced <= 2 + took / 60


@pytest.mark.parametrize("warm", [False, True], ids=["empty", "expired"])
def test_thirty_processes_that_share_the_table_are_at_most_two_readings(
    stack: Running, warm: bool
) -> None:
    expires_at = datetime.fromisoformat(stack.get().json()["expires_at"]) if warm else None
    environ = {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": stack.stack.aws_endpoint_url,
        "AWS_REGION": stack.stack.region,
        "DEFAULT_USER_ID": "demo-user",
        "DDB_TABLE": stack.stack.table,
        "CB_BASE_URL": stack.stack.coinbase_url,
        "CB_SECRET_NAME": stack.stack.secret,
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen(
        [sys.executable, "-c", STAMPEDE, str(PROCESSES)],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        while expires_at and datetime.now(UTC) <= expires_at:
            time.sleep(0.1)
        before, priced = reads(stack), reads(stack, "/products/stats")
        parent.stdin.write("\n")
        parent.stdin.flush()
        answers = json.loads(parent.stdout.readline())
    assert {status for status, _, _ in answers} == {200}
    listed = [unvalued(body)["holdings"] for _, _, body in answers]
    assert listed == listed[:1] * PROCESSES
    assert reads(stack) - before <= 2
    assert reads(stack, "/products/stats") - priced <= 2
