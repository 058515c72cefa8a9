"""Where the Node.js is that serves the page while it is worked on."""

import subprocess
from pathlib import Path

from local.settings import ROOT, LocalError

_FINDER = ROOT / "scripts" / "node-bin"


def find_node(finder: Path = _FINDER) -> Path:
    """Raises LocalError with what the finder says is missing."""
    found = subprocess.run([finder], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if found.returncode:
        raise LocalError(found.stderr.strip())
    return Path(found.stdout.strip()) / "node"
