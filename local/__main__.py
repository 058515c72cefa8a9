"""`python -m local`, which is `make run`: until Ctrl-C, or until the API ends."""

import errno
import signal
import sys
import time
from types import FrameType

from local.parent import exit_with_parent
from local.run import Demo, LocalStack
from local.servers import API
from local.settings import LocalError, LocalSettings, environment
from local.state import reason

_LOOK_SECONDS = 0.5
# What no program can help: the message and the file say it all.
_THE_MACHINE_S = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    exit_with_parent()
    local = None
    try:
        environ = environment()
        settings = LocalSettings.from_env(environ)
        local = (Demo if settings.demo else LocalStack)(settings, environ)
        print(local.start(_say), flush=True)
        return _watch(local)
    except LocalError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in _THE_MACHINE_S:
            raise
        print(f"make run: {error.filename or 'the disk'}: {reason(error)}", file=sys.stderr)
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
    while True:
        for name in set(local.ended()) - said:
            said.add(name)
            if name == API:
                _say(f"{name} ended by itself: what it said is above; the rest stops with it")
                return 1
            # Not before Ctrl-C: what still runs holds the ports.
            _say(f"{name} ended by itself; Ctrl-C, then `make run` starts it again")
        time.sleep(_LOOK_SECONDS)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"holdings: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
