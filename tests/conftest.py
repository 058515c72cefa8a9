"""What every kind of test may use."""

import io
import logging
from collections.abc import Iterator

import hypothesis
import pytest

# A busy machine takes its time over an example; what may take how long is for the bench.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


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
