"""Our cache without our app: given it, a peer differs by its framework alone."""

import os

from holdings.adapters import tls
from holdings.adapters.aws import Aws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.dynamodb import DynamoDBSnapshotCache
from holdings.core.clock import Clock, Deadline
from holdings.core.once import once


class OurCache:
    def __init__(self):
        environment = AwsEnvironment.from_env(os.environ)
        dynamodb = Aws(environment, os.environ["AWS_REGION"], once(tls.context)).service("dynamodb")
        table, place = os.environ["DDB_TABLE"], os.environ["BENCH_PLACE"]
        self.clock = Clock()
        self.cache = DynamoDBSnapshotCache(dynamodb, table, place)

    def fresh(self):
        """Return the stored document, or None."""
        entry = self.cache.get(Deadline.after(10, self.clock))
        return entry.payload if entry and entry.expires_at > self.clock.now() else None
