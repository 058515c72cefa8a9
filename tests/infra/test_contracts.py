"""Rules over everything that the program declares, whatever it is."""

import json
from collections.abc import Iterator
from typing import Any, cast

from local.provision.program import MAKERS
from tests.infra.capture import Program, settings


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document, wherever a resource carries one."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if "Statement" in found:
            yield found
        for item in found.values():
            yield from _documents(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _documents(item)


def test_everything_is_tagged_with_project_environment_and_maker(stack: str) -> None:
    tags = settings(stack)["aws:defaultTags"]["tags"]

    assert {"Project", "Environment", "ManagedBy"} <= tags.keys()


def test_no_policy_allows_every_action_or_everybody(program: Program) -> None:
    statements = [
        statement
        for resource in program.declared
        for document in _documents(dict(resource.arguments))
        for statement in document["Statement"]
    ]

    assert statements
    for statement in statements:
        assert not [action for action in statement["Action"] if "*" in action]
        assert statement["Principal"] != "*"
        assert "NotAction" not in statement


def test_every_resource_belongs_to_a_component(program: Program) -> None:
    assert {resource.component for resource in program.declared} == {
        "holdings:infra:Identity",
        "holdings:infra:Storage",
    }


def test_the_laptop_can_make_everything_that_is_declared(program: Program) -> None:
    assert {resource.type for resource in program.declared} <= MAKERS.keys()
