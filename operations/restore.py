"""`make restore-viewer`: what a restored table has of a viewer, put back into the live one.

DynamoDB restores into a new table only, and the stack's own has a name that the app, the policies
and the key know. docs/recovery.md has the whole procedure.

Items that belong together come back together or not at all, so that what is put back fits what
was written since. A credential stays the bytes that it is: its encryption is bound to viewer,
connection and stack, not to a table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from holdings.core.clock import Clock
from holdings.core.service import answer_place
from holdings.core.viewer import is_viewer
from operations.errors import OperationError
from operations.viewers import forget_cached

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]
# Items of one group, by sort key.
Group = dict[str, Item]
# What a group is of: ("connection", <id>), ("history", <id>), ("profile", "").
Name = tuple[str, str]

_HISTORY = ("history", "month", "entries")
_CONNECTION = ("connection", "credential")
# The number of connections, on the profile: counted anew once all are back.
_COUNT = "connections"
# What goes on changing by itself, and is no reason to call an item another one.
_PASSING = (_COUNT, "last_read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Names: what was restored, what is live, and the cache of ready answers."""

    restored: str
    live: str
    cache: str


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done with one group, and why not where it is left out."""

    name: Name
    then: Group
    now: Group
    state: str  # missing, differs, or why it is left out
    label: str

    def line(self) -> str:
        return f"  {self.state:<9}{self.label}, {len(self.then)} item{'s' * (len(self.then) > 1)}"


def restore(
    dynamodb: "DynamoDBClient",
    tables: Tables,
    viewer: str,
    *,
    agreed: bool,
    overwrite: bool,
    clock: Clock,
) -> Iterator[str]:
    """Yield what comes back of a viewer, a line each; it is written only if `agreed`.

    Groups that the live table lacks are put back; with `overwrite` those that differ too. Nothing
    that came since is deleted but within a group that is overwritten. Raises OperationError.
    """
    if not is_viewer(viewer):
        raise OperationError(f"VIEWER={viewer} is no sub: `make viewers` shows them")
    then = _live(_items(dynamodb, tables.restored, viewer), clock.now())
    if not then:
        raise OperationError(f"{tables.restored} has nothing of {viewer}: is it of another moment?")
    changes = _changes(_groups(then), _groups(_items(dynamodb, tables.live, viewer)))
    yield from (change.line() for change in changes)
    wanted = ("missing", "differs") if overwrite else ("missing",)
    due = [change for change in changes if change.state in wanted]
    if not due:
        yield "nothing is to be put back"
    elif not agreed:
        more = "" if overwrite else "; OVERWRITE=1 also what differs"
        yield f"nothing was written: YES=1 puts back what is {' or '.join(wanted)}{more}"
    else:
        for change in due:
            _write(dynamodb, tables.live, change)
        _count_connections(dynamodb, tables.live, viewer)
        forget_cached(dynamodb, tables.cache, [answer_place(viewer)])
        yield f"{len(due)} of these are back; the next look reads them"


def _items(dynamodb: "DynamoDBClient", table: str, viewer: str) -> Group:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"viewer#{viewer}"}},
    )
    return {str(item["sk"].get("S")): item for page in pages for item in page["Items"]}


def _live(items: Group, now: float) -> Group:
    """Leave out what has ended: DynamoDB deletes it late, and a restored table never."""
    return {key: item for key, item in items.items() if _ends(item) > now}


def _ends(item: Item) -> float:
    return float(item["ttl"]["N"]) if "ttl" in item else float("inf")


def _groups(items: Group) -> dict[Name, Group]:
    found: dict[Name, Group] = {}
    for key, item in items.items():
        found.setdefault(_group(key, item), {})[key] = item
    return found


def _group(key: str, item: Item) -> Name:
    kind, _, rest = key.partition("#")
    if kind in _HISTORY:  # how far it was read, and what was read
        return "history", rest.partition("#")[0]
    if kind in _CONNECTION:
        return "connection", rest
    if kind == "account":  # who has it, so that no other connection can
        return "connection", str(item["connection"]["S"])
    if kind in ("alerts", "alerts-state"):
        return "alerts", ""
    return ("insights", "") if kind == "insights" else (kind, rest)


def _changes(then: dict[Name, Group], now: dict[Name, Group]) -> list[Change]:
    """Connections come last: nobody sees one before all of it is there."""
    accounts = {
        key: item["connection"]["S"]
        for group in now.values()
        for key, item in group.items()
        if key.startswith("account#")
    }
    changes: list[Change] = []
    for name, group in sorted(then.items(), key=lambda each: (each[0][0] == "connection", each[0])):
        standing = now.get(name, {})
        if all(_same(group.get(key), standing.get(key)) for key in {*group, *standing}):
            continue
        # What stands may be what an interrupted run put back.
        part = all(_same(item, group.get(key)) for key, item in standing.items())
        state = "missing" if part else "differs"
        if _taken(then.get(("connection", name[1]), {}), name[1], accounts):
            state = "left out"
        label = _label(name, then)
        if state == "left out":
            label += " (its account is connected by another connection now)"
        changes.append(Change(name, group, standing, state, label))
    return changes


def _same(one: Item | None, other: Item | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(one.get(name) == other.get(name) for name in {*one, *other} if name not in _PASSING)


def _taken(connection: Group, identity: str, accounts: Mapping[str, str]) -> bool:
    return any(accounts.get(key, identity) != identity for key in connection)


def _label(name: Name, then: dict[Name, Group]) -> str:
    kind, identity = name
    connection = then.get(("connection", identity), {}).get(f"connection#{identity}")
    if connection is None:
        return " ".join(filter(None, name))
    return f"{kind} of {connection['label']['S']} ({connection['exchange']['S']})"


def _write(dynamodb: "DynamoDBClient", table: str, change: Change) -> None:
    """Each write only where the item still is as it was seen, else OperationError."""
    try:
        for key in sorted(change.then, key=lambda key: key.startswith("connection#")):
            if not _same(change.then[key], change.now.get(key)):
                put: Any = {"TableName": table, "Item": change.then[key]}
                dynamodb.put_item(**put, **_as_seen(change.now.get(key)))
        for key in change.now.keys() - change.then.keys():
            gone: Any = {name: change.now[key][name] for name in ("pk", "sk")}
            dynamodb.delete_item(TableName=table, Key=gone, **_as_seen(change.now[key]))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
            raise
        raise OperationError(
            f"{change.label} has been changed meanwhile: look again without YES=1; what was put "
            "back before it stays"
        ) from None


def _as_seen(item: Item | None) -> Any:
    if item is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    places = {name: place for place, name in enumerate(item)}
    return {
        "ConditionExpression": " AND ".join(f"#n{place} = :v{place}" for place in places.values()),
        "ExpressionAttributeNames": {f"#n{place}": name for name, place in places.items()},
        "ExpressionAttributeValues": {f":v{place}": item[name] for name, place in places.items()},
    }


def _count_connections(dynamodb: "DynamoDBClient", table: str, viewer: str) -> None:
    items = _items(dynamodb, table, viewer)
    if "profile" not in items:
        return
    count = sum(key.startswith("connection#") for key in items)
    key = {"pk": {"S": f"viewer#{viewer}"}, "sk": {"S": "profile"}}
    dynamodb.update_item(
        TableName=table,
        Key=cast("Any", key),
        UpdateExpression="SET #count = :count",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#count": _COUNT},
        ExpressionAttributeValues={":count": {"N": str(count)}},
    )
