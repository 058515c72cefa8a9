from functools import cache

import pytest

from tests.infra.capture import Program, declare

STACKS = ("dev", "staging", "prod")


@cache
def _declared(stack: str) -> Program:
    return declare(stack)


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def program(stack: str) -> Program:
    return _declared(stack)
