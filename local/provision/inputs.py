"""A resource's arguments as Pulumi passes them, read once each."""

from collections.abc import Mapping
from typing import Any, cast

# How Pulumi marks a value as a secret on the wire ("special signatures" of its SDKs).
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public constant

_ACRONYMS = {"Oauth": "OAuth", "Urls": "URLs"}


class UnknownInput(Exception):
    """The program sets something that this package does not carry out."""


def plain(value: Any) -> Any:
    """Undo the wire format: secret envelopes, and whole numbers that came as floats."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        if items.get(_SIGNATURE) == _SECRET:
            return plain(items["value"])
        return {key: plain(item) for key, item in items.items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def pascal(value: Any) -> Any:
    """Rename keys as the AWS APIs have them: `callbackUrls` to `CallbackURLs`."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        return {_pascal_name(key): pascal(item) for key, item in items.items()}
    if isinstance(value, list):
        return [pascal(item) for item in cast("list[Any]", value)]
    return value


def _pascal_name(name: str) -> str:
    name = name[:1].upper() + name[1:]
    for plain_form, acronym in _ACRONYMS.items():
        name = name.replace(plain_form, acronym)
    return name


class Inputs:
    """Arguments of one resource; what is left after its function ran is an error."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._left = {name: plain(value) for name, value in values.items()}

    def take(self, name: str, default: Any = None) -> Any:
        return self._left.pop(name, default)

    def take_list(self, name: str) -> list[Any]:
        return cast("list[Any]", self._left.pop(name, None) or [])

    def take_all(self, **renamed: str) -> dict[str, Any]:
        """Take everything that is left, named as the AWS API has it; boto3 refuses the rest."""
        taken = {renamed.get(name, _pascal_name(name)): v for name, v in self._left.items()}
        self._left = {}
        return {name: pascal(value) for name, value in taken.items()}

    def take_block(self, name: str, *known: str) -> dict[str, Any]:
        """Take an object whose members are `known`; raise UnknownInput for any other."""
        block = cast("dict[str, Any]", self._left.pop(name, None) or {})
        unknown = sorted(block.keys() - set(known))
        if unknown:
            raise UnknownInput(f"local/provision does not know {name}: {unknown}")
        return block

    def check_all_taken(self) -> None:
        """Raise UnknownInput if anything is left."""
        if self._left:
            raise UnknownInput(f"local/provision does not know {sorted(self._left)}")
