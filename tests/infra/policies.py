"""Finds the policy documents in what was declared."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from tests.infra.capture import Program

CARRIERS = ("policy", "assumeRolePolicy")


class Statement(NamedTuple):
    resource: str
    sid: str
    content: dict[str, Any]

    def items(self, key: str) -> list[str]:
        value = self.content.get(key, [])
        return [value] if isinstance(value, str) else cast("list[str]", value)

    @property
    def allows(self) -> bool:
        return self.content["Effect"] == "Allow"


def statements(program: Program) -> Iterator[Statement]:
    for resource in program.declared:
        for carrier in CARRIERS:
            document = resource.arguments.get(carrier)
            if document:
                for content in json.loads(document)["Statement"]:
                    yield Statement(resource.name, content["Sid"], content)
