"""`python -m local.built_page`: the built page, until it is interrupted.

Takes what Vite's server takes: WEB_PORT (5173), HOLDINGS_WEB_CONFIG (what the page is told; that
of the last `make run`) and EXIT_WITH_PARENT (1: end when the starting process ends).
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from local.built_page import BuiltPage
from local.page_config import page_config_file
from local.parent import exit_with_parent
from local.settings import LocalError, LocalSettings


def main(environ: Mapping[str, str]) -> None:
    settings = LocalSettings.from_env(environ)
    file = Path(environ.get("HOLDINGS_WEB_CONFIG") or page_config_file(settings.state_dir))
    try:
        config = json.loads(file.read_text())
    except OSError as error:
        raise LocalError(f"{file}: {error.strerror}: `make run` writes it") from None
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    if environ.get("EXIT_WITH_PARENT") == "1":
        exit_with_parent()
    with BuiltPage(config, port=settings.web_port) as page:
        print(f"The built page: {page.url}", flush=True)
        ending.wait()


if __name__ == "__main__":
    try:
        main(os.environ)
    except LocalError as error:
        sys.exit(f"built page: {error}")
