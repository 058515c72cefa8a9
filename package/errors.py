"""What stops a build, told so that the reader can mend it."""


class PackagingFailed(Exception):
    """The archive cannot be built; nothing was written."""


class NoInterpreter(PackagingFailed):
    """No Python 3.13 is here to compile for Lambda."""
