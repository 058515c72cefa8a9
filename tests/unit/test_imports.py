"""What an import brings with it."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc, sys
import {module}
print(gc.get_freeze_count(), gc.isenabled(), "flask" in sys.modules, "boto3" in sys.modules)
"""


@pytest.mark.parametrize("module", ["holdings", "holdings.core.money", "holdings.core.portfolio"])
def test_a_rule_of_the_core_loads_no_framework_and_leaves_the_collector_alone(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "True", "False", "False"]
