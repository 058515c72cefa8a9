"""The page's files on the running stack, and what the page is told of it."""

import json
from pathlib import Path
from typing import Any

import requests

from local.provision.compute import CODE_BUCKET
from local.sign_in import access_token
from operations.web import Hosting, deploy_web
from tests.e2e.conftest import Running


def page_bucket(s3: Any) -> str:
    """The one of the program; the emulator has another, of the functions' code."""
    names = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    [bucket] = [name for name in names if name != CODE_BUCKET]
    return bucket


def test_the_page_is_served_at_the_address_that_is_printed(stack: Running) -> None:
    answer = requests.get(stack.stack.web_url, timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.lstrip().lower().startswith("<!doctype html>")
    assert f"page      {stack.stack.web_url} " in stack.output


def test_the_page_is_told_of_this_stack(stack: Running) -> None:
    told = requests.get(f"{stack.stack.web_url}/config.json", timeout=60)
    assert told.headers["Content-Type"] == "application/json"
    assert told.json() == {
        "api_url": "/api/v1",
        "hosted_ui_url": stack.stack.hosted_ui_url,
        "issuer": stack.stack.issuer,
        "client_id": stack.stack.client_id,
        "scope": stack.stack.scope,
    }


def test_it_is_told_what_the_cloud_tells_it(stack: Running) -> None:
    """The same keys, and the same client: one build serves both."""
    s3 = stack.aws("s3")
    bucket = page_bucket(s3)
    cloud = json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    local = requests.get(f"{stack.stack.web_url}/config.json", timeout=60).json()
    assert cloud.keys() == local.keys()
    assert cloud | {"hosted_ui_url": ""} == local | {"hosted_ui_url": ""}


def test_the_page_may_read_the_api_s_answers_by_either_name_of_this_machine(
    stack: Running,
) -> None:
    for host in ("127.0.0.1", "localhost"):
        origin = f"http://{host}:{stack.ports['WEB_PORT']}"
        answer = stack.get(Origin=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == origin


def test_a_path_inside_the_page_shows_the_page(stack: Running) -> None:
    answer = requests.get(
        f"{stack.stack.web_url}/some/place", headers={"Accept": "text/html"}, timeout=10
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().lower().startswith("<!doctype html>")


def test_the_api_is_beside_the_page(stack: Running) -> None:
    answer = requests.get(f"{stack.stack.web_url}/api/v1/health", timeout=60)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    token = {"Authorization": f"Bearer {access_token(stack.stack)}"}
    read = requests.get(f"{stack.stack.web_url}/api/v1/holdings", headers=token, timeout=60)
    assert read.json() == stack.get().json()
    missing = requests.get(f"{stack.stack.web_url}/api/v1/nothing", timeout=60)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_the_page_is_deployed_to_the_bucket_and_the_distribution_that_pulumi_made(
    stack: Running, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    s3, cloudfront = stack.aws("s3"), stack.aws("cloudfront")
    bucket = page_bucket(s3)
    [page] = cloudfront.list_distributions()["DistributionList"]["Items"]
    deployed = deploy_web(
        s3, cloudfront, Hosting(bucket, page["Id"]), tmp_path, reference="1", prune=True
    )
    assert deployed.files == 1
    assert {found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]} == {
        "config.json",
        "index.html",
    }
    stored = s3.head_object(Bucket=bucket, Key="index.html")
    assert (stored["CacheControl"], stored["ContentType"]) == (
        "no-cache",
        "text/html; charset=utf-8",
    )
