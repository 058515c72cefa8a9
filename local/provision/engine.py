"""One run of a Pulumi program in this process, with a provider of ours instead of Pulumi's."""

import asyncio
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.settings import SETTINGS, set_root_resource

Outputs = dict[str, Any]


class Engine(mocks.MockMonitor):
    """Answers a program's calls, on several threads, and keeps what its stack exports."""

    def __init__(self, provider: mocks.Mocks) -> None:
        super().__init__(provider)
        self.exports: Outputs = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        with _event_loop():
            return cast("Any", super()).RegisterResource(request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        with _event_loop():
            return cast("Any", super()).Invoke(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        # The stack registers what it exports as its own outputs, at the end.
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.exports = rpc.deserialize_properties(request.outputs)
        return cast("Any", super()).RegisterResourceOutputs(request)


def run(
    program: Callable[[], Any],
    engine: Engine,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
) -> Outputs:
    """Run a program; its exports are the result. What it or the provider raises is raised here."""
    # A run after a failed one would wait for ever for what that one left behind.
    settings = cast("Any", SETTINGS)
    settings.rpc_manager.clear()
    settings.outputs.clear()
    # An Output in an f-string is otherwise an error text that nobody sees.
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
    with _event_loop() as loop:
        # After a failure every output that waited for it would print a traceback of its own.
        loop.set_exception_handler(lambda _loop, _context: None)
        pulumi.runtime.set_all_config(dict(config), [])
        mocks.set_mocks(engine.mocks, project=project, stack=stack, preview=False, monitor=engine)
        # set_mocks leaves a stack behind that is finished already.
        cast("Any", set_root_resource)(None)
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    return engine.exports


def plain(value: Any) -> Any:
    """Undo the wire format: secret envelopes, and whole numbers that came as floats."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@contextmanager
def _event_loop() -> Generator[asyncio.AbstractEventLoop]:
    # Pulumi makes a loop for every thread that it works on, and closes none.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()
