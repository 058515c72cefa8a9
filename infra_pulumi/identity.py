"""Who may sign in: the user pool, its hosted UI, and the web page as its one public client."""

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.iam import account_id

OPENID_SCOPES = ("openid", "email", "profile")


class Identity(ComponentResource):
    """`issuer` is what a token's `iss` says: no slash at its end."""

    user_pool_id: Output[str]
    client_id: Output[str]
    issuer: Output[str]
    hosted_ui_url: Output[str]

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Identity", name, opts=opts)
        self._config = config
        self._child = ResourceOptions(parent=self)
        pool = self._user_pool()
        domain = self._domain(pool)
        self.user_pool_id, self.client_id = pool.id, self._client(pool).id
        self.user_pool_arn = pool.arn
        self.issuer = Output.concat("https://", pool.endpoint)
        self.hosted_ui_url = Output.concat(
            "https://", domain.domain, ".auth.", self._config.region, ".amazoncognito.com"
        )
        self.register_outputs({"issuer": self.issuer, "hosted_ui_url": self.hosted_ui_url})

    def _user_pool(self) -> aws.cognito.UserPool:
        config = self._config
        mfa = config.mfa == "required"
        return aws.cognito.UserPool(
            "users",
            name=f"{config.prefix}-users",
            # Rotation of refresh tokens is not in Lite.
            user_pool_tier="ESSENTIALS",
            username_attributes=["email"],
            username_configuration={"case_sensitive": False},
            auto_verified_attributes=["email"],
            # Everyone who can sign in may see the shared connection: where there is one, nobody
            # signs up by themselves.
            admin_create_user_config={"allow_admin_create_user_only": config.sign_up != "open"},
            mfa_configuration="ON" if mfa else "OFF",
            software_token_mfa_configuration={"enabled": True} if mfa else None,
            password_policy={
                "minimum_length": 12,
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": True,
                "temporary_password_validity_days": 3,
            },
            account_recovery_setting={
                "recovery_mechanisms": [{"name": "verified_email", "priority": 1}]
            },
            deletion_protection="ACTIVE" if config.keep_data else "INACTIVE",
            opts=ResourceOptions(parent=self, protect=config.keep_data),
        )

    def _domain(self, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolDomain:
        config = self._config
        return aws.cognito.UserPoolDomain(
            "hosted-ui",
            # Prefixes are shared by everybody in a region; an account's number is not.
            domain=config.domain_prefix or Output.concat(config.prefix, "-", account_id(self)),
            user_pool_id=pool.id,
            # Version 2 shows an error until somebody has designed a page for it.
            managed_login_version=1,
            opts=self._child,
        )

    def _client(self, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolClient:
        """Code flow only. A page keeps no secret: it proves itself by PKCE, which Cognito takes."""
        config = self._config
        scope = self._api_scopes(pool)
        return aws.cognito.UserPoolClient(
            "web",
            name=f"{config.prefix}-web",
            user_pool_id=pool.id,
            generate_secret=False,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=[*OPENID_SCOPES, *(config.api_scopes if scope else [])],
            callback_urls=list(config.callback_urls),
            logout_urls=list(config.logout_urls),
            supported_identity_providers=["COGNITO"],
            # SRP never sends the password, and tokens got that way lack the API's scope. The second
            # does not go with rotation, and an empty list means a default that has it.
            explicit_auth_flows=["ALLOW_USER_SRP_AUTH"]
            if config.refresh_token_rotation
            else ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=config.access_token_minutes,
            id_token_validity=config.id_token_minutes,
            refresh_token_validity=config.refresh_token_days,
            token_validity_units={
                "access_token": "minutes",
                "id_token": "minutes",
                "refresh_token": "days",
            },
            refresh_token_rotation={
                "feature": "ENABLED",
                # A page that lost the answer may ask again for so long.
                "retry_grace_period_seconds": 30,
            }
            if config.refresh_token_rotation
            else None,
            # The scopes must exist before a client may ask for them.
            opts=ResourceOptions(parent=self, depends_on=[scope] if scope else []),
        )

    def _api_scopes(self, pool: aws.cognito.UserPool) -> aws.cognito.ResourceServer | None:
        if not self._config.api_scope:
            return None
        identifier, _, reading = self._config.api_scope.rpartition("/")
        changing = self._config.api_write_scope.rpartition("/")[2]
        return aws.cognito.ResourceServer(
            "api",
            identifier=identifier,
            name=f"{self._config.prefix}-api",
            user_pool_id=pool.id,
            scopes=[
                {"scope_name": reading, "scope_description": "Read the holdings"},
                {"scope_name": changing, "scope_description": "Change connections and profile"},
            ],
            opts=self._child,
        )
