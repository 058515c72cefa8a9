"""What lies in the table, and how it is read back: an item counts only if all of it is ours."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, cast, get_args

from holdings.core.connections import LONGEST_LABEL, Connection, Profile, Status
from holdings.core.schedule.slots import slot_name, slot_of
from holdings.core.snapshot import Notice

Item = Mapping[str, Any]

PROFILE, CONNECTION, CREDENTIAL = "profile", "connection#", "credential#"
_LONGEST_TEXT = 2_048
_LONGEST_NUMBER = 12
_MOST_RIGHTS = 16


class BrokenItem(Exception):
    """Something stands there that was not written by us, or not by this version."""


def text(item: Item, name: str, longest: int = _LONGEST_TEXT) -> str:
    value = _value(item, name, "S")
    if not isinstance(value, str) or len(value) > longest:
        raise BrokenItem(name)
    return value


def whole(item: Item, name: str) -> int:
    value = _value(item, name, "N")
    if not (isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.isdecimal()):
        raise BrokenItem(name)
    return int(value)


def blob(value: object) -> bytes:
    """Read bytes as boto3's client gives them, or the base64 that AWS sends."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(cast("str", value), validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise BrokenItem("bytes") from None


def ciphertext(item: Item) -> bytes:
    attribute = item.get("ciphertext")
    if not isinstance(attribute, Mapping):
        raise BrokenItem("ciphertext")
    return blob(cast("Item", attribute).get("B"))


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def profile_fields(profile: Profile) -> dict[str, Any]:
    return {
        "created_at": number(profile.created_at),
        "currency": {"S": profile.currency},
        "time_zone": {"S": profile.time_zone},
        "insights": {"BOOL": profile.insights},
        "version": number(profile.version),
    }


def slot_field(index: str, viewer: str) -> dict[str, Any]:
    """Return by what the index of what is due finds an item."""
    return {"slot": {"S": slot_name(index, slot_of(viewer))}}


def to_profile(item: Item) -> Profile:
    insights = _value(item, "insights", "BOOL")
    if not isinstance(insights, bool):
        raise BrokenItem("insights")
    return Profile(
        created_at=whole(item, "created_at"),
        currency=text(item, "currency", 16),
        time_zone=text(item, "time_zone", 64),
        insights=insights,
        version=whole(item, "version"),
        alerts=whole(item, "alerts") if "alerts" in item else 0,
    )


def connection_fields(connection: Connection) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "exchange": {"S": connection.exchange},
        "label": {"S": connection.label},
        "account": {"S": connection.account},
        "key_hint": {"S": connection.key_hint},
        "created_at": number(connection.created_at),
        "status": {"S": connection.status},
        "version": number(connection.version),
        "credential_version": number(connection.credential_version),
    }
    if connection.rights is not None:
        fields["rights"] = {"L": [{"S": right} for right in connection.rights]}
    if error := connection.last_error:
        fields["last_error"] = {"M": {"code": {"S": error.code}, "detail": {"S": error.detail}}}
    return fields


def to_connection(item: Item) -> Connection:
    status = text(item, "status")
    if status not in get_args(Status):
        raise BrokenItem("status")
    return Connection(
        id=text(item, "sk").removeprefix(CONNECTION),
        exchange=text(item, "exchange", 64),
        label=text(item, "label", LONGEST_LABEL),
        account=text(item, "account"),
        key_hint=text(item, "key_hint", 16),
        created_at=whole(item, "created_at"),
        rights=_rights(item),
        status=cast("Status", status),
        last_error=_last_error(item),
        version=whole(item, "version"),
        credential_version=whole(item, "credential_version"),
    )


def _rights(item: Item) -> tuple[str, ...] | None:
    if "rights" not in item:
        return None
    listed = _value(item, "rights", "L")
    if not isinstance(listed, list):
        raise BrokenItem("rights")
    rights = cast("list[object]", listed)
    if len(rights) > _MOST_RIGHTS:
        raise BrokenItem("rights")
    return tuple(text({"right": right}, "right", 64) for right in rights)


def _last_error(item: Item) -> Notice | None:
    if "last_error" not in item:
        return None
    fields = _value(item, "last_error", "M")
    if not isinstance(fields, Mapping):
        raise BrokenItem("last_error")
    error = cast("Item", fields)
    return Notice(text(error, "code", 64), text(error, "detail"))


def _value(item: Item, name: str, kind: str) -> object:
    attribute = item.get(name)
    if not isinstance(attribute, Mapping):
        raise BrokenItem(name)
    return cast("Mapping[str, object]", attribute).get(kind)
