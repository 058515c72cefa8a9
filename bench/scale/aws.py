"""AWS as far as readings go, each answer after 5 ms, and a count of every call and unit.

`python -m bench.scale.aws VIEWERS` serves a table of so many viewers with a connection each. What
conditions say is not looked at: nobody else writes.
"""

import base64
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.scale.exchange import key
from bench.scale.latency import Answer, Request, as_json, serve
from holdings.adapters.records.items import PROFILE
from holdings.adapters.records.writes import ViewerWrites
from holdings.core.connections import Connection, Profile
from holdings.core.errors import Conflict

SECONDS = 0.005
RECORDS, CACHE = "holdings-bench-records", "holdings-bench-cache"
# What KMS adds to a short text: the key's name, a nonce, a tag.
_ENVELOPE = 150
_CREATED_AT = 1_780_000_000

Item = Mapping[str, Any]


def viewer(number: int) -> str:
    """As Cognito names people."""
    return f"9c1f0000-aaaa-4bbb-8ccc-{number:012x}"


def connection(number: int) -> str:
    return f"{_CREATED_AT * 1_000:012x}{number:020x}"


def items(number: int) -> Iterator[tuple[str, Item]]:
    """What a viewer with one connection has in the records, by sort key."""
    own = ViewerWrites(RECORDS, viewer(number))
    one = Connection(
        id=connection(number),
        exchange="coinbase_exchange",
        label="Main",
        account=f"00000000-0000-4000-8000-{number:012x}",
        key_hint=key(number)["api_key"][-4:],
        created_at=_CREATED_AT,
    )
    plaintext = as_json(key(number))
    puts = (
        own.put_connection(one, Conflict("")),
        own.put_credential(one.id, bytes(_ENVELOPE) + plaintext),
    )
    for put in puts:
        item = json.loads(json.dumps(put.operation["Put"]["Item"], default=_base64))
        yield item["sk"]["S"], item
    values = own.update_profile(Profile(_CREATED_AT))["ExpressionAttributeValues"]
    fields = {name.removeprefix(":"): value for name, value in values.items()}
    yield PROFILE, {**own.key(PROFILE), **fields, "connections": {"N": "1"}}


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB bills them.

    Source: "DynamoDB item sizes and formats" in the DynamoDB developer guide.
    """
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return -(-len(content) // 2) + 1
    if kind == "B":
        return len(base64.b64decode(content))
    if kind == "M":
        return 3 + sum(1 + len(name) + _value(inner) for name, inner in content.items())
    if kind == "L":
        return 3 + sum(1 + _value(inner) for inner in content)
    return 1


class Cloud:
    """`counts` has calls by "service.operation", units of DynamoDB, and bytes by place."""

    def __init__(self, viewers: int) -> None:
        self._records: dict[str, dict[str, Item]] = {}
        self.due: dict[str, list[Item]] = defaultdict(list)
        self._cache: dict[str, Item] = {}
        self._queues: dict[str, list[str]] = defaultdict(list)
        self.counts = Counter[str]()
        for number in range(viewers):
            own = self._records[f"viewer#{viewer(number)}"] = dict(items(number))
            for item in own.values():
                if "slot" in item:
                    found = {name: item[name] for name in ("pk", "sk")}
                    self.due[item["slot"]["S"]].append(found)
        self._operations: dict[str, Callable[[Any], object]] = {
            "DynamoDB_20120810.GetItem": self._get,
            "DynamoDB_20120810.PutItem": self._put,
            "DynamoDB_20120810.UpdateItem": self._update,
            "DynamoDB_20120810.Query": self._query,
            "TrentService.Decrypt": self._decrypt,
            "AmazonSQS.SendMessage": self._send,
            "AmazonSQS.SendMessageBatch": self._send_batch,
        }

    def respond(self, request: Request) -> tuple[Answer, float]:
        if request.path != "/":
            return Answer(as_json(self._asked(request.path))), 0.0
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return Answer(as_json({"__type": "x#MissingAuthenticationToken"}), 400), SECONDS
        target = request.headers.get("x-amz-target")
        if target is None:
            self.counts["sts.AssumeRole"] += 1
            return Answer(_SESSION, type="text/xml"), SECONDS
        service = _SERVICES[target.partition(".")[0]]
        self.counts[f"{service}.{target.partition('.')[2]}"] += 1
        answer = self._operations[target](json.loads(request.body))
        return Answer(as_json(answer)), SECONDS

    def _asked(self, path: str) -> object:
        """What the bench asks: the counts since it last did, or a queue's messages."""
        if path == "/_counts":
            counts, self.counts = dict(self.counts), Counter[str]()
            return counts
        return self._queues.pop(path.removeprefix("/_messages/"), [])

    def _get(self, request: Any) -> object:
        names = request["Key"]
        place = names["pk"]["S"]
        if request["TableName"] == CACHE:
            found = self._cache.get(place)
        else:
            found = self._records[place].get(names["sk"]["S"])
        self._read(size(found) if found else 0, consistent=request.get("ConsistentRead", False))
        return {"Item": found} if found else {}

    def _put(self, request: Any) -> object:
        item = request["Item"]
        place = item["pk"]["S"]
        self._cache[place] = item
        self._written(size(item))
        kind = place.partition("#")[0]
        self.counts[f"items.{kind}"] += 1
        self.counts[f"bytes.{kind}"] += size(item)
        return {}

    def _update(self, request: Any) -> object:
        """Only what says how a connection was last read."""
        own = self._records[request["Key"]["pk"]["S"]]
        sort_key = request["Key"]["sk"]["S"]
        item = {**own[sort_key], "last_read": request["ExpressionAttributeValues"][":last"]}
        own[sort_key] = item
        self._written(size(item))
        return {}

    def _query(self, request: Any) -> object:
        values = request["ExpressionAttributeValues"]
        if request.get("IndexName"):
            return self._page(self.due[values[":slot"]["S"]], request)
        first, last = values[":first"]["S"], values[":last"]["S"]
        own = self._records[values[":pk"]["S"]]
        found = [own[sort_key] for sort_key in sorted(own) if first <= sort_key <= last]
        self._read(sum(map(size, found)), consistent=request.get("ConsistentRead", False))
        return {"Items": found}

    def _page(self, due: list[Item], request: Any) -> object:
        start = int(request.get("ExclusiveStartKey", {}).get("at", {}).get("N", "0"))
        end = start + request["Limit"]
        found = due[start:end]
        self._read(sum(map(size, found)), consistent=False)
        more = {"LastEvaluatedKey": {"at": {"N": str(end)}}} if end < len(due) else {}
        return {"Items": found, **more}

    def _decrypt(self, request: Any) -> object:
        sealed = base64.b64decode(request["CiphertextBlob"])
        return {"Plaintext": base64.b64encode(sealed[_ENVELOPE:]).decode()}

    def _send(self, request: Any) -> object:
        self._queues[_queue(request)].append(request["MessageBody"])
        return {"MessageId": "m"}

    def _send_batch(self, request: Any) -> object:
        entries = request["Entries"]
        self._queues[_queue(request)] += [entry["MessageBody"] for entry in entries]
        return {"Successful": [{"Id": entry["Id"], "MessageId": "m"} for entry in entries]}

    def _read(self, length: int, *, consistent: bool) -> None:
        units = max(1, -(-length // 4_096))
        self.counts["units.read"] += units if consistent else units / 2  # pyright: ignore[reportArgumentType] - halves are halves

    def _written(self, length: int) -> None:
        self.counts["units.write"] += max(1, -(-length // 1_024))


_SERVICES = {"DynamoDB_20120810": "dynamodb", "TrentService": "kms", "AmazonSQS": "sqs"}

# A session token is some 700 characters, and is sent with every call in its name.
_SESSION = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
    f"<AccessKeyId>ASIA{'A' * 16}</AccessKeyId><SecretAccessKey>{'s' * 40}</SecretAccessKey>"
    f"<SessionToken>{'t' * 700}</SessionToken>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
).encode()


def _queue(request: Any) -> str:
    return request["QueueUrl"].rpartition("/")[2]


def _base64(value: object) -> str:
    assert isinstance(value, bytes)  # noqa: S101 - else it is not the table that is meant
    return base64.b64encode(value).decode()


if __name__ == "__main__":
    serve(Cloud(int(sys.argv[1])).respond)
