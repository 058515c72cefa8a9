import json
import re

import pulumi
import pytest

from holdings.core.service import DEADLINE_SECONDS
from infra_pulumi.config import ConfigError
from infra_pulumi.function import function_policy, lambda_trust, vpc_policy
from local.overrides import overrides
from local.settings import LocalSettings
from tests.infra.capture import ACCOUNT, ROOT, Program, declare, settings
from tests.infra.contracts import wildcards

VPC = {
    "holdings:subnetIds": '["subnet-0123456789abcdef0", "subnet-01234567"]',
    "holdings:securityGroupIds": '["sg-0123456789abcdef0"]',
}
SUBNET, GROUP = {"subnetIds": '["subnet-01234567"]'}, {"securityGroupIds": '["sg-01234567"]'}
SANDBOX = "https://api-public.sandbox.exchange.coinbase.com"
PRODUCTION = "https://api.exchange.coinbase.com"
INSIGHTS = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:20"
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def identifiers(kind: str, count: int) -> str:
    return json.dumps([f"{kind}-{number:08x}" for number in range(count)])


def test_the_role_may_do_what_the_app_does_and_nothing_else() -> None:
    policy = function_policy(
        region="eu-west-1",
        table_arn="table",
        secret_arn="secret",
        key_arn="key",
        viewer_role_arn="viewer",
        queue_arns=["queue"],
        log_group_arn="g",
    )

    via = ["dynamodb.eu-west-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"]
    assert [
        (s["Effect"], s["Action"], s["Resource"], s.get("Condition")) for s in policy["Statement"]
    ] == [
        ("Allow", ["dynamodb:GetItem", "dynamodb:PutItem"], ["table"], None),
        ("Allow", ["secretsmanager:GetSecretValue"], ["secret"], None),
        ("Allow", ["kms:Decrypt"], ["key"], {"StringEquals": {"kms:ViaService": via}}),
        ("Allow", ["sts:AssumeRole", "sts:TagSession"], ["viewer"], None),
        ("Allow", ["sqs:SendMessage"], ["queue"], None),
        ("Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["g:log-stream:*"], None),
        ("Allow", TRACES, ["*"], None),
    ]


def test_only_lambda_takes_the_role(program: Program) -> None:
    assert (
        json.loads(program.named("function-role").arguments["assumeRolePolicy"]) == lambda_trust()
    )
    assert lambda_trust()["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_role_has_the_policy_of_this_stack_s_own_things(program: Program) -> None:
    right = program.named("function-own-resources").arguments["policy"]

    assert json.loads(right) == function_policy(
        region="eu-west-1",
        table_arn="arn:of:cache",
        secret_arn="arn:of:coinbase",
        key_arn="arn:of:data-key",
        viewer_role_arn=f"arn:aws:iam::{ACCOUNT}:role/{program.named('viewer-role').arguments['name']}",
        queue_arns=["arn:of:sync-history", "arn:of:forget"],
        log_group_arn="arn:of:function-log",
    )


def test_in_a_vpc_lambda_and_not_the_code_gets_network_interfaces() -> None:
    program = declare("prod", settings("prod") | VPC)

    policy = json.loads(program.named("function-vpc").arguments["policy"])
    assert policy == vpc_policy(
        account_id=ACCOUNT,
        region="eu-west-1",
        function_name="holdings-prod-api",
    )
    denied = policy["Statement"][-1]
    allowed = {action for s in policy["Statement"][:-1] for action in s["Action"]}
    assert (denied["Effect"], set(denied["Action"])) == ("Deny", allowed)
    assert denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"] == [
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:holdings-prod-api"
    ]
    assert program.one("Function", "api").arguments["vpcConfig"] == {
        "subnetIds": ["subnet-0123456789abcdef0", "subnet-01234567"],
        "securityGroupIds": ["sg-0123456789abcdef0"],
    }
    assert "function-vpc" in program.one("Function", "api").depends_on


def test_the_function_runs_the_archive_as_it_was_built_for(stack: str, program: Program) -> None:
    function = dict(program.one("Function", "api").arguments)
    archive = function.pop("code")
    variables = function.pop("environment")["variables"]

    assert function == {
        "name": f"holdings-{stack}-api",
        "description": "Serves the holdings API",
        "role": "arn:of:function-role",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "app.handler",
        "publish": True,
        "memorySize": 512,
        "timeout": 20,
        "reservedConcurrentExecutions": -1,
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": "function-log-id",
            "applicationLogLevel": "INFO",
            "systemLogLevel": "INFO",
        },
        "tracingConfig": {"mode": "Active"},
    }
    assert archive.path.endswith("tests/infra/empty.zip")
    assert variables == {
        "DEFAULT_USER_ID": "default",
        "DDB_TABLE": f"holdings-{stack}-cache",
        "CB_BASE_URL": PRODUCTION if stack == "prod" else SANDBOX,
        "CB_SECRET_NAME": f"holdings-{stack}-coinbase",
        "CB_ADVANCED_URL": "https://api.coinbase.com",
        "RECORDS_TABLE": f"holdings-{stack}-records",
        "VIEWER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/holdings-{stack}-viewer",
        "RECORDS_KEY_ID": "arn:of:records-key",
        "ENVIRONMENT": stack,
        "METRICS_NAMESPACE": f"holdings/{stack}",
        "SHARED_CONNECTION": "true",
        "CACHE_TTL_SECONDS": "180",
        "STALE_TTL_SECONDS": "86400",
        "SECRET_CACHE_TTL_SECONDS": "300",
        "LOG_LEVEL": "INFO",
        "SYNC_HISTORY_QUEUE_URL": "url-of:sync-history",
        "FORGET_QUEUE_URL": "url-of:forget",
        "REFRESH_SECONDS": "3600",
        "SYNC_HISTORY_SECONDS": "86400",
        "API_PREFIX": "/api/v1",
        "CORS_ALLOW_ORIGIN": ",".join(
            program.one("Api").arguments["corsConfiguration"]["allowOrigins"]
        ),
        "CORS_ALLOW_HEADERS": "authorization,content-type,idempotency-key,if-match,if-none-match",
        "CORS_ALLOW_METHODS": "GET,HEAD,OPTIONS,POST,PATCH,PUT,DELETE",
    }


def test_prices_are_read_elsewhere_where_the_stack_says_so() -> None:
    url = "https://api.exchange.coinbase.com"
    program = declare("dev", {**settings("dev"), "holdings:cbMarketUrl": url})
    variables = program.one("Function", "api").arguments["environment"]["variables"]
    assert variables["CB_MARKET_URL"] == url


def test_every_function_is_told_the_stack_s_name_and_what_the_app_is_called() -> None:
    program = declare(
        "blue",
        settings("prod") | {"holdings:environment": "staging", "holdings:appName": "Kontor & Co"},
    )

    told = [one.arguments["environment"]["variables"] for one in program.functions]
    assert {(v["ENVIRONMENT"], v["APP_NAME"]) for v in told} == {("blue", "Kontor & Co")}


def test_what_a_function_is_told_fits_into_lambda_s_four_kilobytes() -> None:
    longest = json.dumps([f"https://{'a' * 48}{n}.example" for n in range(10, 43)])
    program = declare(
        "x" * 30,
        settings("prod")
        | {
            "aws:region": "ap-southeast-2",
            "holdings:environment": "staging",
            "holdings:corsOrigins": longest,
            "holdings:appName": "n" * 60,
            "holdings:sharedLabel": "l" * 60,
            "holdings:appVersion": "1" * 64,
            "holdings:defaultUserId": "u" * 128,
            "holdings:cbMarketUrl": PRODUCTION,
        },
    )

    told = program.one("Function", "api").arguments["environment"]["variables"]
    assert len(told["CORS_ALLOW_ORIGIN"]) > 2200
    # The mock's addresses are short: AWS's are an ARN of a key, and two addresses of queues.
    real = 75 + 2 * (len("https://sqs.ap-southeast-2.amazonaws.com/111122223333/") + 60)
    assert sum(len(name) + len(value) for name, value in told.items()) + real < 4096


def test_lambda_insights_is_a_layer_that_may_write_to_its_own_log_and_no_other() -> None:
    program = declare("prod", settings("prod") | {"holdings:lambdaInsightsLayerArn": INSIGHTS})

    having = {one.name: one.arguments.get("layers") for one in program.functions}
    assert {name: layers for name, layers in having.items() if layers} == {"api": [INSIGHTS]}
    (statement,) = json.loads(program.named("function-insights").arguments["policy"])["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == (
        "Allow",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda-insights:log-stream:*"],
    )
    assert "function-insights" in program.one("Function", "api").depends_on
    assert list(wildcards(program)) == []


@pytest.mark.parametrize(
    ("arn", "remedy"),
    [
        (INSIGHTS.replace("eu-west-1", "us-east-1"), "in eu-west-1"),
        (INSIGHTS.replace("-Arm64", ""), "LambdaInsightsExtension-Arm64"),
        (INSIGHTS.rpartition(":")[0], "with its version"),
        ("true", "the ARN of AWS's layer"),
    ],
)
def test_another_layer_than_that_of_the_region_and_processor_is_refused(
    arn: str, remedy: str
) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:lambdaInsightsLayerArn: .*{remedy}"):
        declare("prod", settings("prod") | {"holdings:lambdaInsightsLayerArn": arn})


def test_log_group_and_rights_are_there_before_the_function(program: Program) -> None:
    function = program.one("Function", "api")
    assert {"function-log", "function-own-resources"} <= {*function.depends_on}


def test_the_alias_follows_each_version_that_pulumi_publishes(program: Program) -> None:
    alias = program.named("live")

    assert alias.arguments["functionVersion"] == "7"
    assert alias.ignored == ()


def test_one_of_two_ways_to_start_warm_can_be_had() -> None:
    snap = declare("prod", settings("prod") | {"holdings:snapStart": "true"})
    warm = declare("prod", settings("prod") | {"holdings:provisionedConcurrency": "2"})

    assert snap.one("Function", "api").arguments["snapStart"] == {"applyOn": "PublishedVersions"}
    assert snap.all("ProvisionedConcurrencyConfig") == []
    assert warm.one("ProvisionedConcurrencyConfig").arguments == {
        "functionName": "holdings-prod-api",
        "qualifier": "live",
        "provisionedConcurrentExecutions": 2,
    }


def test_who_keeps_instances_ready_is_warned_that_no_canary_goes_with_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    declare("prod")
    assert "canary" not in caplog.text

    declare("prod", settings("prod") | {"holdings:provisionedConcurrency": "2"})
    assert "no canary beside provisionedConcurrency" in caplog.text


def test_levels_reach_lambda_in_its_own_words() -> None:
    program = declare("prod", settings("prod") | {"holdings:logLevel": "WARNING"})

    function = program.one("Function", "api").arguments
    assert function["loggingConfig"]["applicationLogLevel"] == "WARN"
    assert function["environment"]["variables"]["LOG_LEVEL"] == "WARNING"


@pytest.mark.parametrize("level", ["ERROR", "CRITICAL"])
def test_the_laptop_s_function_logs_what_alarms_would_count(level: str) -> None:
    changed = overrides(LocalSettings.from_env({}), {"LOG_LEVEL": level})

    function = declare("dev", settings("dev") | changed).one("Function", "api").arguments

    assert function["environment"]["variables"]["LOG_LEVEL"] == "WARNING"


def test_without_an_archive_the_program_says_how_to_get_it() -> None:
    with pytest.raises(pulumi.RunError, match=r"dist/none.zip is not there: run `make package`"):
        declare("prod", settings("prod") | {"holdings:codeArchive": "dist/none.zip"})


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_outside_dev_the_exchange_has_to_be_said(stack: str) -> None:
    config = {k: v for k, v in settings(stack).items() if k != "holdings:cbBaseUrl"}

    with pytest.raises(ConfigError, match=f"holdings:cbBaseUrl: say which .* {PRODUCTION}"):
        declare(stack, config)


def test_the_longest_request_ends_before_the_function_does() -> None:
    source = (ROOT / "holdings/adapters/aws.py").read_text()
    connect, read, attempts = (
        float(re.findall(rf"^_{name} = ([\d.]+)$", source, re.MULTILINE)[0])
        for name in ("CONNECT_TIMEOUT_SECONDS", "READ_TIMEOUT_SECONDS", "ATTEMPTS")
    )
    one_write = attempts * (connect + read) + (attempts - 1) * 1.0
    with pytest.raises(ConfigError) as refused:
        declare("prod", settings("prod") | {"holdings:timeoutSeconds": "1"})
    (least,) = re.findall(r"from (\d+) to 29", str(refused.value))

    assert int(least) >= DEADLINE_SECONDS + one_write + 1


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        ({"snapStart": "true", "provisionedConcurrency": "1"}, "refuses both"),
        ({"snapStart": "yes"}, "one of true, false"),
        ({"provisionedConcurrency": "3", "reservedConcurrency": "2"}, "no more than reserved"),
        ({"reservedConcurrency": "0"}, "0 refuses every request"),
        ({"reservedConcurrency": "-2"}, "from -1 to 1000"),
        ({"timeoutSeconds": "17"}, "from 18 to 29"),
        ({"memoryMb": "64"}, "from 128"),
        ({"subnetIds": '["subnet-01234567"]'}, "together"),
        ({"subnetIds": identifiers("subnet", 17), **GROUP}, "at most 16, not 17"),
        ({"securityGroupIds": identifiers("sg", 6), **SUBNET}, "at most 5, not 6"),
        ({"subnetIds": '["subnet-01234567", "subnet-01234567"]', **GROUP}, "name each once"),
        ({"securityGroupIds": '["sg-1"]', "subnetIds": '["subnet-01234567"]'}, "such as sg-"),
        ({"cbBaseUrl": "http://127.0.0.1:1"}, "use https"),
        ({"cbBaseUrl": "https://exchange.example/"}, "no slash"),
        ({"logLevel": "TRACE"}, "one of DEBUG"),
        # The alarms would count no warning any more.
        ({"logLevel": "ERROR"}, "one of DEBUG, INFO, WARNING"),
        ({"logLevel": "CRITICAL"}, "one of DEBUG, INFO, WARNING"),
        ({"defaultUserId": "a b"}, "letters, digits"),
        ({"codeArchive": "dist/holdings"}, "a .zip file"),
    ],
)
def test_a_bad_setting_of_the_function_is_named(config: dict[str, str], remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        declare("prod", settings("prod") | {f"holdings:{k}": v for k, v in config.items()})

    assert remedy in str(refused.value)
    assert f"holdings:{next(iter(config))}" in str(refused.value)
