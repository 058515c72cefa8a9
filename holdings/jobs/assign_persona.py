"""The Lambda function of the queue `assign-persona`: says in a word what an account is like."""

from collections.abc import Mapping
from typing import Any

from holdings.jobs.batch import handle
from holdings.jobs.once import once_a_window


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    job = once_a_window("assign-persona", parts.table(), context, parts.assign_persona())
    return handle(event, context, job)
