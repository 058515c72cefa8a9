"""The queues of work, the functions that do it, and what wakes the planner."""

import json
from importlib import import_module
from typing import Any

import pytest

from infra_pulumi.config import ConfigError
from infra_pulumi.function import lambda_trust
from infra_pulumi.job_table import PLANNED
from tests.infra.capture import ACCOUNT, Program, declare, declared, settings

JOBS = (
    *("refresh-readings", "sync-history", "compute-features", "assign-persona"),
    *("generate-recommendations", "evaluate-alerts", "forget"),
)
SENDS = {
    "refresh-readings": ["evaluate-alerts", "sync-history"],
    "sync-history": ["sync-history"],
    "compute-features": ["assign-persona"],
    "assign-persona": ["generate-recommendations"],
}
# Of seed 004: five minutes, and so much memory.
SIZES = {
    "compute-features": (300, 1024),
    "assign-persona": (300, 512),
    "generate-recommendations": (300, 512),
}


def statements(program: Program, name: str, carrier: str = "policy") -> dict[str, dict[str, Any]]:
    found = json.loads(program.named(name).arguments[carrier])["Statement"]
    return {statement["Sid"]: statement for statement in found}


def told(program: Program, name: str) -> dict[str, str]:
    return program.one("Function", name).arguments["environment"]["variables"]


@pytest.mark.parametrize("job", JOBS)
def test_a_message_is_hidden_for_six_runs_and_ends_where_somebody_finds_it(
    job: str, program: Program
) -> None:
    queue, dead = (program.one("Queue", f"{job}{end}").arguments for end in ("", "-dead"))
    worker = program.one("Function", job).arguments
    assert queue["visibilityTimeoutSeconds"] >= 6 * worker["timeout"]
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:of:{job}-dead",
        "maxReceiveCount": 5,
    }
    # What lies there is kept at least as long as it may have waited before.
    assert dead["messageRetentionSeconds"] >= queue["messageRetentionSeconds"]
    assert queue["sqsManagedSseEnabled"]
    assert dead["sqsManagedSseEnabled"]


@pytest.mark.parametrize("job", JOBS)
def test_nothing_but_what_failed_there_ends_among_the_failed(
    job: str, stack: str, program: Program
) -> None:
    only = program.one("Queue", f"{job}-dead").arguments["redriveAllowPolicy"]
    source = program.one("Queue", job).arguments["name"]
    assert source == f"holdings-{stack}-{job}"
    assert json.loads(only) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{source}"],
    }


@pytest.mark.parametrize("job", JOBS)
def test_each_message_is_answered_for_by_itself_and_few_run_at_once(
    job: str, program: Program
) -> None:
    mapping = program.one("EventSourceMapping", f"{job}-messages")
    assert mapping.arguments == {
        "eventSourceArn": f"arn:of:{job}",
        "functionName": f"arn:of:{job}",
        "batchSize": 1 if job in ("sync-history", "forget") else 10,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 5},
    }
    assert f"{job}-own-work" in mapping.depends_on


@pytest.mark.parametrize("job", JOBS)
def test_a_worker_may_do_its_work_and_nothing_else(job: str, program: Program) -> None:
    viewer_role = program.named("viewer-role").arguments["name"]
    rights = statements(program, f"{job}-own-work")
    cache = {"dynamodb:GetItem", "dynamodb:PutItem"}
    once = job in SIZES
    found = {sid: (set(one["Action"]), one["Resource"]) for sid, one in rights.items()}
    wanted: dict[str, Any] = {
        "OwnQueue": (
            {
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            },
            [f"arn:of:{job}"],
        ),
        "Cache": (
            cache | ({"dynamodb:UpdateItem", "dynamodb:DeleteItem"} if once else set[str]()),
            ["arn:of:cache"],
        ),
        "DecryptThroughThem": ({"kms:Decrypt"}, ["arn:of:data-key"]),
        "ActForAViewer": (
            {"sts:AssumeRole", "sts:TagSession"},
            [f"arn:aws:iam::{ACCOUNT}:role/{viewer_role}"],
        ),
        "OwnLog": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            [f"arn:of:{job}-log:log-stream:*"],
        ),
        "Traces": ({"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, ["*"]),
    }
    if job in SENDS:
        wanted["AskForWork"] = ({"sqs:SendMessage"}, [f"arn:of:{one}" for one in SENDS[job]])
    if job == "refresh-readings":
        wanted["CoinbaseCredentials"] = ({"secretsmanager:GetSecretValue"}, ["arn:of:coinbase"])
    assert found == wanted
    services = ["dynamodb", *(["secretsmanager"] if job == "refresh-readings" else [])]
    assert rights["DecryptThroughThem"]["Condition"]["StringEquals"]["kms:ViaService"] == [
        f"{service}.eu-west-1.amazonaws.com" for service in services
    ]
    trust = program.named(f"{job}-role").arguments["assumeRolePolicy"]
    assert json.loads(trust) == lambda_trust()
    assert program.one("Function", job).arguments["role"] == f"arn:of:{job}-role"


@pytest.mark.parametrize("job", JOBS)
def test_a_worker_runs_the_same_archive_and_knows_what_it_needs(job: str, program: Program) -> None:
    api, worker = (program.one("Function", name).arguments for name in ("api", job))
    assert worker["code"].path == api["code"].path
    assert worker["handler"] == f"holdings.jobs.{job.replace('-', '_')}.handler"
    assert worker["loggingConfig"]["logGroup"] == f"{job}-log-id"
    assert worker["tracingConfig"] == {"mode": "Active"}
    if job in SIZES:
        assert (worker["timeout"], worker["memorySize"]) == SIZES[job]
    variables = told(program, job)
    shared = job == "refresh-readings"
    assert variables["SHARED_CONNECTION"] == ("true" if shared else "false")
    assert ("CB_SECRET_NAME" in variables) is shared
    queues = {name for name in variables if name.endswith("_QUEUE_URL")}
    assert queues == {f"{one.upper().replace('-', '_')}_QUEUE_URL" for one in SENDS.get(job, ())}


def test_every_job_has_the_handler_that_its_function_is_to_run() -> None:
    program = declare("dev", settings("dev") | {"holdings:mailFrom": "alerts@holdings.example"})
    handlers = {one.arguments["handler"] for one in program.functions} - {"app.handler"}
    assert {
        handler
        for handler in handlers
        if not callable(getattr(import_module(handler.rpartition(".")[0]), "handler", None))
    } == set()


def test_without_the_shared_connection_no_job_has_its_key() -> None:
    program = declare("dev", settings("dev") | {"holdings:sharedConnection": "false"})
    for job in JOBS:
        assert "CoinbaseCredentials" not in statements(program, f"{job}-own-work")
        assert "CB_SECRET_NAME" not in told(program, job)


def test_a_longer_run_hides_messages_for_longer() -> None:
    longer = declare("dev", settings("dev") | {"holdings:jobTimeoutSeconds": "900"})
    assert longer.one("Queue", "sync-history").arguments["visibilityTimeoutSeconds"] == 5400


def test_a_schedule_wakes_the_planner_each_minute_and_may_do_nothing_else(
    stack: str, program: Program
) -> None:
    schedule = program.one("Schedule").arguments
    assert schedule == {
        "name": f"holdings-{stack}-plan",
        "description": "Wakes the planner, which finds out what is due",
        "scheduleExpression": "rate(1 minute)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "state": "ENABLED",
        "target": {
            "arn": "arn:of:plan",
            "roleArn": "arn:of:schedule-role",
            "input": "{}",
            "retryPolicy": {"maximumRetryAttempts": 1, "maximumEventAgeInSeconds": 120},
        },
    }
    (wakes,) = statements(program, "schedule-wakes-planner").values()
    assert (wakes["Action"], wakes["Resource"]) == (["lambda:InvokeFunction"], ["arn:of:plan"])
    (trust,) = statements(program, "schedule-role", "assumeRolePolicy").values()
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_the_planner_sees_keys_alone_and_acts_for_nobody(stack: str, program: Program) -> None:
    rights = statements(program, "plan-own-work")
    assert {sid: (one["Action"], one["Resource"]) for sid, one in rights.items()} == {
        "WhatIsDue": (["dynamodb:Query"], ["arn:of:records/index/due"]),
        "DecryptTheIndex": (["kms:Decrypt"], ["arn:of:records-key"]),
        "AskForWork": (["sqs:SendMessage"], [f"arn:of:{job}" for job in PLANNED]),
        "OwnPlace": (["dynamodb:GetItem", "dynamodb:PutItem"], ["arn:of:cache"]),
        "DecryptTheCache": (["kms:Decrypt"], ["arn:of:data-key"]),
        "OwnLog": (["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:of:plan-log:log-stream:*"]),
        "Traces": (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
    }
    assert rights["DecryptTheIndex"]["Condition"]["StringEquals"] == {
        "kms:ViaService": ["dynamodb.eu-west-1.amazonaws.com"],
        "kms:EncryptionContext:aws:dynamodb:tableName": f"holdings-{stack}-records",
    }
    callers = statements(program, "viewer-role", "assumeRolePolicy")["FunctionsNameTheViewer"]
    assert "arn:of:plan-role" not in callers["Principal"]["AWS"]
    variables = told(program, "plan")
    assert "CB_SECRET_NAME" not in variables
    assert {name for name in variables if name.endswith("_QUEUE_URL")} == {
        f"{job.upper().replace('-', '_')}_QUEUE_URL" for job in PLANNED
    }
    assert (variables["REFRESH_SECONDS"], variables["INSIGHTS_SECONDS"]) == ("3600", "86400")


def test_a_stack_may_do_nothing_by_itself() -> None:
    program = declare("prod", settings("prod") | {"holdings:schedules": "false"})
    assert program.one("Schedule").arguments["state"] == "DISABLED"
    assert "plan-missing" not in {alarm.name for alarm in program.all("MetricAlarm")}


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("refreshMinutes", "1441", "from 0 to 1440"),
        ("insightsHour", "24", "from 0 to 23"),
        ("insightsMinutes", "-1", "from 0"),
        ("syncHistoryMinutes", "often", "a whole number"),
        ("mailFrom", "holdings", "an e-mail address"),
        ("mailFrom", "a@b.example\nBcc: c@d.example", "an e-mail address"),
    ],
)
def test_a_bad_setting_of_the_jobs_is_named(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:{key}: .*{remedy}"):
        declare("prod", settings("prod") | {f"holdings:{key}": value})


MAILS = {"holdings:mailFrom": "alerts@holdings.example"}


@pytest.fixture(scope="module")
def mailing() -> Program:
    return declare("prod", settings("prod") | MAILS)


def test_mail_is_sent_from_the_one_address_and_its_address_asked_of_the_pool(
    mailing: Program,
) -> None:
    rights = statements(mailing, "evaluate-alerts-own-work")
    assert (rights["SendMail"]["Action"], rights["SendMail"]["Condition"]) == (
        ["ses:SendEmail"],
        {"StringEquals": {"ses:FromAddress": "alerts@holdings.example"}},
    )
    assert rights["SendAsSet"]["Resource"] == ["arn:of:mail-settings"]
    assert (rights["AskForTheAddress"]["Action"], rights["AskForTheAddress"]["Resource"]) == (
        ["cognito-idp:AdminGetUser"],
        ["arn:of:users"],
    )
    others = [job for job in JOBS if job != "evaluate-alerts"]
    assert not [job for job in others if "SendMail" in statements(mailing, f"{job}-own-work")]
    variables = told(mailing, "evaluate-alerts")
    assert (variables["MAIL_FROM"], variables["MAIL_CONFIGURATION_SET"]) == (
        "alerts@holdings.example",
        "holdings-prod",
    )
    assert variables["USER_POOL_ID"] == "users-id"
    assert variables["PUBLIC_API_URL"].startswith("https://")
    assert variables["PUBLIC_WEB_URL"].startswith("https://")


def test_mail_travels_encrypted_and_nobody_who_complained_is_written_to(mailing: Program) -> None:
    assert mailing.one("EmailIdentity").arguments == {"emailIdentity": "holdings.example"}
    assert mailing.one("ConfigurationSet").arguments == {
        "configurationSetName": "holdings-prod",
        "deliveryOptions": {"tlsPolicy": "REQUIRE"},
        "reputationOptions": {"reputationMetricsEnabled": True},
        "suppressionOptions": {"suppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def test_what_comes_back_arrives_on_a_queue_that_takes_nothing_else(mailing: Program) -> None:
    destination = mailing.one("ConfigurationSetEventDestination").arguments["eventDestination"]
    assert destination["matchingEventTypes"] == ["BOUNCE", "COMPLAINT"]
    rule = mailing.one("EventRule").arguments
    pattern = json.loads(rule["eventPattern"])
    assert pattern["source"] == ["aws.ses"]
    assert pattern["detail"]["mail"]["tags"] == {"ses:configuration-set": ["holdings-prod"]}
    assert mailing.one("EventTarget").arguments["arn"] == "arn:of:mail-feedback"
    (arrives,) = statements(mailing, "mail-feedback-arrives").values()
    assert arrives["Principal"] == {"Service": "events.amazonaws.com"}
    assert arrives["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:of:mail-feedback"}}
    worker = mailing.one("Function", "mail-feedback").arguments
    assert worker["handler"] == "holdings.jobs.mail_feedback.handler"
    assert (
        "arn:of:mail-feedback-role"
        in (statements(mailing, "viewer-role", "assumeRolePolicy")["FunctionsNameTheViewer"])[
            "Principal"
        ]["AWS"]
    )


def test_without_a_sender_there_is_nothing_of_mail() -> None:
    program = declared("prod")
    kinds = {resource.type.rpartition(":")[2] for resource in program.declared}
    assert not kinds & {"EmailIdentity", "ConfigurationSet", "EventRule", "QueuePolicy"}
    assert "SendMail" not in statements(program, "evaluate-alerts-own-work")
    assert "MAIL_FROM" not in told(program, "evaluate-alerts")
