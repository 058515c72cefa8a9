"""What the launcher says last: where everything is, and what to do next."""

from collections.abc import Mapping

from local.answers import get_json
from local.settings import ROOT, LocalSettings
from local.stack import Stack
from local.token import access_token


def greeting(stack: Stack, environ: Mapping[str, str]) -> str:
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


def demo_greeting(settings: LocalSettings) -> str:
    return f"""
Holdings is running with sample figures: no AWS, no Coinbase, no sign-in.

  page      {settings.web_url}  <- open it
  API       {settings.api_url}  ({settings.api_url}/docs shows and tries it)

  curl {settings.api_url}/holdings

Ctrl-C stops it. `make run` without DEMO_MODE starts the whole system.
"""
