"""The page's files on the running stack, and what the page is told of it."""

import json

import requests

from tests.e2e.conftest import Running


def test_the_page_is_served_at_the_address_that_is_printed(stack: Running) -> None:
    answer = requests.get(stack.stack.web_url, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.lstrip().lower().startswith("<!doctype html>")
    assert f"page      {stack.stack.web_url} " in stack.output


def test_the_page_is_told_of_this_stack(stack: Running) -> None:
    told = requests.get(f"{stack.stack.web_url}/config.json", timeout=10)
    assert told.headers["Content-Type"] == "application/json"
    assert told.json() == {
        "api_url": stack.stack.api_url,
        "hosted_ui_url": stack.stack.hosted_ui_url,
        "issuer": stack.stack.issuer,
        "client_id": stack.stack.client_id,
        "scope": stack.stack.scope,
    }


def test_it_is_told_what_the_cloud_tells_it(stack: Running) -> None:
    """The same keys, and the same client: one build serves both."""
    s3 = stack.aws("s3")
    [bucket] = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    cloud = json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    local = requests.get(f"{stack.stack.web_url}/config.json", timeout=10).json()
    addresses = ("api_url", "hosted_ui_url")
    assert cloud.keys() == local.keys()
    assert {k: v for k, v in cloud.items() if k not in addresses} == {
        k: v for k, v in local.items() if k not in addresses
    }


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
