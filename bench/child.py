"""Run by python3.13 in a process of its own: imports a handler, calls it, tells what that cost.

Standard library only, and as little of it as can be: what is imported here, no contender pays for.
"""

import json
import os
import sys
from time import perf_counter, process_time


class Context:
    """The members of Lambda's context object that frameworks read."""

    function_name = "holdings"
    function_version = "1"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:holdings"
    memory_limit_in_mb = "512"
    aws_request_id = "8c7d1a52-6a2e-4a0e-bc6f-6f9f2a4a0d0b"
    log_group_name = "/aws/lambda/holdings"
    log_stream_name = "2026/11/21/[1]0123456789abcdef"
    identity = None
    client_context = None

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def peak_memory() -> int:
    """Bytes. Not ru_maxrss, which after a fork counts the parent's pages too."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no import
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise SystemExit("no VmHWM in /proc/self/status")


def main() -> None:
    job = json.loads(sys.stdin.read())
    # A handler may print: only the last line of ours is an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path[:0] = job["path"]
    context, event, calls = Context(), job["event"], []

    start_cpu = process_time()
    began = perf_counter()
    handler = __import__(job["module"]).handler
    imported = perf_counter()
    response = handler(event, context)
    answered, answered_cpu = perf_counter(), process_time()
    memory = peak_memory()

    for _ in range(job["warm_up"]):
        response = handler(event, context)
    warm_cpu = process_time()
    for _ in range(job["calls"]):
        before = perf_counter()
        response = handler(event, context)
        calls.append(perf_counter() - before)
    warm_cpu = process_time() - warm_cpu

    json.dump(
        {
            "start_cpu": start_cpu,
            "wall": answered - began,
            "first_call": answered - imported,
            "cpu": answered_cpu - start_cpu,
            "memory": memory,
            "calls": calls,
            "warm_cpu": warm_cpu,
            "response": response,
        },
        answers,
    )
    answers.close()


if __name__ == "__main__":
    main()
