"""`make package`: dist/holdings.zip, what Lambda runs and nothing else; same inputs, same bytes."""


class PackagingFailed(Exception):
    """The archive cannot be built, and nothing was written; the message says what to do."""


class NoInterpreter(PackagingFailed):
    """No Python 3.13 is here to compile for Lambda."""
