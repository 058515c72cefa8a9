"""The page as `make web` built it, served as the cloud serves it: headers, caching, compression.

`python -m local.built_page` serves it until it is interrupted, with the API beside it. It takes
what Vite's server takes: WEB_PORT (5173), HOLDINGS_WEB_CONFIG (what the page is told; that of the
last `make run`), HOLDINGS_API_URL (the API with its prefix) and EXIT_WITH_PARENT (1: end when the
starting process ends).
"""

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import requests
from werkzeug import Request, Response

from infra_pulumi.paths import FILE, api_paths
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
# RFC 9110, 7.6.1; and what a proxy says of its own message.
_OF_ONE_HOP = {"connection", "content-length", "host", "keep-alive", "te", "transfer-encoding"}
# Longer than the gateway gives the API.
_API_SECONDS = 35


def distribution(
    dist: Path, config: PageConfig, api_url: str = ""
) -> Callable[[Request], Response]:
    """Return what answers a request for the files in `dist`, for `config.json` and for the API.

    It plays CloudFront before the page's bucket and the gateway, as infra_pulumi sets it up.
    `api_url` is where the API is, with its prefix; without one there is none beside the page.
    """
    headers = security_headers(
        content_security_policy(hosted_ui_url=config.get("hosted_ui_url", ""))
    )
    api = urlsplit(api_url)
    below = api_paths(api.path).removesuffix("*") if api_url else ""
    origin = f"{api.scheme}://{api.netloc}"
    told = json.dumps(dict(config), indent=2).encode()

    def answer(request: Request) -> Response:
        if below and request.path.startswith(below):
            return _from_the_api(request, origin, headers)
        if request.method not in _METHODS:
            return Response(status=403, headers=headers)
        key = request.path.removeprefix("/")
        if not FILE.search(key):
            key = INDEX
        if key != CONFIG and not _is_file(dist, key):
            return Response("AccessDenied", status=403, headers=headers)  # S3's word for missing
        body = told if key == CONFIG else (dist / key).read_bytes()
        return _answer(request, key, body, headers)

    return answer


def _from_the_api(request: Request, origin: str, headers: Mapping[str, str]) -> Response:
    """Ask the API what was asked, and return its answer as it is but for the page's headers."""
    sent = {k: v for k, v in request.headers.items() if k.lower() not in _OF_ONE_HOP}
    try:
        answer = requests.request(
            request.method,
            f"{origin}{request.full_path if request.query_string else request.path}",
            headers=sent,
            data=request.get_data(),
            timeout=_API_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException:
        return Response("the API does not answer", status=502, headers=dict(headers))
    got = {k: v for k, v in answer.headers.items() if k.lower() not in _OF_ONE_HOP}
    # Of a HEAD the length is of what is not sent.
    response = Response(answer.content, status=answer.status_code, headers={**got, **headers})
    if length := answer.headers.get("Content-Length"):
        response.headers["Content-Length"] = length
    return response


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


def check_built(dist: Path = DIST) -> None:
    """Raises LocalError."""
    if not (dist / INDEX).is_file():
        raise LocalError(f"{dist} has no page in it: `make web` builds it")


class BuiltPage(Served):
    """The page at `url`, told `config`. Port 0 takes a free one."""

    def __init__(
        self, config: PageConfig, *, port: int = 0, dist: Path = DIST, api_url: str = ""
    ) -> None:
        """Raises LocalError if the page is not built."""
        check_built(dist)
        super().__init__(Request.application(distribution(dist, config, api_url)), port)


def main(environ: Mapping[str, str]) -> None:
    settings = LocalSettings.from_env(environ)
    file = Path(environ.get("HOLDINGS_WEB_CONFIG") or page_config_file(settings.state_dir))
    remedy = "`make run` writes it"
    config = read_object(file, missing=remedy, broken=remedy)
    told = ending(with_parent=environ.get("EXIT_WITH_PARENT") == "1")
    api_url = environ.get("HOLDINGS_API_URL") or settings.api_url
    with BuiltPage(config, port=settings.web_port, api_url=api_url) as page:
        print(f"The built page: {page.url}", flush=True)
        told.wait()


if __name__ == "__main__":
    try:
        main(os.environ)
    except LocalError as error:
        sys.exit(f"built page: {error}")
