"""Where a firewall logs to, which MiniStack's WAF lacks: put, get and delete, kept while it runs.

The emulator's own Python imports this file by its name: standard library only.

https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html
"""

from __future__ import annotations

import importlib
import json
from typing import Any

_kept: dict[str, Any] = {}


def teach_firewall_log() -> None:
    """Have MiniStack's WAF answer the three, and all else as before."""
    waf: Any = importlib.import_module("ministack.services.waf")
    answered = waf.handle_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if not action.endswith("LoggingConfiguration"):
            return await answered(method, path, headers, body, query)
        asked = json.loads(body)
        if action == "PutLoggingConfiguration":
            configuration = asked["LoggingConfiguration"]
            _kept[configuration["ResourceArn"]] = configuration
            return waf.json_response({"LoggingConfiguration": configuration})
        found = _kept.get(asked["ResourceArn"])
        if found is None:
            return waf.error_response_json("WAFNonexistentItemException", "no logging", 400)
        if action == "DeleteLoggingConfiguration":
            del _kept[asked["ResourceArn"]]
            return waf.json_response({})
        return waf.json_response({"LoggingConfiguration": found})

    waf.handle_request = handle
