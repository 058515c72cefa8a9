"""Serves the built page on 127.0.0.1, in a thread of whoever asks for it."""

import threading
from pathlib import Path
from typing import Self

from werkzeug import Request
from werkzeug.serving import WSGIRequestHandler, make_server

from local.built_page.distribution import distribution
from local.page_config import PageConfig
from local.settings import ROOT, LocalError
from operations.web import INDEX

DIST = ROOT / "spa" / "dist"


def check_built(dist: Path = DIST) -> None:
    """Raises LocalError."""
    if not (dist / INDEX).is_file():
        raise LocalError(f"{dist} has no page in it: `make web` builds it")


class _QuietHandler(WSGIRequestHandler):
    """A line for each file of a page tells nobody anything."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


class BuiltPage:
    """The page at `url`, told `config`. Port 0 takes a free one."""

    def __init__(self, config: PageConfig, *, port: int = 0, dist: Path = DIST) -> None:
        """Raises LocalError if the page is not built."""
        check_built(dist)
        self._server = make_server(
            "127.0.0.1",
            port,
            Request.application(distribution(dist, config)),
            threaded=True,
            request_handler=_QuietHandler,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

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
