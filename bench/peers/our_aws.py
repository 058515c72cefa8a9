"""Our snapshot cache without our app: given it, a peer differs by its framework alone."""

import importlib.util
import os
import sys

# Made, but not run: holdings/__init__.py puts the app together, and so imports Flask.
_SPEC = importlib.util.find_spec("holdings")
sys.modules["holdings"] = importlib.util.module_from_spec(_SPEC)

from holdings.adapters import aws, tls  # noqa: E402 - the package has to be made first
from holdings.adapters.aws_environment import AwsEnvironment  # noqa: E402
from holdings.adapters.dynamodb import DynamoDBSnapshotCache  # noqa: E402
from holdings.core.clock import Clock, Deadline  # noqa: E402
from holdings.core.freshness import CachedSnapshot  # noqa: E402
from holdings.core.once import once  # noqa: E402


class OurCache:
    def __init__(self) -> None:
        environment = AwsEnvironment.from_env(os.environ)
        dynamodb, _ = aws.services(environment, os.environ["AWS_REGION"], once(tls.context))
        table, user = os.environ["DDB_TABLE"], os.environ["DEFAULT_USER_ID"]
        self._cache = DynamoDBSnapshotCache(dynamodb, table, user)
        self._clock = Clock()

    def get(self) -> CachedSnapshot | None:
        return self._cache.get(Deadline.after(10.0, self._clock))
