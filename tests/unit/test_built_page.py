"""The built page as the cloud serves it: the player of CloudFront on this machine."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug import Request
from werkzeug.test import Client

from infra_pulumi.security_headers import content_security_policy, security_headers
from local.built_page import BuiltPage, distribution, main
from local.served import Served
from local.settings import LocalError

CONFIG = {
    "api_url": "/api/v1",
    "hosted_ui_url": "http://127.0.0.1:4566",
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/pool",
    "client_id": "client",
    "scope": "holdings/read",
}
INDEX = "<!doctype html><title>Holdings</title>"
SCRIPT = "console.log('holdings');\n" * 99


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("outside")
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(INDEX)
    (dist / "icon.svg").write_text("<svg/>")
    (dist / "assets" / "index-a1b2.js").write_text(SCRIPT)
    return dist


@pytest.fixture
def client(dist: Path) -> Client:
    return Client(Request.application(distribution(dist, CONFIG)))


@pytest.mark.parametrize("path", ["/", "/assets/index-a1b2.js", "/config.json", "/no/such/file"])
def test_every_answer_carries_the_cloud_s_security_headers(client: Client, path: str) -> None:
    csp = content_security_policy(hosted_ui_url=CONFIG["hosted_ui_url"])
    assert security_headers(csp).items() <= dict(client.get(path).headers).items()


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/config.json", "application/json", "no-cache"),
        (
            "/assets/index-a1b2.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_each_file_has_its_type_and_its_caching(
    client: Client, path: str, kind: str, caching: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, kind)
    assert answer.headers["Cache-Control"] == caching


@pytest.mark.parametrize("path", ["/assets/gone.js", "/../secret.txt", "/favicon.ico"])
def test_a_file_that_is_not_there_is_refused_as_s3_refuses_it(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (403, "AccessDenied")


@pytest.mark.parametrize("path", ["/some/place", "/assets/", "/statements/2026-11-21"])
def test_a_path_inside_the_page_is_the_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.content_type == "text/html; charset=utf-8"


def test_text_is_compressed_for_who_takes_it(client: Client) -> None:
    path = "/assets/index-a1b2.js"
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, deflate"})
    assert (plain.text, "Content-Encoding" in plain.headers) == (SCRIPT, False)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == SCRIPT
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_what_is_too_small_to_gain_by_it_is_not_compressed(client: Client) -> None:
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert (answer.text, "Content-Encoding" in answer.headers) == (INDEX, False)


@pytest.mark.parametrize("path", ["/", "/assets/index-a1b2.js"])
def test_a_file_that_is_known_already_is_not_sent_again(client: Client, path: str) -> None:
    headers = {"Accept-Encoding": "gzip"}
    tag = client.get(path, headers=headers).headers["ETag"]
    answer = client.get(path, headers=headers | {"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_the_page_is_only_read(client: Client) -> None:
    assert client.post("/").status_code == 403
    head = client.head("/")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(INDEX))


@pytest.fixture
def beside(dist: Path) -> Iterator[Client]:
    """The page with an API beside it, which says what it was asked."""

    def app(environ: Any, start: Any) -> list[bytes]:
        request = Request(environ)
        status = "404 NOT FOUND" if request.path.endswith("/nothing") else "200 OK"
        start(status, [("Content-Type", "application/problem+json"), ("X-Cache", "MISS")])
        told = {
            "method": request.method,
            "path": request.full_path,
            "token": request.headers.get("Authorization"),
            "body": request.get_data(as_text=True),
        }
        return [json.dumps(told).encode()]

    with Served(app) as api:
        served = distribution(dist, CONFIG, f"{api.url}/api/v1")
        yield Client(Request.application(served))


def test_the_api_is_asked_as_the_browser_asks(beside: Client) -> None:
    answer = beside.post("/api/v1/x?a=1&a=%2F", data="body", headers={"Authorization": "Bearer t"})
    assert answer.json == {
        "method": "POST",
        "path": "/api/v1/x?a=1&a=%2F",
        "token": "Bearer t",
        "body": "body",
    }
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "MISS")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing"])
def test_an_error_of_the_api_is_no_page(beside: Client, path: str) -> None:
    answer = beside.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_api_that_is_not_there_is_said_to_be(dist: Path) -> None:
    nobody = distribution(dist, CONFIG, "http://127.0.0.1:1/api/v1")
    assert Client(Request.application(nobody)).get("/api/v1/health").status_code == 502


def test_the_page_without_sign_in_talks_to_its_own_address_alone(dist: Path) -> None:
    config = {"api_url": "/api/v1"}
    client = Client(Request.application(distribution(dist, config)))
    assert client.get("/config.json").json == config
    policy = client.get("/").headers["Content-Security-Policy"]
    connect = next(part for part in policy.split("; ") if part.startswith("connect-src"))
    assert connect.split()[1:] == ["'self'"]


def test_it_is_served_until_it_is_stopped(dist: Path) -> None:
    with BuiltPage(CONFIG, dist=dist) as page:
        assert page.url.startswith("http://127.0.0.1:")
        assert requests.get(page.url, timeout=60).text == INDEX
    with pytest.raises(requests.ConnectionError):
        requests.get(page.url, timeout=1)


def test_a_page_that_is_not_built_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make web"):
        BuiltPage(CONFIG, dist=tmp_path)


def test_a_page_that_knows_of_no_stack_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"config\.json is not here: .*make run"):
        main({"LOCAL_STATE_DIR": str(tmp_path)})


def test_another_build_is_served_at_once(client: Client, dist: Path) -> None:
    (dist / "index.html").write_text("again")
    assert client.get("/").text == "again"
    assert json.loads(client.get("/config.json").data) == CONFIG
