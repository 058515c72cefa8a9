"""The Lambda function of the queue `sync-history`: reads accounts' ledgers in the background."""

from collections.abc import Mapping
from typing import Any, Protocol

from holdings.jobs.batch import Job, Message, handle

# Of what Lambda leaves, for what is kept at the end.
_MARGIN_SECONDS = 20.0


class Sync(Protocol):
    def run(self, viewer: str, connection_id: str, *, seconds: float) -> None: ...


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, job(parts.sync_history()))


def job(sync: Sync) -> Job:
    def run(asked: Message) -> None:
        sync.run(asked.viewer, asked.connection, seconds=asked.seconds)

    return Job("sync-history", ("connection",), run, _MARGIN_SECONDS)
