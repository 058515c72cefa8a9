"""`python -m local`, which is `make run`: until Ctrl-C, or until the API ends."""

import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType

from local.answers import get_json
from local.parent import exit_with_parent
from local.run import LocalStack
from local.servers import API
from local.settings import ROOT, LocalError, LocalSettings, environment
from local.stack import Stack
from local.token import access_token

_LOOK_SECONDS = 0.5


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    exit_with_parent()
    environ = environment()
    local = None
    try:
        local = LocalStack(LocalSettings.from_env(environ), environ)
        stack = local.start(_say)
        print(_greeting(stack, environ), flush=True)
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


def _watch(local: LocalStack) -> int:
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


def _greeting(stack: Stack, environ: Mapping[str, str]) -> str:
    shown = get_json(f"{stack.api_url}/holdings", access_token(stack))
    seen = (
        f"{len(shown['holdings'])} holdings of {shown['account_count']} accounts were read"
        if shown
        else "the holdings cannot be read yet: the log above and the curl below say why"
    )
    chosen = environ.get("LOCAL_STATE_DIR")
    token = f"{f'LOCAL_STATE_DIR={chosen} ' if chosen else ''}make -sC {ROOT} token"
    return f"""
Holdings is running; {seen}.

  page      {stack.web_url}  <- open it and sign in as
  user      {stack.username}
  password  {stack.password}

  API       {stack.api_url}  ({stack.api_url}/docs shows and tries it)
  gateway   {stack.gateway_url}
  Coinbase  {stack.coinbase_url}

  curl -H "Authorization: Bearer $({token})" {stack.api_url}/holdings

Ctrl-C stops it; what it keeps is in .local/ (`make clean` forgets it).
"""


if __name__ == "__main__":
    sys.exit(main())
