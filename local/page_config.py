"""What the page must know of its stack: its `config.json`, which in the cloud Pulumi writes."""

import json
from collections.abc import Mapping
from pathlib import Path

from local.stack import Stack
from local.state import prepare, write_private

PageConfig = Mapping[str, str]


def signed_in(stack: Stack) -> PageConfig:
    """Return the keys of infra_pulumi/web.py, with this machine's addresses."""
    return {
        "api_url": stack.api_url,
        "hosted_ui_url": stack.hosted_ui_url,
        "issuer": stack.issuer,
        "client_id": stack.client_id,
        "scope": stack.scope,
    }


def without_sign_in(api_url: str) -> PageConfig:
    """Return what tells the page that there is nobody to sign in: sample figures."""
    return {"api_url": api_url}


def page_config_file(state_dir: Path) -> Path:
    return state_dir / "web" / "config.json"


def write_page_config(path: Path, config: PageConfig) -> None:
    """Raises LocalError."""
    prepare(path.parent)
    write_private(path, json.dumps(dict(config), indent=2) + "\n")
