"""What is kept of viewers for good: in DynamoDB, its keys encrypted by KMS, each viewer apart."""

from holdings.adapters.records.sessions import ViewerSessions
from holdings.adapters.records.table import DynamoDBRecords

__all__ = ["DynamoDBRecords", "ViewerSessions"]
