"""Calls of the program in `gateway`, by a user who signed in at the hosted UI."""

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from local.emulator import Emulator
from operations.sign_in import Tokens, login
from tests.e2e.emulated import CALLBACK, aws, provisioned

# Notes each call in the table, so that a test can tell whether there was one.
HANDLER = """
import json, os
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    denied = None
    try:
        table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
        table.put_item(Item={{"pk": context.aws_request_id}})
    except ClientError as error:
        denied = error.response["Error"]["Code"]
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    path = event["rawPath"]
    body = {{"release": {release}, "claims": claims, "denied": denied, "path": path}}
    return {{"statusCode": 200, "body": json.dumps(body)}}
"""
USERNAME, PASSWORD = "viewer@example.com", "Correct-horse-7"
ACTIONS = ("dynamodb:PutItem",)


@dataclass
class Gateway:
    """One provisioned gateway program; `outputs` are its exports of the last run."""

    emulator: Emulator
    folder: Path

    def up(self, *, release: int = 1, actions: tuple[str, ...] = ACTIONS) -> dict[str, Any]:
        self.outputs = provisioned(
            self.emulator,
            root=Path(__file__).parent / "gateway",
            overrides={
                "gateway:callback": CALLBACK,
                "gateway:archive": str(self._archive(release)),
                "gateway:actions": list(actions),
            },
        )
        return self.outputs

    def _archive(self, release: int) -> Path:
        path = self.folder / f"release-{release}.zip"
        if not path.exists():
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("app.py", HANDLER.format(release=release))
        return path

    @cached_property
    def tokens(self) -> Tokens:
        cognito = aws(self.emulator).client("cognito-idp")
        user: Any = {"UserPoolId": self.outputs["user_pool_id"], "Username": USERNAME}
        cognito.admin_create_user(**user)
        cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        return self.sign_in("openid holdings/read")

    def sign_in(self, scope: str) -> Tokens:
        return login(
            self.emulator.url,
            client_id=self.outputs["client_id"],
            redirect_uri=CALLBACK,
            scope=scope,
            username=USERNAME,
            password=PASSWORD,
        )

    def get(self, token: str | None) -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.outputs['api_url']}/holdings", headers=headers, timeout=30)

    def calls(self) -> int:
        """How often the function ran, with the right to say so."""
        return aws(self.emulator).client("dynamodb").scan(TableName=self.outputs["table"])["Count"]
