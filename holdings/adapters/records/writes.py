"""The parts of a viewer's transactions, each with what to raise where it is refused."""

from hashlib import sha256
from typing import Any, NamedTuple

from holdings.adapters.records.items import (
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    Item,
    connection_fields,
    number,
    profile_fields,
    slot_field,
)
from holdings.core.connections import MAX_CONNECTIONS, Connection, Once, Profile
from holdings.core.errors import Conflict, HoldingsError, TooManyConnections
from holdings.core.schedule.slots import INSIGHTS, READINGS

_ONCE_SECONDS = 24 * 60 * 60

NEW = "attribute_not_exists(pk)"


class Write(NamedTuple):
    """A part of a transaction, and what is wrong where its condition does not hold."""

    operation: dict[str, Any]
    refused: HoldingsError | None = None


def account_key(connection: Connection) -> str:
    return f"account#{connection.exchange}#{connection.account}"


def once_key(once: Once) -> str:
    """Return the sort key; a viewer's own text may be longer than DynamoDB takes."""
    return f"idempotency#{sha256(once.key.encode()).hexdigest()}"


class ViewerWrites:
    """Writes to one viewer's items in a table."""

    def __init__(self, table: str, viewer: str) -> None:
        self._table = table
        self._viewer = viewer

    def key(self, sort_key: str) -> dict[str, Any]:
        return {"pk": {"S": f"viewer#{self._viewer}"}, "sk": {"S": sort_key}}

    def put(
        self,
        sort_key: str,
        fields: Item,
        refused: HoldingsError | None = None,
        condition: str = NEW,
    ) -> Write:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": self.key(sort_key) | dict(fields),
        }
        if refused:
            put["ConditionExpression"] = condition
        return Write({"Put": put}, refused)

    def delete(self, sort_key: str, refused: HoldingsError | None = None) -> Write:
        delete = {"TableName": self._table, "Key": self.key(sort_key)}
        return Write({"Delete": delete}, refused)

    def put_connection(
        self, connection: Connection, refused: HoldingsError, condition: str = NEW
    ) -> Write:
        """An active one is found when it is due to be read; how it was last read is dropped."""
        fields = connection_fields(connection)
        if connection.status == "active":
            fields |= slot_field(READINGS, self._viewer)
        return self.put(f"{CONNECTION}{connection.id}", fields, refused, condition)

    def put_credential(self, connection_id: str, ciphertext: bytes) -> Write:
        return self.put(f"{CREDENTIAL}{connection_id}", {"ciphertext": {"B": ciphertext}})

    def take_account(self, connection: Connection) -> Write:
        taken = Conflict("this account is connected already: change that connection instead")
        fields = {"connection": {"S": connection.id}}
        return self.put(account_key(connection), fields, taken)

    def keep_once(self, once: Once, connection: Connection, now: int) -> Write:
        """Keep whose request it was for a day from `now`, in epoch seconds."""
        fields = {
            "digest": {"S": once.digest},
            "connection": {"S": connection.id},
            "ttl": number(now + _ONCE_SECONDS),
        }
        used = Conflict("a request with this Idempotency-Key has just been served: ask for it")
        write = self.put(once_key(once), fields, used, f"{NEW} OR #ttl <= :now")
        write.operation["Put"] |= {
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": number(now)},
        }
        return write

    def count(self, connection: Connection, by: int) -> Write:
        """Count connections on the profile, which is made with the first one."""
        update = self.update_profile(Profile(connection.created_at), only_new=True)
        update["UpdateExpression"] += " ADD connections :by"
        update["ExpressionAttributeValues"][":by"] = number(by)
        if by < 0:
            return Write({"Update": update})
        update["ConditionExpression"] = "attribute_not_exists(connections) OR connections < :most"
        update["ExpressionAttributeValues"][":most"] = number(MAX_CONNECTIONS)
        full = TooManyConnections(
            f"there are {MAX_CONNECTIONS} connections, as many as there may be: remove one first"
        )
        return Write({"Update": update}, full)

    def update_profile(self, profile: Profile, *, only_new: bool = False) -> dict[str, Any]:
        fields = profile_fields(profile) | slot_field(INSIGHTS, self._viewer)
        value = "if_not_exists(#{0}, :{0})" if only_new else ":{0}"
        changes = (f"#{name} = {value.format(name)}" for name in fields)
        return {
            "TableName": self._table,
            "Key": self.key(PROFILE),
            "UpdateExpression": f"SET {', '.join(changes)}",
            "ExpressionAttributeNames": {f"#{name}": name for name in fields},
            "ExpressionAttributeValues": {f":{name}": field for name, field in fields.items()},
        }
