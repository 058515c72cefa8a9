"""The page as `make web` built it, served as the cloud serves it: headers, caching, compression."""

from local.built_page.server import DIST, BuiltPage, check_built

__all__ = ["DIST", "BuiltPage", "check_built"]
