"""The queue of work and the function that does it."""

import json

from infra_pulumi.function import lambda_trust
from infra_pulumi.jobs import worker_policy
from tests.infra.capture import ACCOUNT, Program, declare, settings


def test_a_message_is_hidden_for_six_runs_and_ends_where_somebody_finds_it(
    program: Program,
) -> None:
    queue, dead = (program.one("Queue", f"sync-history{end}").arguments for end in ("", "-dead"))
    worker = program.one("Function", "sync-history").arguments
    assert queue["visibilityTimeoutSeconds"] >= 6 * worker["timeout"]
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": "arn:of:sync-history-dead",
        "maxReceiveCount": 5,
    }
    # What lies there is kept at least as long as it may have waited before.
    assert dead["messageRetentionSeconds"] >= queue["messageRetentionSeconds"]
    assert queue["sqsManagedSseEnabled"]
    assert dead["sqsManagedSseEnabled"]


def test_nothing_but_what_failed_there_ends_among_the_failed(stack: str, program: Program) -> None:
    only = program.one("Queue", "sync-history-dead").arguments["redriveAllowPolicy"]
    source = program.one("Queue", "sync-history").arguments["name"]
    assert source == f"holdings-{stack}-sync-history"
    assert json.loads(only) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{source}"],
    }


def test_each_message_is_answered_for_by_itself_and_few_run_at_once(program: Program) -> None:
    mapping = program.one("EventSourceMapping")
    assert mapping.arguments == {
        "eventSourceArn": "arn:of:sync-history",
        "functionName": "arn:of:sync-history",
        "batchSize": 1,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 5},
    }
    assert "worker-own-work" in mapping.depends_on


def test_the_worker_may_do_its_work_and_nothing_else(program: Program) -> None:
    viewer_role = program.named("viewer-role").arguments["name"]
    right = program.named("worker-own-work").arguments["policy"]
    policy = worker_policy(
        region="eu-west-1",
        queue_arn="arn:of:sync-history",
        table_arn="arn:of:cache",
        key_arn="arn:of:data-key",
        viewer_role_arn=f"arn:aws:iam::{ACCOUNT}:role/{viewer_role}",
        log_group_arn="arn:of:jobs-log",
    )
    assert json.loads(right) == policy
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert not [action for action in actions if action.startswith("secretsmanager:")]
    trust = program.named("worker-role").arguments["assumeRolePolicy"]
    assert json.loads(trust) == lambda_trust()


def test_the_worker_runs_the_same_archive_without_the_deployment_s_own_key(
    program: Program,
) -> None:
    api, worker = (program.one("Function", name).arguments for name in ("api", "sync-history"))
    assert worker["code"].path == api["code"].path
    assert worker["handler"] == "holdings.jobs.sync_history.handler"
    told, api_told = (one["environment"]["variables"] for one in (worker, api))
    assert told["SHARED_CONNECTION"] == "false"
    assert "CB_SECRET_NAME" not in told
    assert told.keys() <= api_told.keys()
    assert told["SYNC_HISTORY_QUEUE_URL"] == api_told["SYNC_HISTORY_QUEUE_URL"]
    assert worker["loggingConfig"]["logGroup"] == "jobs-log-id"


def test_a_longer_run_hides_messages_for_longer() -> None:
    longer = declare("dev", settings("dev") | {"holdings:jobTimeoutSeconds": "900"})
    assert longer.one("Queue", "sync-history").arguments["visibilityTimeoutSeconds"] == 5400
