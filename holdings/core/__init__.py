"""What a holding is and how far a figure can be trusted. Knows no Flask, boto3 or requests."""
