"""Many who miss at one moment, on the running stack: the simulator counts what is read."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter

from local.settings import CREDENTIALS, ROOT
from local.sign_in import access_token
from tests.e2e.conftest import Running

PROCESS = """
import json, sys, time
from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
app = create_app()
context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": "s"}}}}}
print("ready", flush=True)
sys.stdin.readline()
answer = app.test_client().get("/holdings", environ_overrides=context)
print(json.dumps([answer.status_code, answer.headers.get("X-Cache"), answer.json]), flush=True)
"""


def reads(stack: Running) -> int:
    return int(stack.simulate("GET", "").json()["requests"].get("GET /accounts", 0))


def test_a_thousand_requests_at_once_are_at_most_two_readings(stack: Running) -> None:
    time.sleep(1.1)  # REFRESH_COOLDOWN_SECONDS of this stack: nothing is left of earlier tests
    token = access_token(stack.stack)
    with requests.Session() as session:
        adapter = HTTPAdapter(pool_maxsize=200)
        session.mount("http://", adapter)
        session.headers["Authorization"] = f"Bearer {token}"

        def read(_: int) -> tuple[int, str]:
            answer = session.get(f"{stack.stack.api_url}/holdings", timeout=60)
            return answer.status_code, answer.headers["X-Cache"]

        before = reads(stack)
        with ThreadPoolExecutor(200) as threads:
            started = time.monotonic()
            answers = list(threads.map(read, range(1_000)))
            took = time.monotonic() - started
    assert {status for status, _ in answers} == {200}
    # Figures last for 2 s here, so that a slow machine reads once in each of them.
    assert reads(stack) - before <= 2 + took / 2


@pytest.mark.parametrize("warm", [False, True], ids=["empty", "expired"])
def test_thirty_processes_that_share_the_table_are_at_most_two_readings(
    stack: Running, warm: bool
) -> None:
    if warm:
        stack.get()
        time.sleep(2.1)
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
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(30)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    before = reads(stack)
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert {status for status, _, _ in answers} == {200}
    assert [body["holdings"] for _, _, body in answers] == [answers[0][2]["holdings"]] * 30
    assert reads(stack) - before <= 2
