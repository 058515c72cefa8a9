import json
import re

import pytest

from infra_pulumi.config import ConfigError
from tests.infra.capture import ROOT, declare, settings


def many(template: str, count: int) -> str:
    return json.dumps([template.format(number) for number in range(count)])


BAD = [
    ("aws:region", "", "a region, as eu-west-1"),
    ("aws:region", "Frankfurt", "a region, as eu-west-1"),
    ("aws:region", "us-gov-west-1", "not of GovCloud or China"),
    ("aws:region", "cn-north-1", "not of GovCloud or China"),
    ("aws:region", "us-iso-east-1", "a region, as eu-west-1"),
    ("aws:region", "eusc-de-east-1", "a region, as eu-west-1"),
    ("holdings:environment", "production", "one of dev, staging, prod"),
    ("holdings:environment", "", "one of dev, staging, prod"),
    ("holdings:callbackUrls", "", "a list of 1 or more URLs"),
    ("holdings:callbackUrls", "[]", "a list of 1 or more URLs"),
    ("holdings:callbackUrls", '"https://holdings.example/"', "a list of 1 or more URLs"),
    ("holdings:callbackUrls", "https://holdings.example/", "a list of 1 or more URLs"),
    ("holdings:callbackUrls", "[1]", "a list of 1 or more URLs"),
    ("holdings:callbackUrls", '["http://holdings.example/"]', "use https"),
    ("holdings:callbackUrls", '["http://localhost:5173/"]', "use https"),
    ("holdings:callbackUrls", '["https://a.example/", "ftp://a.example/"]', "ftp://a.example/"),
    ("holdings:callbackUrls", '["https://holdings.example/#top"]', "leave out fragment"),
    ("holdings:callbackUrls", '["https://me@holdings.example/"]', "leave out fragment, user"),
    ("holdings:callbackUrls", '["https:///page"]', "with its host"),
    ("holdings:callbackUrls", '["https://holdings.example/a b"]', "plain ASCII"),
    ("holdings:callbackUrls", '["https://[holdings"]', "not a URL"),
    ("holdings:callbackUrls", '["https://holdings.example:99999/"]', "not a URL"),
    ("holdings:callbackUrls", '["https://*.holdings.example/"]', "no wildcard"),
    ("holdings:callbackUrls", '["https://holdings.example:443/"]', "https://holdings.example:"),
    ("holdings:callbackUrls", '["https://holdings.example:0443/"]', "https://holdings.example:"),
    ("holdings:callbackUrls", '["https://holdings.example:/"]', "https://holdings.example:"),
    ("holdings:callbackUrls", '["https://holdings.example:0/"]', "whole URL"),
    ("holdings:callbackUrls", '["https://Holdings.example/"]', "https://holdings.example:"),
    ("holdings:callbackUrls", '["HTTPS://holdings.example/"]', "https://holdings.example:"),
    ("holdings:callbackUrls", '["https://[2001:0db8::1]/"]', "https://[2001:db8::1]"),
    ("holdings:callbackUrls", '["https://holdings..example/"]', "name one host"),
    ("holdings:callbackUrls", '["https://a.example/", "https://a.example/"]', "each once"),
    ("holdings:callbackUrls", f'["https://a.example/{"x" * 1024}"]', "at most 1024 characters"),
    ("holdings:callbackUrls", many("https://a.example/{}", 101), "at most 100, not 101"),
    ("holdings:logoutUrls", many("https://a.example/{}", 101), "at most 100, not 101"),
    ("holdings:logoutUrls", '["/bye"]', "with its host"),
    ("holdings:mfa", "optional", "one of off, required"),
    ("holdings:signUp", "closed", "one of invited, open"),
    ("holdings:healthCheck", "yes", "one of true, false"),
    ("holdings:keepData", "yes", "one of true, false"),
    ("holdings:hstsSubdomains", "maybe", "one of true, false"),
    ("holdings:hstsSubdomains", "true", "set webDomain"),
    ("holdings:domainPrefix", "Money", "a-z, 0-9"),
    ("holdings:domainPrefix", "-money", "a-z, 0-9"),
    ("holdings:domainPrefix", "my-cognito", "without aws, amazon or cognito"),
    ("holdings:domainPrefix", "x" * 64, "1 to 63"),
    ("holdings:apiScope", "read", "<identifier>/<name>"),
    ("holdings:apiScope", "holdings/", "<identifier>/<name>"),
    ("holdings:apiScope", "my holdings/read", "<identifier>/<name>"),
    ("holdings:apiWriteScope", "write", "<identifier>/<name>"),
    ("holdings:apiWriteScope", "other/write", "begin it with the identifier of apiScope"),
    ("holdings:apiWriteScope", "holdings/read", "another name than apiScope"),
    ("holdings:cbAdvancedUrl", "http://127.0.0.1:1", "use https"),
    ("holdings:cbMarketUrl", "http://127.0.0.1:1", "use https"),
    ("holdings:cbAdvancedUrl", "https://api.coinbase.com/", "no slash at the end"),
    ("holdings:sharedConnection", "yes", "one of true, false"),
    ("holdings:sharedLabel", "x" * 61, "1 to 60 characters"),
    ("holdings:appName", "x" * 61, "1 to 60 characters"),
    ("holdings:appName", "two\nlines", "1 to 60 characters"),
    ("holdings:probeThrottleRate", "0", "from 1 to 10000"),
    ("holdings:accessTokenMinutes", "4", "from 5 to 1440"),
    ("holdings:accessTokenMinutes", "1441", "from 5 to 1440"),
    ("holdings:idTokenMinutes", "an hour", "a whole number of minutes"),
    ("holdings:idTokenMinutes", "60.5", "a whole number of minutes"),
    ("holdings:refreshTokenDays", "0", "from 1 to 3650"),
    ("holdings:refreshTokenDays", "-1", "from 1 to 3650"),
    ("holdings:callbackUrl", "[]", "unknown key; known are "),
]


@pytest.mark.parametrize(("key", "value", "remedy"), BAD)
def test_a_bad_value_is_refused_with_key_and_remedy(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        declare("prod", {**settings("prod"), key: value})

    (line,) = str(refused.value).splitlines()[1:]
    assert line.startswith(f"  {key}: ")
    assert remedy in line


def test_every_bad_key_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        declare("prod", {"holdings:refreshTokenDays": "0", "holdings:typo": "1"})

    keys = [line.split(": ")[0].strip() for line in str(refused.value).splitlines()[1:]]
    assert keys == [
        "aws:region",
        "holdings:callbackUrls",
        "holdings:logoutUrls",
        "holdings:refreshTokenDays",
        "holdings:cbBaseUrl",
        "holdings:typo",
    ]


@pytest.mark.parametrize("stack", ["Prod", "my_stack", "-x", "x" * 31, "awsome"])
def test_a_stack_whose_name_cannot_be_part_of_a_host_name_is_refused(stack: str) -> None:
    with pytest.raises(ConfigError, match=r"stack name: 1 to 30 of a-z"):
        declare(stack, {**settings("prod"), "holdings:environment": "prod"})


def test_a_stack_of_another_name_must_say_which_environment_it_is() -> None:
    with pytest.raises(ConfigError, match=r"holdings:environment: .* it is 'blue'"):
        declare("blue", settings("prod"))


def test_plain_http_is_for_this_machine_and_dev_alone() -> None:
    pages = '["http://localhost:1/", "http://127.0.0.1:2/a", "http://[::1]:3/", "https://a.b/"]'
    declare("dev", {**settings("dev"), "holdings:callbackUrls": pages})

    with pytest.raises(ConfigError, match="use https, or plain http on this machine"):
        declare("dev", {**settings("dev"), "holdings:callbackUrls": '["http://a.example/"]'})


def test_keys_of_the_cli_are_read_and_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"holdings:typo": "1"}')

    with pytest.raises(ConfigError, match="holdings:typo: unknown key"):
        declare("prod", settings("prod"))


def test_every_key_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/stacks.md").read_text()
    documented = set(re.findall(r"^\| [^|]*\|", page, re.MULTILINE))
    keys = set(re.findall(r"`holdings:(\w+)`", "".join(documented)))

    with pytest.raises(ConfigError) as refused:
        declare("dev", settings("dev") | {"holdings:nothing": "1"})
    known = str(refused.value).partition("known are ")[2]
    assert keys == set(re.findall(r"\w+", known))
