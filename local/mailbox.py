"""The mailbox of `make run`: every mail that was sent, on a page and as JSON.

`python -m local.mailbox` serves it until it is interrupted: / for people, /messages for tests. It
takes MAILBOX_PORT (8025), AWS_ENDPOINT_URL (the emulated AWS, whose mails they are) and
EXIT_WITH_PARENT (1: end when the starting process ends).
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape
from werkzeug import Request, Response

from local.parent import ending
from local.processes import get_json
from local.served import Served
from local.settings import LocalError, LocalSettings

_MESSAGES = "/_ministack/ses/messages"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE = Markup(
    """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mailbox</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border-top: 1px solid; padding: 1rem 0 }}
h2 {{ font-size: 1.1rem; margin: 0 }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style>
<h1>Mailbox</h1>
<p>Mails that this machine's stack has sent. None has left it. Reload to see newer ones.</p>
{mails}
</html>"""
)
_MAIL = Markup(
    "<article><h2>{subject}</h2><p>{at}, from {sender} to {to}</p><pre>{text}</pre></article>"
)


def mails(endpoint: str) -> list[dict[str, Any]]:
    """Return every mail, newest first: id, from, to, subject, text, at (ISO 8601).

    Raises LocalError where the emulated AWS does not answer.
    """
    if (answered := get_json(f"{endpoint}{_MESSAGES}")) is None:
        raise LocalError(f"the emulated AWS at {endpoint} does not answer: is `make run` there?")
    by_account: dict[str, list[dict[str, Any]]] = answered["messages"]
    found = [one for some in by_account.values() for one in some]
    found.sort(key=lambda one: one["Timestamp"], reverse=True)
    return [
        {
            "id": one["MessageId"],
            "from": one["Source"],
            "to": one["To"],
            "subject": one["Subject"],
            "text": one["BodyText"],
            "at": datetime.fromtimestamp(one["Timestamp"], UTC).isoformat(timespec="seconds"),
        }
        for one in found
    ]


def answer(endpoint: str, request: Request) -> Response:
    if request.path not in ("/", "/messages"):
        return Response("/ and /messages are all that there is\n", 404, _HEADERS)
    try:
        found = mails(endpoint)
    except LocalError as error:
        return Response(f"{error}\n", 502, _HEADERS)
    if request.path == "/messages":
        return Response(json.dumps(found), 200, _HEADERS, content_type="application/json")
    shown = Markup("").join(
        _MAIL.format(
            subject=one["subject"],
            at=one["at"],
            sender=one["from"],
            to=", ".join(one["to"]),
            text=one["text"],
        )
        for one in found
    )
    page = _PAGE.format(mails=shown or escape("Nothing yet."))
    return Response(page, 200, _HEADERS, content_type="text/html; charset=utf-8")


class Mailbox(Served):
    """The mailbox at `url`. Port 0 takes a free one."""

    def __init__(self, endpoint: str, *, port: int = 0) -> None:
        super().__init__(Request.application(lambda request: answer(endpoint, request)), port)


def main(environ: Mapping[str, str]) -> None:
    settings = LocalSettings.from_env(environ)
    endpoint = environ.get("AWS_ENDPOINT_URL") or f"http://127.0.0.1:{settings.emulator_port}"
    told = ending(with_parent=environ.get("EXIT_WITH_PARENT") == "1")
    with Mailbox(endpoint, port=settings.mailbox_port) as mailbox:
        print(f"The mailbox: {mailbox.url}", flush=True)
        told.wait()


if __name__ == "__main__":
    try:
        main(os.environ)
    except LocalError as error:
        sys.exit(f"mailbox: {error}")
