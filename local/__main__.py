"""`python -m local`, which is `make run`: until Ctrl-C, or until the API ends."""

import signal
import sys
import time
from types import FrameType

from local.demo import Demo
from local.parent import exit_with_parent
from local.run import LocalStack
from local.servers import API
from local.settings import LocalError, LocalSettings, environment

_LOOK_SECONDS = 0.5


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    exit_with_parent()
    environ = environment()
    local = None
    try:
        settings = LocalSettings.from_env(environ)
        local = (Demo if settings.demo else LocalStack)(settings, environ)
        print(local.start(_say), flush=True)
        return _watch(local)
    except LocalError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        # A second Ctrl-C must not keep the emulator from writing its state.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if local:
            local.close()
            _say("stopped")


def _watch(local: LocalStack | Demo) -> int:
    """Say what ends by itself. Without Coinbase or AWS the API goes on: that is what it is for."""
    said: set[str] = set()
    while API not in said:
        for name in set(local.ended()) - said:
            _say(f"{name} ended by itself; `make run` again starts it")
            said.add(name)
        time.sleep(_LOOK_SECONDS)
    return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"holdings: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
