"""A WSGI application on this machine, served by a thread of this process."""

import threading
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# How often it looks whether it is to stop.
_POLL_SECONDS = 0.05


class _QuietHandler(WSGIRequestHandler):
    """A line for each request of a page tells nobody anything."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class Served:
    """The application at `url`, from `start` to `stop`. Port 0 takes a free one."""

    def __init__(self, application: "WSGIApplication", port: int = 0) -> None:
        self._server = make_server(
            "127.0.0.1", port, application, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
