"""The program that `pulumi up` runs in AWS and `make run` runs against the emulator."""

import sys
from pathlib import Path

import pulumi
from pulumi import Output, ResourceOptions

# Pulumi runs this folder with runpy: it is no package until the folder above can be imported.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from infra_pulumi.alarms import Alarms, AlarmsArgs
from infra_pulumi.config import StackConfig
from infra_pulumi.firewall import Firewall
from infra_pulumi.function import Function, FunctionArgs
from infra_pulumi.health import Health, HealthArgs
from infra_pulumi.http_api import HttpApi, HttpApiArgs
from infra_pulumi.identity import Identity
from infra_pulumi.job_table import ASKED, jobs
from infra_pulumi.jobs import Queues, Worker, WorkerArgs
from infra_pulumi.logs import Logs
from infra_pulumi.mail import Mail, MailArgs
from infra_pulumi.planner import Planner, PlannerArgs
from infra_pulumi.records import Records, ViewerRole, ViewerRoleArgs
from infra_pulumi.storage import Storage
from infra_pulumi.us_east_1 import us_east_1
from infra_pulumi.web import Web, WebArgs

config = StackConfig.load()
logs = Logs("logs", config)
identity = Identity("identity", config)
storage = Storage("storage", config)
records = Records("records", config)
queues = Queues("queues", config)
function = Function(
    "function",
    FunctionArgs(
        config=config,
        storage=storage,
        records=records,
        queue_arns=queues.arns(ASKED),
        told=queues.variables(ASKED),
        logs=logs,
    ),
)
http_api = HttpApi(
    "http-api", HttpApiArgs(config=config, identity=identity, function=function, logs=logs)
)
elsewhere = ResourceOptions(provider=us_east_1() if config.waf or config.health_check else None)
firewall = Firewall("firewall", config, elsewhere) if config.waf else None
web = Web(
    "web",
    WebArgs(config=config, identity=identity, http_api=http_api, firewall=firewall),
)
mail = Mail("mail", MailArgs(config=config, identity=identity))
told = {
    **mail.told,
    # A page at an address of its own may have no API beside it.
    "PUBLIC_API_URL": http_api.endpoint if config.page_url and not config.origin_key else web.url,
    "PUBLIC_WEB_URL": config.page_url or web.url,
}
workers = {
    job.name: Worker(
        f"{job.name}-worker",
        WorkerArgs(
            config=config,
            storage=storage,
            records=records,
            logs=logs,
            queues=queues,
            mail=mail,
            job=job,
            told=told if job.mails else {},
        ),
    )
    for job in jobs(config)
}
if config.mail_from:
    mail.feed(queues.of["mail-feedback"].queue)
planner = Planner(
    "planner",
    PlannerArgs(config=config, storage=storage, records=records, queues=queues, logs=logs),
)
viewer_role = ViewerRole(
    "viewer-role",
    ViewerRoleArgs(
        config=config,
        records=records,
        callers=[function.role_arn, *(worker.role_arn for worker in workers.values())],
    ),
)
alarms = Alarms(
    "alarms",
    AlarmsArgs(
        config=config,
        storage=storage,
        records=records,
        function=function,
        http_api=http_api,
        queues=queues,
        workers=workers,
        planner=planner,
        logs=logs,
    ),
)

health = (
    Health(
        "health",
        HealthArgs(config=config, api_url=Output.concat(web.url, config.api_prefix)),
        elsewhere,
    )
    if config.health_check
    else None
)

pulumi.export("region", config.region)
pulumi.export("api_url", Output.concat(web.url, config.api_prefix))
# For tools, past CloudFront and its firewall; closed by holdings:originKey.
pulumi.export("direct_api_url", http_api.url)
pulumi.export("api_id", http_api.api_id)
pulumi.export("api_execution_arn", http_api.execution_arn)
pulumi.export("api_log_group", logs.access.id)
pulumi.export("api_scope", config.api_scope)
pulumi.export("api_write_scope", config.api_write_scope)
pulumi.export("hosted_ui_url", identity.hosted_ui_url)
pulumi.export("user_pool_id", identity.user_pool_id)
pulumi.export("user_pool_arn", identity.user_pool_arn)
pulumi.export("client_id", identity.client_id)
pulumi.export("issuer", identity.issuer)
pulumi.export("web_url", web.url)
pulumi.export("web_bucket", web.bucket)
pulumi.export("web_distribution_id", web.distribution_id)
pulumi.export("firewall", firewall.arn if firewall else "")
pulumi.export("function", function.name)
pulumi.export("function_arn", function.arn)
pulumi.export("function_role", function.role_arn)
pulumi.export("function_alias", function.alias.name)
pulumi.export("function_alias_arn", function.alias.arn)
pulumi.export("function_log_group", logs.function.id)
pulumi.export("table", storage.table.name)
pulumi.export("table_arn", storage.table.arn)
pulumi.export("secret", storage.secret.name)
pulumi.export("secret_arn", storage.secret.arn)
pulumi.export("data_key", storage.key_arn)
pulumi.export("log_key", logs.key_arn)
pulumi.export("records_table", records.table.name)
pulumi.export("records_table_arn", records.table.arn)
pulumi.export("records_key", records.key_arn)
pulumi.export("viewer_role", viewer_role.arn)
pulumi.export("queues", {name: queue.queue.url for name, queue in queues.of.items()})
pulumi.export("dead_queues", {name: queue.dead.url for name, queue in queues.of.items()})
pulumi.export("queue_arns", {name: queue.queue.arn for name, queue in queues.of.items()})
pulumi.export("dead_queue_arns", {name: queue.dead.arn for name, queue in queues.of.items()})
pulumi.export("job_functions", {name: worker.function for name, worker in workers.items()})
pulumi.export("job_function_arns", {name: worker.arn for name, worker in workers.items()})
pulumi.export("job_log_groups", {name: group.id for name, group in logs.jobs.items()})
pulumi.export("planner", planner.function)
pulumi.export("planner_arn", planner.arn)
pulumi.export("mail_dkim_tokens", mail.dkim_tokens)
pulumi.export("dashboard", alarms.dashboard)
pulumi.export("alarm_topic", alarms.topic)
pulumi.export("health_topic", health.topic if health else "")
pulumi.export("alarms", alarms.names)
pulumi.export("release", {"percent": config.release_percent, "minutes": config.release_minutes})
# Where the DNS records of one's own names point.
pulumi.export("api_domain_target", http_api.domain_target)
pulumi.export("web_domain_target", web.domain_target)
