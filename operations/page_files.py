"""How each file of the built page is stored, and so how it is served: its type and its caching."""

from pathlib import PurePosixPath

from operations.errors import OperationError

INDEX = "index.html"
# What Pulumi puts beside the files: the page's knowledge of its stack.
CONFIG = "config.json"

# Written down, as what a machine's own list says varies; with nosniff a wrong type is an error.
# Text compresses on its way, as CloudFront does with these.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def content_type(key: str) -> str:
    """Raises OperationError for a kind of file that the page has not had so far."""
    suffix = PurePosixPath(key).suffix
    try:
        return CONTENT_TYPES[suffix]
    except KeyError:
        raise OperationError(
            f"{key} is of no known type: add {suffix or key} to operations/page_files.py"
        ) from None


def cache_control(key: str) -> str:
    """A name under assets/ has the file's hash in it; every other file is asked for each time."""
    return "public, max-age=31536000, immutable" if key.startswith("assets/") else "no-cache"
