"""Rules over everything that a stack declares. Each returns what breaks it, and so is empty."""

from collections.abc import Iterator
from typing import Any

from tests.infra.capture import ACCOUNT, Program
from tests.infra.policies import statements

WORKING = (
    *("plan", "refresh-readings", "sync-history", "compute-features", "assign-persona"),
    *("generate-recommendations", "evaluate-alerts", "forget", "mail-feedback"),
)
# What has to happen each minute: that nothing is measured is what it fires for.
HEARTBEATS = {"plan-missing", "health"}

# The statements of a resource that may name more than one resource, and the only way to do so.
# In a key's policy * is this key; X-Ray, and EC2 when it describes, know no resources; and
# nobody knows the names of log streams, network interfaces and the page's files beforehand.
WILDCARDS = {
    ("data-key", "AccountAdministersKey"): "*",
    ("data-key", "AccountUsesKeyThroughServices"): "*",
    ("log-key", "AccountAdministersKey"): "*",
    ("records-key", "AccountAdministersKey"): "*",
    ("records-key", "TableIsEncrypted"): "*",
    ("records-key", "TableKeepsItsKey"): "*",
    ("records-key", "ViewersUseKeyForTheirOwn"): "*",
    ("log-key", "LogsUseKeyForTheirGroups"): "*",
    ("log-key", "AlarmsPublishEncrypted"): "*",
    ("health-key", "AccountAdministersKey"): "*",
    ("health-key", "AlarmsPublishEncrypted"): "*",
    (
        "function-insights",
        "InsightsLog",
    ): f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda-insights:log-stream:*",
    ("function-own-resources", "OwnLog"): "arn:of:function-log:log-stream:*",
    ("function-own-resources", "Traces"): "*",
    **{(f"{job}-own-work", "OwnLog"): f"arn:of:{job}-log:log-stream:*" for job in WORKING},
    **{(f"{job}-own-work", "Traces"): "*" for job in WORKING},
    ("function-vpc", "LambdaAttachesTheFunction"): f"arn:aws:ec2:eu-west-1:{ACCOUNT}:*/*",
    ("function-vpc", "LambdaLooksAtTheNetwork"): "*",
    **{
        (f"{job}-vpc", "LambdaAttachesTheFunction"): f"arn:aws:ec2:eu-west-1:{ACCOUNT}:*/*"
        for job in WORKING
    },
    **{(f"{job}-vpc", "LambdaLooksAtTheNetwork"): "*" for job in WORKING},
    # Whom a mail may go to in SES's sandbox is an identity as well; the sender is a condition.
    ("evaluate-alerts-own-work", "SendMail"): f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/*",
    ("web-policy", "DistributionReads"): "arn:of:web-bucket/*",
}
# A key of which nothing is left behind that it would be needed for.
PASSING = {"health-key"}
DATA = {"UserPool", "Table", "Secret", "Key", "LogGroup"}
# In another region than our keys, and encrypted there by CloudWatch's own.
ENCRYPTED_ELSEWHERE = {"firewall-log"}
SECRETS = {"secretString", "secretBinary", "clientSecret", "password", "temporaryPassword"}


def unencrypted(program: Program) -> Iterator[str]:
    keys = {f"arn:of:{key.name}" for key in program.all("Key")}
    found: list[tuple[str, Any]] = [
        *((s.name, s.arguments.get("kmsKeyId")) for s in program.all("Secret")),
        *(
            (g.name, g.arguments.get("kmsKeyId"))
            for g in program.all("LogGroup")
            if g.name not in ENCRYPTED_ELSEWHERE
        ),
        *((t.name, t.arguments.get("kmsMasterKeyId")) for t in program.all("Topic")),
    ]
    for table in program.all("Table"):
        setting = table.arguments.get("serverSideEncryption", {})
        found.append((table.name, setting.get("enabled") and setting.get("kmsKeyArn")))
    for name, used in found:
        if used not in keys:
            yield f"{name} is not encrypted with a key of ours"
    for key in program.all("Key"):
        if not key.arguments.get("enableKeyRotation"):
            yield f"{key.name} is never rotated"
    encrypted = {
        e.arguments["bucket"] for e in program.all("BucketServerSideEncryptionConfiguration")
    }
    for bucket in program.all("Bucket"):
        if f"{bucket.name}-id" not in encrypted:
            yield f"{bucket.name} is not encrypted"


def unretained(program: Program) -> Iterator[str]:
    groups = program.all("LogGroup")
    for group in groups:
        if not group.arguments.get("retentionInDays"):
            yield f"{group.name} is kept for ever"
    logs = {one.arguments["loggingConfig"]["logGroup"] for one in program.functions}
    access = program.one("Stage").arguments["accessLogSettings"]["destinationArn"]
    if not logs <= {f"{g.name}-id" for g in groups} or access not in {
        f"arn:of:{g.name}" for g in groups
    }:
        yield "something logs to a group that is not ours"


def public(program: Program) -> Iterator[str]:
    blocks = {b.arguments["bucket"]: b.arguments for b in program.all("BucketPublicAccessBlock")}
    owned = {
        o.arguments["bucket"]
        for o in program.all("BucketOwnershipControls")
        if o.arguments["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    }
    settings = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    for bucket in program.all("Bucket"):
        block = blocks.get(f"{bucket.name}-id", {})
        if not all(block.get(setting) is True for setting in settings):
            yield f"{bucket.name} may be opened to the public"
        if (
            f"{bucket.name}-id" not in owned
            or {"acl", "grants", "website"} & bucket.arguments.keys()
        ):
            yield f"{bucket.name} has lists of its own about who may read"
    for statement in statements(program):
        principal = statement.content.get("Principal", {})
        if statement.allows and (principal == "*" or "*" in principal.values()):
            yield f"{statement.resource}: {statement.sid} is for everybody"


def wildcards(program: Program) -> Iterator[str]:
    for statement in statements(program):
        if {"NotAction", "NotResource", "NotPrincipal"} & statement.content.keys():
            yield f"{statement.resource}: {statement.sid} allows whatever it does not name"
        if not statement.allows:
            continue
        if any("*" in action for action in statement.items("Action")):
            yield f"{statement.resource}: {statement.sid} allows a family of actions"
        wild = [resource for resource in statement.items("Resource") if "*" in resource]
        if wild and wild != [WILDCARDS.get((statement.resource, statement.sid))]:
            yield f"{statement.resource}: {statement.sid} is for any resource"


def silent_alarms(program: Program) -> Iterator[str]:
    topics = {f"arn:of:{topic.name}": topic.provider for topic in program.all("Topic")}
    for alarm in program.all("MetricAlarm"):
        heard = alarm.arguments.get("alarmActions", [])
        # An alarm writes to no topic of another region.
        if not heard or any(topics.get(topic) != alarm.provider for topic in heard):
            yield f"{alarm.name} reaches nobody"
        if alarm.arguments.get("actionsEnabled") is False:
            yield f"{alarm.name} is switched off"
        quiet = "breaching" if alarm.name in HEARTBEATS else "notBreaching"
        if alarm.arguments.get("treatMissingData") != quiet:
            yield f"{alarm.name} fires when nothing happens, or does not"


def unthrottled(program: Program) -> Iterator[str]:
    for stage in program.all("Stage"):
        arguments = stage.arguments
        limited = {s["routeKey"]: s for s in arguments.get("routeSettings", [])}
        limited["default"] = arguments.get("defaultRouteSettings", {})
        keys = [r.arguments["routeKey"] for r in program.all("Route")]
        for key in ("default", *keys):
            setting = limited.get(key, {})
            if not (setting.get("throttlingRateLimit") and setting.get("throttlingBurstLimit")):
                yield f"{key} lacks a limit, which refuses everybody"


def secrets_shown(program: Program) -> Iterator[str]:
    for resource in program.declared:
        if resource.type.endswith((":SecretVersion", ":Parameter")):
            yield f"{resource.name} puts a value into Pulumi's state"
        if SECRETS & resource.arguments.keys() or resource.arguments.get("generateSecret"):
            yield f"{resource.name} knows a secret"
    functions = [one.arguments["environment"]["variables"] for one in program.functions]
    variables = {name for told in functions for name in told}
    named = {"CB_SECRET_NAME", "SECRET_CACHE_TTL_SECONDS", "secret_arn"}
    for name in (*variables, *program.exports):
        if name not in named and any(
            w in name.lower() for w in ("secret_", "password", "passphrase")
        ):
            yield f"{name} tells a secret"


def invoked_past_the_alias(program: Program) -> Iterator[str]:
    alias, api = program.named("live"), program.one("Api")
    for integration in program.all("Integration"):
        if integration.arguments["integrationUri"] != f"arn:of:{alias.name}/invocations":
            yield f"{integration.name} invokes something else"
    for permission in program.all("Permission"):
        if permission.arguments.get("qualifier") != alias.arguments["name"]:
            yield f"{permission.name} is for more than the alias"
        source = permission.arguments.get("sourceArn", "")
        if not source.startswith(f"execution-arn:of:{api.name}/"):
            yield f"{permission.name} is for other APIs too"
    if program.all("FunctionUrl"):
        yield "the function has an address of its own"


def unguarded(program: Program, *, kept: bool) -> Iterator[str]:
    for resource in program.declared:
        data = resource.type.rpartition(":")[2] in DATA and resource.name not in PASSING
        guarded = kept and data
        if resource.protect != guarded:
            yield f"{resource.name} is guarded otherwise than {guarded}"
        # What stays behind keeps its name, which the next `up` then finds taken.
        if resource.retain:
            yield f"{resource.name} outlives its stack"


def open_doors(program: Program, *, any_origin: bool) -> Iterator[str]:
    (authorizer,) = program.all("Authorizer")
    for route in program.all("Route"):
        key = route.arguments["routeKey"]
        if key.split()[0] in ("ANY", "$default", "OPTIONS"):
            yield f"{key} catches what it should not"
        method, path = key.split()
        # The last is for what is no route; the app trusts no caller without claims.
        if path.removeprefix("/api/v1") in (
            *("/health", "/openapi.json", "/alerts/unsubscribe"),
            "/{proxy+}",
        ):
            continue
        if (
            route.arguments.get("authorizationType") != "JWT"
            or route.arguments.get("authorizerId") != f"{authorizer.name}-id"
        ):
            yield f"{key} is open"
        scopes = route.arguments.get("authorizationScopes", [])
        if method not in ("GET", "HEAD") and not all(s.endswith("/write") for s in scopes):
            yield f"{key} changes something for whoever may read"
    origins = program.one("Api").arguments["corsConfiguration"]["allowOrigins"]
    if "*" in origins and not any_origin:
        yield "every page may call the API"
