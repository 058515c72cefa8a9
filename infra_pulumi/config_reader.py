"""Reads one namespace of the stack's configuration, noting every bad key instead of the first."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import pulumi
import pulumi.runtime.config as raw_config

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ConfigError(pulumi.RunError):
    """The stack's configuration cannot be used. Names each bad key and its mend."""


def _all_keys() -> set[str]:
    # What the CLI hands over in PULUMI_CONFIG, and what was set inside this process.
    return {*raw_config.get_config_env(), *raw_config.CONFIG.get()}


class ConfigReader:
    """Typed reads of `<namespace>:<key>`; `finish` raises what was wrong with any of them."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._config = pulumi.Config(namespace)
        self._known: set[str] = set()
        self._problems: list[str] = []

    def wrong(self, key: str, mend: str) -> None:
        """Note a problem of `key`, which is in this namespace unless it names another."""
        full = key if ":" in key else f"{self._namespace}:{key}"
        self._problems.append(f"{full}: {mend}")

    def text(self, key: str, default: str, *, pattern: str, mend: str) -> str:
        value = self._get(key)
        if value is None:
            return default
        if not re.fullmatch(pattern, value):
            self.wrong(key, f"{mend}, not {value!r}")
        return value

    def one_of(self, key: str, default: str, choices: Sequence[str]) -> str:
        value = self._get(key)
        chosen = default if value is None else value
        if chosen not in choices:
            self.wrong(key, f"set it to one of {', '.join(choices)}; it is {chosen!r}")
        return chosen

    def whole_number(self, key: str, default: int, *, least: int, most: int, unit: str) -> int:
        value = self._get(key)
        if value is None:
            return default
        number = int(value) if re.fullmatch(r"\d{1,9}", value) else None
        if number is None or not least <= number <= most:
            self.wrong(key, f"a whole number of {unit} from {least} to {most}, not {value!r}")
            return default
        return number

    def urls(self, key: str, *, loopback_http: bool) -> tuple[str, ...]:
        """A JSON (in the stack file: YAML) list of one or more pages of https.

        With `loopback_http`, http on this machine is good as well, as Cognito has it.
        """
        value = self._get(key)
        listed = _strings(value)
        if not listed:
            self.wrong(key, "a list of one or more URLs, for example [https://holdings.example/]")
            return ()
        for url in listed:
            fault = _url_fault(url, loopback_http=loopback_http)
            if fault:
                self.wrong(key, f"{fault}: {url!r}")
        return listed

    def finish(self) -> None:
        """Raise ConfigError with every problem, keys that nobody asked for among them."""
        prefix = f"{self._namespace}:"
        keys = {key.removeprefix(prefix) for key in _all_keys() if key.startswith(prefix)}
        for key in sorted(keys - self._known):
            self.wrong(key, f"unknown key; known are {', '.join(sorted(self._known))}")
        if self._problems:
            raise ConfigError("bad configuration:\n  " + "\n  ".join(self._problems))

    def _get(self, key: str) -> str | None:
        self._known.add(key)
        return self._config.get(key)


def _strings(value: str | None) -> tuple[str, ...]:
    try:
        listed: Any = json.loads(value or "")
    except ValueError:
        return ()
    if not isinstance(listed, list):
        return ()
    items = cast("list[object]", listed)
    texts = tuple(item for item in items if isinstance(item, str))
    return texts if len(texts) == len(items) else ()


def _url_fault(url: str, *, loopback_http: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        return "not a URL"
    if not host or re.search(r"[^!-~]", url):
        return "give the whole URL with its host, in plain ASCII"
    if "#" in url or parts.username is not None:
        return "leave out fragment, user and password"
    if parts.scheme == "https":
        return None
    if not loopback_http:
        return "use https"
    if parts.scheme == "http" and host in LOOPBACK:
        return None
    return "use https, or plain http on this machine"
