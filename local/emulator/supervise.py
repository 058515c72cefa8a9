"""Runs MiniStack so that it ends, its state saved, with the process that started it.

The emulator's own Python runs this file by its path: standard library only.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from firewall_log import teach_firewall_log
from policy_conditions import teach, teach_mail

ROOT = str(Path(__file__).resolve().parents[2])


def main() -> None:
    # Only for this import: what MiniStack runs must not find our packages by accident.
    sys.path.insert(0, ROOT)
    from local.parent import exit_with_parent

    sys.path.remove(ROOT)
    exit_with_parent()
    teach_firewall_log()
    if os.environ.get("AUTH") == "true":  # MiniStack's own name for enforcing IAM
        teach()
        teach_mail()
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
