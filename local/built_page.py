"""The page as `make web` built it, served as the cloud serves it: headers, caching, compression.

`python -m local.built_page` serves it until it is interrupted. It takes what Vite's server takes:
WEB_PORT (5173), HOLDINGS_WEB_CONFIG (what the page is told; that of the last `make run`) and
EXIT_WITH_PARENT (1: end when the starting process ends).
"""

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from werkzeug import Request, Response

from infra_pulumi.security_headers import content_security_policy, security_headers
from local.parent import ending
from local.served import Served
from local.settings import ROOT, LocalError, LocalSettings
from local.stack import PageConfig, page_config_file
from local.state import read_object
from operations.web import CONFIG, INDEX, cache_control, content_type

DIST = ROOT / "spa" / "dist"

# "Serve compressed files" in the CloudFront developer guide: of what size and which types.
_COMPRESSED_BYTES = range(1_000, 10_000_001)
_COMPRESSED_TYPES = ("text/", "application/json", "image/svg+xml")
_METHODS = ("GET", "HEAD")


def distribution(dist: Path, config: PageConfig) -> Callable[[Request], Response]:
    """Return what answers a request for the files in `dist` and for `config.json`.

    It plays CloudFront in front of the page's bucket, as infra_pulumi sets it up.
    """
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


def check_built(dist: Path = DIST) -> None:
    """Raises LocalError."""
    if not (dist / INDEX).is_file():
        raise LocalError(f"{dist} has no page in it: `make web` builds it")


class BuiltPage(Served):
    """The page at `url`, told `config`. Port 0 takes a free one."""

    def __init__(self, config: PageConfig, *, port: int = 0, dist: Path = DIST) -> None:
        """Raises LocalError if the page is not built."""
        check_built(dist)
        super().__init__(Request.application(distribution(dist, config)), port)


def main(environ: Mapping[str, str]) -> None:
    settings = LocalSettings.from_env(environ)
    file = Path(environ.get("HOLDINGS_WEB_CONFIG") or page_config_file(settings.state_dir))
    remedy = "`make run` writes it"
    config = read_object(file, missing=remedy, broken=remedy)
    told = ending(with_parent=environ.get("EXIT_WITH_PARENT") == "1")
    with BuiltPage(config, port=settings.web_port) as page:
        print(f"The built page: {page.url}", flush=True)
        told.wait()


if __name__ == "__main__":
    try:
        main(os.environ)
    except LocalError as error:
        sys.exit(f"built page: {error}")
