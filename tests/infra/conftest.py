import pytest

from tests.infra.capture import Program, declared

STACKS = ("dev", "staging", "prod")


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def program(stack: str) -> Program:
    return declared(stack)
