"""The program that `pulumi up` runs in AWS and `make run` runs against the emulator."""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

# Pulumi runs this folder with runpy: it is no package until the folder above can be imported.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from infra_pulumi.config import StackConfig
from infra_pulumi.identity import Identity
from infra_pulumi.storage import Storage

config = StackConfig.load()
identity = Identity("identity", config)
storage = Storage("storage", config)

pulumi.export("region", config.region)
pulumi.export("user_pool_id", identity.user_pool_id)
pulumi.export("client_id", identity.client_id)
pulumi.export("issuer", identity.issuer)
pulumi.export("hosted_ui_url", identity.hosted_ui_url)
pulumi.export("api_scope", config.identity.api_scope)
pulumi.export("table", storage.table_name)
pulumi.export("secret", storage.secret_name)
