"""The laptop's mailbox before an emulated AWS that answers as MiniStack does."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from local.mailbox import Mailbox

MAIL = {
    "MessageId": "m1",
    "Source": "holdings@example.com",
    "To": ["ann@example.com"],
    "Subject": "Something <changed>",
    "BodyText": "Look: <script>alert(1)</script>",
    "Timestamp": 1_800_000_000.5,
}


class Emulator(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_ministack/ses/messages" else 404)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - its name there


@pytest.fixture
def emulator() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Emulator)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def holds(*mails: dict[str, Any]) -> None:
    Emulator.body = json.dumps({"messages": {"000000000000": list(mails)}}).encode()


def get(url: str) -> tuple[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own, on this machine
        return response.read().decode(), response.headers


def test_mails_are_listed_newest_first(emulator: str) -> None:
    holds(MAIL, MAIL | {"MessageId": "m2", "Timestamp": 1_800_000_060.0})
    with Mailbox(emulator) as mailbox:
        body, _ = get(f"{mailbox.url}/messages")
    assert [one["id"] for one in json.loads(body)] == ["m2", "m1"]
    assert json.loads(body)[1] == {
        "id": "m1",
        "from": "holdings@example.com",
        "to": ["ann@example.com"],
        "subject": "Something <changed>",
        "text": "Look: <script>alert(1)</script>",
        "at": "2027-01-15T08:00:00+00:00",
    }


def test_the_page_shows_a_mail_as_text(emulator: str) -> None:
    with Mailbox(emulator) as mailbox:
        holds()
        assert "Nothing yet." in get(mailbox.url)[0]
        holds(MAIL)
        page, headers = get(mailbox.url)
    assert "Something &lt;changed&gt;" in page
    assert "<script" not in page
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_it_says_where_it_does_not_know(emulator: str) -> None:
    with Mailbox(emulator) as mailbox, pytest.raises(urllib.error.HTTPError) as missing:
        get(f"{mailbox.url}/nothing")
    assert missing.value.code == 404
    missing.value.close()
    with Mailbox("http://127.0.0.1:9") as mailbox, pytest.raises(urllib.error.HTTPError) as down:
        get(mailbox.url)
    assert down.value.code == 502
    down.value.close()
