"""What every kind of test may use."""

import gc
import io
import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest

# A busy machine takes its time over an example; what may take how long is for the bench.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=50)
# For the run under another Python, beside the one that has them all.
hypothesis.settings.register_profile("few", deadline=None, max_examples=10)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))

# Each is started once: a stack takes seconds, and the archive too.
STARTED_ONCE = ("running", "built", "demo_page", "archive")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group for `--dist loadgroup`: one worker has what uses a running stack, or else a file."""
    for item in items:
        used: list[str] = getattr(item, "fixturenames", [])
        file = item.nodeid.partition("::")[0]
        group = next((name for name in STARTED_ONCE if name in used), file)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """Let the collector pass over what was imported: a million objects that stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the root logger writes through its one handler, as Lambda has it; put back after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers = [logging.StreamHandler(stream)]
    yield stream
    root.handlers = handlers
    root.setLevel(level)
