"""Plays CloudFront in front of the page's bucket, as infra_pulumi/web.py sets it up."""

import gzip
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from werkzeug import Request, Response

from infra_pulumi.security_headers import content_security_policy, security_headers
from local.page_config import PageConfig
from operations.web import CONFIG, INDEX, cache_control, content_type

# "Serve compressed files" in the CloudFront developer guide: of what size and which types.
_COMPRESSED_BYTES = range(1_000, 10_000_001)
_COMPRESSED_TYPES = ("text/", "application/json", "image/svg+xml")
_METHODS = ("GET", "HEAD")


def distribution(dist: Path, config: PageConfig) -> Callable[[Request], Response]:
    """Return what answers a request for the files in `dist` and for `config.json`."""
    headers = security_headers(_policy(config))
    told = json.dumps(dict(config), indent=2).encode()

    def answer(request: Request) -> Response:
        if request.method not in _METHODS:
            return Response(status=403, headers=headers)
        key = request.path.removeprefix("/") or INDEX
        if key != CONFIG and not _is_file(dist, key):
            # A path inside the page: S3's refusal becomes the page itself.
            key = INDEX
        body = told if key == CONFIG else (dist / key).read_bytes()
        return _answer(request, key, body, headers)

    return answer


def _is_file(dist: Path, key: str) -> bool:
    path = (dist / key).resolve()
    return path.is_relative_to(dist.resolve()) and path.is_file()


def _answer(request: Request, key: str, body: bytes, headers: dict[str, str]) -> Response:
    kind = content_type(key)
    response = Response(body, content_type=kind, headers=headers)
    response.headers["Cache-Control"] = cache_control(key)
    compresses = kind.startswith(_COMPRESSED_TYPES) and len(body) in _COMPRESSED_BYTES
    compressed = compresses and request.accept_encodings["gzip"] > 0
    if compresses:
        response.vary.add("Accept-Encoding")
    if compressed:
        response.set_data(_gzipped(body))
        response.content_encoding = "gzip"
    response.set_etag(hashlib.sha256(body).hexdigest()[:32], weak=compressed)
    return response.make_conditional(request)


@lru_cache(maxsize=64)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _policy(config: PageConfig) -> str:
    """The demo has no sign-in: its page talks to the API alone."""
    api_url = config["api_url"]
    return content_security_policy(
        api_url=api_url,
        hosted_ui_url=config.get("hosted_ui_url", api_url),
    )
