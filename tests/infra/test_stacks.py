"""What the stack files say, and what a stack tells those who use it."""

import re

from tests.infra.capture import ACCOUNT, ROOT, Program, declare, declared, settings, stack_file

# The environment's own: the rest of a stack is the same in all of them.
DIFFERENCES = {
    "aws:defaultTags",
    "holdings:callbackUrls",
    "holdings:logoutUrls",
    "holdings:corsOrigins",
    "holdings:cbBaseUrl",
    "holdings:logRetentionDays",
    "holdings:alarmEmails",
    "holdings:throttleRate",
    "holdings:throttleBurst",
    "holdings:holdingsThrottleRate",
    "holdings:holdingsThrottleBurst",
    "holdings:budgetUsd",
}


JOBS = (
    *("refresh-readings", "sync-history", "compute-features", "assign-persona"),
    *("generate-recommendations", "evaluate-alerts", "forget"),
)


def test_the_stack_files_hold_differences_of_environment_only(stack: str) -> None:
    assert stack_file(stack).keys() - {"aws:region"} <= DIFFERENCES


def test_environments_are_made_of_the_same_things_but_for_the_firewall() -> None:
    shapes = {
        stack: {
            (r.type, r.name)
            for r in declared(stack).declared
            if r.component != "holdings:infra:Firewall"
        }
        for stack in ("dev", "staging", "prod")
    }

    assert shapes["dev"] == shapes["staging"] == shapes["prod"]


def test_logs_are_kept_longer_the_more_they_matter() -> None:
    kept = {
        stack: {group.arguments["retentionInDays"] for group in declared(stack).all("LogGroup")}
        for stack in ("dev", "staging", "prod")
    }

    assert kept == {"dev": {14}, "staging": {30}, "prod": {365}}


def test_a_stack_exports_what_clients_and_operators_need(stack: str, program: Program) -> None:
    region = settings(stack)["aws:region"]

    assert program.exports == {
        "region": region,
        "api_url": "https://web-distribution.cloudfront.net/api/v1",
        "direct_api_url": "https://http-api.api.aws/api/v1",
        "firewall": "arn:of:firewall" if stack == "prod" else "",
        "api_id": "http-api-id",
        "api_execution_arn": "execution-arn:of:http-api",
        "api_log_group": "access-log-id",
        "api_scope": "holdings/read",
        "api_write_scope": "holdings/write",
        "hosted_ui_url": f"https://holdings-{stack}-{ACCOUNT}.auth.{region}.amazoncognito.com",
        "user_pool_id": "users-id",
        "user_pool_arn": "arn:of:users",
        "client_id": "web-id",
        "issuer": "https://endpoint.of/users",
        "web_url": "https://web-distribution.cloudfront.net",
        "web_bucket": f"holdings-{stack}-web-{ACCOUNT}",
        "web_distribution_id": "web-distribution-id",
        "function": f"holdings-{stack}-api",
        "queues": {job: f"url-of:{job}" for job in JOBS},
        "dead_queues": {job: f"url-of:{job}-dead" for job in JOBS},
        "job_functions": {job: f"holdings-{stack}-{job}" for job in JOBS},
        "queue_arns": {job: f"arn:of:{job}" for job in JOBS},
        "dead_queue_arns": {job: f"arn:of:{job}-dead" for job in JOBS},
        "job_function_arns": {job: f"arn:of:{job}" for job in JOBS},
        "job_log_groups": {job: f"{job}-log-id" for job in ("plan", *JOBS)},
        "planner": f"holdings-{stack}-plan",
        "planner_arn": "arn:of:plan",
        "mail_dkim_tokens": [],
        "function_role": "arn:of:function-role",
        "function_arn": "arn:of:api",
        "function_alias": "live",
        "function_alias_arn": "arn:of:live",
        "function_log_group": "function-log-id",
        "table": f"holdings-{stack}-cache",
        "table_arn": "arn:of:cache",
        "secret": f"holdings-{stack}-coinbase",
        "secret_arn": "arn:of:coinbase",
        "data_key": "arn:of:data-key",
        "log_key": "arn:of:log-key",
        "records_table": f"holdings-{stack}-records",
        "records_table_arn": "arn:of:records",
        "records_key": "arn:of:records-key",
        "viewer_role": "arn:of:viewer-role",
        "dashboard": f"holdings-{stack}",
        "alarm_topic": "arn:of:alarms",
        "health_topic": "",
        "alarms": {
            alarm.name: f"holdings-{stack}-{alarm.name}" for alarm in program.all("MetricAlarm")
        },
        "release": {"percent": 10, "minutes": 0 if stack == "dev" else 15},
        "api_domain_target": "",
        "web_domain_target": "web-distribution.cloudfront.net",
    }


def test_the_page_of_stacks_says_what_each_output_is() -> None:
    _, _, section = (ROOT / "docs/stacks.md").read_text().partition("## What a stack tells")
    rows = re.findall(r"^\| ([^|]*) \| [^|]+ \|$", section, re.MULTILINE)

    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(declared("dev").exports)


def test_every_resource_belongs_to_a_component(program: Program) -> None:
    firewalled = bool(program.exports["firewall"])
    assert {resource.component for resource in program.declared} == {
        f"holdings:infra:{name}"
        for name in (
            "Alarms",
            "EncryptionKey",
            "Function",
            "HttpApi",
            "Identity",
            "Logs",
            "Planner",
            "Queue",
            "Records",
            "Storage",
            "ViewerRole",
            "Web",
            "Worker",
            *(["Firewall"] if firewalled else []),
        )
    }


def test_a_stack_of_any_name_region_and_environment_can_be_made() -> None:
    config = settings("prod") | {"aws:region": "ap-southeast-2", "holdings:environment": "staging"}

    program = declare("x" * 30, config)

    assert len(program.exports["web_bucket"]) <= 63
    assert len(program.exports["function"]) <= 64
    assert all(len(role.arguments["name"]) <= 64 for role in program.all("Role"))
