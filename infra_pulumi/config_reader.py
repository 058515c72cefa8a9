"""Reads one namespace of the stack's configuration, noting every bad key instead of the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import pulumi
import pulumi.runtime.config as raw_config

from infra_pulumi.config_values import url_fault


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

    def checked(
        self, key: str, default: str | None, *, fault: Callable[[str], str | None], what: str
    ) -> str:
        """A text that `fault` has nothing to say against. Without a default it has to be said."""
        value = self._get(key)
        if value is None:
            if default is None:
                self.wrong(key, f"say {what}")
            return default or ""
        found = fault(value)
        if found:
            self.wrong(key, f"{found}: {value!r}")
        return value

    def one_of(self, key: str, default: str, choices: Sequence[str]) -> str:
        value = self._get(key)
        chosen = default if value is None else value
        if chosen not in choices:
            self.wrong(key, f"set it to one of {', '.join(choices)}; it is {chosen!r}")
        return chosen

    def flag(self, key: str, *, default: bool) -> bool:
        return self.one_of(key, str(default).lower(), ("true", "false")) == "true"

    def whole_number(self, key: str, default: int, *, least: int, most: int, unit: str) -> int:
        value = self._get(key)
        if value is None:
            return default
        number = int(value) if re.fullmatch(r"-?\d{1,9}", value) else None
        if number is None or not least <= number <= most:
            self.wrong(key, f"a whole number of {unit} from {least} to {most}, not {value!r}")
            return default
        return number

    def urls(self, key: str, *, loopback_http: bool, most: int) -> tuple[str, ...]:
        """A list of one to `most` pages of https.

        With `loopback_http`, http on this machine is good as well, as Cognito has it.
        """
        listed = _strings(self._get(key))
        if not listed:
            self.wrong(key, "a list of one or more URLs, for example [https://holdings.example/]")
            return ()
        self._check_each(key, listed, partial(url_fault, loopback_http=loopback_http), most)
        return listed

    def listed(
        self,
        key: str,
        default: tuple[str, ...],
        *,
        fault: Callable[[str], str | None],
        what: str,
        most: int,
    ) -> tuple[str, ...]:
        """A JSON (in the stack file: YAML) list of up to `most` texts, none twice."""
        value = self._get(key)
        if value is None:
            return default
        listed = _strings(value)
        if listed is None:
            self.wrong(key, f"a list of {what}, not {value!r}")
            return default
        self._check_each(key, listed, fault, most)
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

    def _check_each(
        self, key: str, listed: tuple[str, ...], fault: Callable[[str], str | None], most: int
    ) -> None:
        if len(listed) > most:
            self.wrong(key, f"at most {most}, not {len(listed)}")
        if len(set(listed)) < len(listed):
            self.wrong(key, "name each once")
        for item in listed:
            found = fault(item)
            if found:
                self.wrong(key, f"{found}: {item!r}")


def _strings(value: str | None) -> tuple[str, ...] | None:
    try:
        listed: Any = json.loads(value or "")
    except ValueError:
        return None
    if not isinstance(listed, list):
        return None
    items = cast("list[object]", listed)
    texts = tuple(item for item in items if isinstance(item, str))
    return texts if len(texts) == len(items) else None
