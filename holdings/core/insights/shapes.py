"""What a stored document has to look like: whatever looks otherwise is none of ours."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from holdings.core.clock import from_iso
from holdings.core.money import parse_amount

Check = Callable[[object], bool]

_LONGEST = 500
_MOST = 10**12


def text(longest: int = _LONGEST) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def one_of(choices: Iterable[str]) -> Check:
    known = frozenset(choices)
    return lambda value: isinstance(value, str) and value in known


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def same(expected: object) -> Check:
    return lambda value: type(value) is type(expected) and value == expected


def rows(check: Check, most: int) -> Check:
    """A list of at most so many, each of which fits."""

    def fits(value: object) -> bool:
        if not isinstance(value, list):
            return False
        listed = cast("list[object]", value)
        return len(listed) <= most and all(check(one) for one in listed)

    return fits


def fields(checks: Mapping[str, Check]) -> Check:
    """An object with exactly these."""

    def fits(value: object) -> bool:
        if not isinstance(value, dict):
            return False
        read = cast("dict[str, object]", value)
        return read.keys() == checks.keys() and all(
            check(read[name]) for name, check in checks.items()
        )

    return fits


def whole(value: object) -> bool:
    """A whole number from 0 on; True is none."""
    return type(value) is int and 0 <= value <= _MOST


def flag(value: object) -> bool:
    return isinstance(value, bool)


def amount(value: object) -> bool:
    try:
        parse_amount(value)
    except ValueError:
        return False
    return True


def moment(value: object) -> bool:
    try:
        return (
            isinstance(value, str)
            and len(value) == len("2026-11-21T09:30:00Z")
            and (from_iso(value) >= 0)
        )
    except ValueError:
        return False
