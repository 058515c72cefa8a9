"""Lambda's side of a function: starts it as Lambda does, by AWS's own runtime client."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from package.build import ROOT, fetch
from tests.builders import ENVIRONMENT
from tests.e2e.archives import pins_of

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:holdings"

# What Lambda's own bootstrap is given, on a path of the standard library and two folders.
RUN = """
import runpy, sys
sys.path += sys.argv[1:3]
sys.argv[1:] = sys.argv[3:]
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="session")
def runtime_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runtime client in a folder of its own, so that it lends the app nothing."""
    if sys.platform != "linux":
        pytest.skip("awslambdaric is compiled for Linux alone")
    folder = tmp_path_factory.mktemp("awslambdaric")
    pins = pins_of(ROOT / "requirements-dev.txt")
    names = ("awslambdaric", "simplejson", "snapshot-restore-py")
    (folder / "requirements.txt").write_text("\n".join(f"{name}=={pins[name]}" for name in names))
    fetch(folder / "requirements.txt", folder)
    return folder


Invoke = Callable[[dict[str, Any]], dict[str, Any]]


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one function, as far as the runtime client calls it (2018-06-01)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RuntimeApiRequest)
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.put(event)
        path, answer = self.answers.get(timeout=60)
        assert path == "/2018-06-01/runtime/invocation/an-id/response", answer
        return answer


class RuntimeApiRequest(BaseHTTPRequestHandler):
    server: RuntimeApi  # pyright: ignore[reportIncompatibleVariableOverride] - ours alone

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        event = self.server.events.get()  # the runtime waits as long as there is none
        self.send_response(200)
        self.send_header("Content-Type", "application/json")  # without it the client crashes
        self.send_header("Lambda-Runtime-Aws-Request-Id", "an-id")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 10_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
        self._end(json.dumps(event).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path, json.loads(body)))
        self.send_response(202)
        self._end(b"")

    def _end(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextmanager
def started(tree: Path, handler: str, *, python: Path, client: Path) -> Generator[Invoke]:
    """Call the function in `tree`; an answer that is not a response fails the test."""
    with RuntimeApi() as api:
        threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True).start()
        environ = ENVIRONMENT | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "holdings",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "eu-central-1",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "LAMBDA_TASK_ROOT": str(tree),
        }
        command = [python, "-I", "-S", "-B", "-c", RUN, tree, client, handler]
        with subprocess.Popen(command, cwd=tree, env=environ) as process:
            # A runtime that dies answers too, so that the test does not wait for it.
            ended = threading.Thread(
                target=lambda: api.answers.put(("", {"ended": process.wait()}))
            )
            ended.start()
            try:
                yield api.invoke
            finally:
                process.kill()
                ended.join()
                api.shutdown()
