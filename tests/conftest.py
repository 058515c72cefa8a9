"""What every kind of test may use."""

import gc
import io
import logging
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# A busy machine takes its time over an example; what may take how long is for the bench.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=50)
# For the run under another Python, beside the one that has them all.
hypothesis.settings.register_profile("few", deadline=None, max_examples=10)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))

# Files that use the same running stack, or the archive: what takes seconds to start or to build is
# for one worker. By name, as xdist 3.8 cannot set its groups under pytest 9.2.
TOGETHER = {
    "stack": (
        "run",
        "connected",
        "connections",
        "holdings",
        "history",
        "stampede",
        "cloud_path",
        "releases",
        "sign_in",
        "page_server",
        "browser",
    ),
    "built": (
        "page/test_connections_live",
        "page/test_entering",
        "page/test_reading_again",
        "page/test_sessions",
        "page/test_smoke",
    ),
    "demo": ("page/test_demo_page", "page/test_lighthouse", "built_page"),
    "archive": ("package", "image", "cold_start"),
}
_GROUPS = {
    f"tests/e2e/{name if '/' in name else f'test_{name}'}.py": group
    for group, names in TOGETHER.items()
    for name in names
}


class Spread(LoadScopeScheduling):
    """A file goes to one worker, for what it started, and files that share a stack go together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _GROUPS.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have a slow test: at the end all workers would wait for it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
