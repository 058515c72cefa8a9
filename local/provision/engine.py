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
        self.failure: BaseException | None = None

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        return self._answer(cast("Any", super()).RegisterResource, request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        return self._answer(cast("Any", super()).Invoke, request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        # The stack registers what it exports as its own outputs, at the end.
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.exports = rpc.deserialize_properties(request.outputs)
        return cast("Any", super()).RegisterResourceOutputs(request)

    def _answer(self, handler: Callable[[Any], Any], request: Any) -> Any:
        with _event_loop():
            try:
                return handler(request)
            except BaseException as error:
                # Pulumi reports it as one of many, or as text only; the first is the cause.
                self.failure = self.failure or error
                raise


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
        cast("Any", set_root_resource)(
            None
        )  # set_mocks leaves a stack behind that is finished already
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(program))
        except BaseException as error:
            if engine.failure is None or error is engine.failure:
                raise
            raise engine.failure from error
        if engine.failure is not None:
            raise engine.failure
    return engine.exports


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
