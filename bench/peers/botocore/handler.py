"""A handler written by hand: botocore's own clients and urllib3, no framework. The practical floor.

It imports and connects on a miss what a hit does not need, and serves the stored text as it is.
"""

import json
import os
import time
from functools import lru_cache

import botocore.session
from botocore.config import Config

AWS = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "max_attempts": 2})
CACHE_TTL = int(os.environ.get("CACHE_TTL_SECONDS", "180"))
SECRET_TTL = int(os.environ.get("SECRET_CACHE_TTL_SECONDS", "300"))
TABLE = os.environ["DDB_TABLE"]
KEY = {"S": f"holdings#{os.environ['DEFAULT_USER_ID']}"}

session = botocore.session.get_session()


@lru_cache
def client(service):
    return session.create_client(service, config=AWS)


def handler(event, context):
    del context
    route = event["routeKey"]
    if route == "GET /health":
        return health()
    if route == "GET /holdings":
        return holdings(event)
    return answer(404, '{"message": "Not found"}')


def health():
    document = {
        "status": "ok",
        "name": os.environ["APP_NAME"],
        "version": os.environ["APP_VERSION"],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return answer(200, json.dumps(document))


def holdings(event):
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    if not claims.get("sub"):
        return answer(401, '{"message": "Not signed in"}')
    now = int(time.time())
    if (event.get("queryStringParameters") or {}).get("refresh") != "true":
        found = client("dynamodb").get_item(TableName=TABLE, Key={"pk": KEY}, ConsistentRead=True)
        item = found.get("Item")
        if item and int(item["expires_at"]["N"]) > now:
            return answer(200, item["payload"]["S"], "HIT")
    from portfolio import build_document, written

    payload = json.dumps(build_document(accounts(), now, CACHE_TTL), default=written)
    expires_at = now + CACHE_TTL
    client("dynamodb").put_item(
        TableName=TABLE,
        Item={
            "pk": KEY,
            "payload": {"S": payload},
            "expires_at": {"N": str(expires_at)},
            "ttl": {"N": str(expires_at + 86400)},
        },
    )
    return answer(200, payload, "MISS")


@lru_cache
def http():
    import urllib3

    return urllib3.PoolManager(timeout=10)


def accounts():
    from portfolio import signed_headers

    secret = read_secret(int(time.monotonic() // SECRET_TTL))
    headers = signed_headers(secret, "GET", "/accounts")
    response = http().request("GET", os.environ["CB_BASE_URL"] + "/accounts", headers=headers)
    if response.status != 200:
        raise RuntimeError(f"Coinbase answered {response.status}")
    return json.loads(response.data)


@lru_cache(maxsize=1)
def read_secret(period):
    """Kept in memory for a period of SECRET_TTL."""
    del period
    name = os.environ["CB_SECRET_NAME"]
    found = client("secretsmanager").get_secret_value(SecretId=name)
    return json.loads(found["SecretString"])


def answer(status, body, cache=None):
    headers = {"content-type": "application/json"}
    if cache:
        headers["x-cache"] = cache
    return {"statusCode": status, "headers": headers, "body": body}
