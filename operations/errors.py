"""What stops an operator, said with the mend."""


class OperationError(Exception):
    """The message is for the operator: what is missing or wrong, and how to mend it."""
