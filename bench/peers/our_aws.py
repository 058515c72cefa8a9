"""Our snapshot cache without our app: given it, a peer differs by its framework alone."""

import importlib.util
import os
import sys

# Made, but not run: holdings/__init__.py puts the app together, and so imports Flask.
_SPEC = importlib.util.find_spec("holdings")
sys.modules["holdings"] = importlib.util.module_from_spec(_SPEC)

from holdings.adapters import aws  # noqa: E402 - the package has to be made first
from holdings.adapters.dynamodb import DynamoDBSnapshotCache  # noqa: E402


def make_cache() -> DynamoDBSnapshotCache:
    client = aws.dynamodb(os.environ["AWS_REGION"])
    return DynamoDBSnapshotCache(client, os.environ["DDB_TABLE"], os.environ["DEFAULT_USER_ID"])
