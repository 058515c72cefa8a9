"""Whoever has the deployer's policies, and no other right, makes and operates a stack."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator import Emulator
from local.provision import Aws, provision
from local.rights.__main__ import POLICY
from local.settings import ROOT, STACK
from operations.access import create_user, put_secret
from operations.jobs import redrive
from operations.release import Function, Release
from operations.viewers import disable, enable, forget, viewers
from tests.e2e.emulated import aws, emulator, provisioned
from tests.e2e.test_provision_refusals import program

NAME, ACCOUNT = "deployer", "000000000000"
# What the emulator asks, beside the tagging of anything, without the ARN that AWS has of it.
UNTOLD = {
    *("budgets:ModifyBudget", "budgets:ViewBudget", "cloudfront:GetOriginAccessControl"),
    *("cloudfront:GetResponseHeadersPolicy", "cloudfront:UpdateResponseHeadersPolicy"),
    *("cloudfront:DescribeFunction", "cloudfront:PublishFunction", "cloudfront:UpdateFunction"),
    *("cloudwatch:PutDashboard", "kms:CreateAlias", "kms:DescribeKey", "kms:UpdateAlias"),
    "lambda:CreateFunction",
}
# What it asks for where somebody reads one of them.
MISNAMED = ["lambda:ListEventSourceMappings"]
# It has the tags of few, and the provisioner tags what is made already; nor does it know whose
# messages a function takes.
UNKNOWN = ("aws:RequestTag/", "aws:ResourceTag/", "lambda:FunctionArn")
OPERATE = "holdings-operate"
KEY = json.dumps({"api_key": "k", "api_secret": "A" * 86 + "==", "passphrase": "p"})
VIEWER = "11111111-2222-4333-8444-555555555555"
Allow = Mapping[str, list[dict[str, Any]]]


def allowed() -> dict[str, list[dict[str, Any]]]:
    """Return the statements by policy, as far as the emulator can tell what they are on."""
    policies = json.loads(POLICY.read_text().replace("ACCOUNT", ACCOUNT))
    statements = {name: policy["Statement"] for name, policy in policies.items()}
    for statement in [one for policy in statements.values() for one in policy]:
        if any(key in json.dumps(statement.get("Condition", {})) for key in UNKNOWN):
            del statement["Condition"]
    granted = {action for one in statements.values() for each in one for action in each["Action"]}
    untold = UNTOLD | {action for action in granted if action.endswith(":TagResource")}
    assert untold <= granted
    anywhere = {"Effect": "Allow", "Action": [*untold, *MISNAMED], "Resource": ["*"]}
    return {**statements, "anywhere": [anywhere]}


class Deployer:
    """A user of the emulated account, who may do what was allowed last."""

    def __init__(self, emulated: Emulator) -> None:
        self._iam = aws(emulated).client("iam")
        self._iam.create_user(UserName=NAME)
        key = self._iam.create_access_key(UserName=NAME)["AccessKey"]
        self.credentials = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }

    def allow(self, statements: Allow, *, but: str = "") -> None:
        for former in self._iam.list_user_policies(UserName=NAME)["PolicyNames"]:
            self._iam.delete_user_policy(UserName=NAME, PolicyName=former)
        for name, of_policy in statements.items():
            left = [
                {**one, "Action": [action for action in one["Action"] if action != but]}
                for one in of_policy
            ]
            document = json.dumps({"Version": "2012-10-17", "Statement": left})
            self._iam.put_user_policy(UserName=NAME, PolicyName=name, PolicyDocument=document)


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), enforce_iam=True) as running:
        yield running


@pytest.fixture(scope="module")
def deployer(emulated: Emulator) -> Deployer:
    return Deployer(emulated)


@pytest.fixture(scope="module")
def stack(emulated: Emulator, deployer: Deployer) -> dict[str, Any]:
    """The whole program, made by the deployer."""
    deployer.allow(allowed())
    return provisioned(emulated, credentials=deployer.credentials)


@pytest.fixture
def cloud(
    emulated: Emulator,
    deployer: Deployer,
    stack: dict[str, Any],  # noqa: ARG001 - is there before its maker's rights go
) -> Aws:
    """AWS as the deployer reaches it, with the rights to operate and no others."""
    deployer.allow({OPERATE: allowed()[OPERATE]})
    return Aws(emulated.url, emulated.region, deployer.credentials)


def test_the_commands_of_every_day_take_their_own_policy_alone(
    cloud: Aws, stack: dict[str, Any]
) -> None:
    people, pool = cloud.client("cognito-idp"), stack["user_pool_id"]
    function = Function(cloud.client("lambda"), stack["function"])

    put_secret(cloud.client("secretsmanager"), stack["secret"], KEY)
    create_user(people, pool, "ann@example.com")
    assert len(list(viewers(people, pool))) == 1
    disable(people, pool, "ann@example.com")
    enable(people, pool, "ann@example.com")
    assert redrive(cloud.client("sqs"), stack["dead_queues"], "forget").startswith("nothing")
    published = function.publish(ROOT / "dist" / "holdings.zip")
    function.point(Release(published))
    function.remove_old_versions(print)
    assert function.live() == Release(published)


def test_what_is_kept_of_a_viewer_takes_a_policy_of_its_own(
    cloud: Aws, deployer: Deployer, stack: dict[str, Any]
) -> None:
    given = cloud.client("dynamodb"), stack["records_table"], stack["table"], VIEWER
    with pytest.raises(ClientError, match="dynamodb:Query"):
        forget(*given)

    deployer.allow({"holdings-forget": allowed()["holdings-forget"]})

    assert forget(*given).startswith("nothing is kept")


# A right, and what then cannot be made.
TAKEN = {
    "kms:CreateKey": "kms.Key('it', enable_key_rotation=True)",
    "kms:EnableKeyRotation": "kms.Key('it', enable_key_rotation=True)",
    "dynamodb:CreateTable": "dynamodb.Table('it', name='holdings-it', hash_key='pk', "
    "billing_mode='PAY_PER_REQUEST', attributes=[{'name': 'pk', 'type': 'S'}])",
    "sqs:CreateQueue": "sqs.Queue('it', name='holdings-it')",
    "sns:CreateTopic": "sns.Topic('it', name='holdings-it')",
    "logs:PutRetentionPolicy": "cloudwatch.LogGroup('it', name='/aws/lambda/holdings-it', "
    "retention_in_days=7)",
    "cloudwatch:PutDashboard": "cloudwatch.Dashboard('it', dashboard_name='holdings-it', "
    "dashboard_body='{}')",
    "s3:CreateBucket": "s3.Bucket('it', bucket='holdings-it-web-000000000000')",
    "secretsmanager:CreateSecret": "secretsmanager.Secret('it', name='holdings-it')",
    "iam:CreateRole": "iam.Role('it', name='holdings-it', assume_role_policy='{}')",
    "cognito-idp:CreateUserPool": "cognito.UserPool('it', name='holdings-it')",
    "apigateway:POST": "apigatewayv2.Api('it', name='it', protocol_type='HTTP')",
    "cloudfront:CreateOriginAccessControl": "cloudfront.OriginAccessControl('it', name='it', "
    "origin_access_control_origin_type='s3', signing_behavior='always', "
    "signing_protocol='sigv4')",
    "budgets:ModifyBudget": "budgets.Budget('it', name='holdings-it', budget_type='COST', "
    "limit_amount='1', limit_unit='USD', time_unit='MONTHLY', tags={'a': 'b'})",
}


@pytest.mark.parametrize("right", TAKEN)
def test_a_right_that_is_taken_away_is_named_with_the_resource(
    right: str, emulated: Emulator, deployer: Deployer, tmp_path: Path
) -> None:
    def make() -> object:
        return provision(
            endpoint_url=emulated.url,
            stack=STACK,
            state_dir=tmp_path / "ids",
            root=root,
            credentials=deployer.credentials,
        )

    root = program(tmp_path, f"aws.{TAKEN[right]}")
    deployer.allow(allowed(), but=right)
    with pytest.raises(ClientError, match=f"not authorized to perform: {right}") as failed:
        make()
    assert "'it' in the emulated AWS" in failed.value.__notes__[0]

    deployer.allow(allowed())
    make()


def test_what_is_named_otherwise_is_not_the_deployers(
    emulated: Emulator, deployer: Deployer, tmp_path: Path
) -> None:
    deployer.allow(allowed())

    with pytest.raises(ClientError, match="not authorized to perform: sqs:CreateQueue"):
        provision(
            endpoint_url=emulated.url,
            stack=STACK,
            state_dir=tmp_path / "ids",
            root=program(tmp_path, "aws.sqs.Queue('it', name='somebody-else-s')"),
            credentials=deployer.credentials,
        )
