"""Runs MiniStack in its own environment's Python, and ends it with whoever started it."""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.parent import exit_with_parent  # noqa: E402 - after sys.path

exit_with_parent()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
