"""Who may sign in: the user pool, its hosted UI, and the web page as its one public client."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig

OPENID_SCOPES = ("openid", "email", "profile")


class Identity(pulumi.ComponentResource):
    """`issuer` is what a token's `iss` says: no slash at its end."""

    user_pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    hosted_ui_url: pulumi.Output[str]

    def __init__(self, name: str, config: StackConfig) -> None:
        super().__init__("holdings:infra:Identity", name)
        self._config = config
        pool = self._user_pool()
        domain = self._domain(pool)
        client = self._client(pool)
        self.user_pool_id, self.client_id = pool.id, client.id
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.hosted_ui_url = pulumi.Output.concat(
            "https://", domain.domain, ".auth.", config.region, ".amazoncognito.com"
        )
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "client_id": self.client_id,
                "issuer": self.issuer,
                "hosted_ui_url": self.hosted_ui_url,
            }
        )

    def _user_pool(self) -> aws.cognito.UserPool:
        config = self._config
        return aws.cognito.UserPool(
            "users",
            name=f"{config.prefix}-users",
            username_attributes=["email"],
            username_configuration={"case_sensitive": False},
            auto_verified_attributes=["email"],
            # One secret serves the deployment, so everyone who can sign in sees one portfolio:
            # nobody may sign up by themselves.
            admin_create_user_config={"allow_admin_create_user_only": True},
            # Rotation of refresh tokens is not in Lite.
            user_pool_tier="ESSENTIALS",
            # The hosted UI lets a viewer enrol when a second factor is required, and never when it
            # is optional, which would offer what nobody can have.
            # https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
            mfa_configuration="ON" if config.identity.mfa_required else "OFF",
            software_token_mfa_configuration={"enabled": True}
            if config.identity.mfa_required
            else None,
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
            opts=pulumi.ResourceOptions(parent=self, protect=config.keep_data),
        )

    def _domain(self, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolDomain:
        config = self._config
        prefix: pulumi.Input[str] = config.identity.domain_prefix
        if not prefix:
            # Prefixes are shared by everybody in a region; an account's number is not.
            account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
            prefix = pulumi.Output.concat(config.prefix, "-", account.account_id)
        return aws.cognito.UserPoolDomain(
            "hosted-ui",
            domain=prefix,
            user_pool_id=pool.id,
            # Version 2 shows an error until somebody has designed a page for it.
            managed_login_version=1,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _client(self, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolClient:
        """Code flow only. A page keeps no secret: it proves itself by PKCE, which Cognito takes."""
        config = self._config
        settings = config.identity
        api_scope, depends_on = self._api_scope(pool)
        return aws.cognito.UserPoolClient(
            "web",
            name=f"{config.prefix}-web",
            user_pool_id=pool.id,
            generate_secret=False,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=[*OPENID_SCOPES, *api_scope],
            callback_urls=list(settings.callback_urls),
            logout_urls=list(settings.logout_urls),
            supported_identity_providers=["COGNITO"],
            # SRP never sends the password, and tokens got that way lack the API's scope. The second
            # does not go with rotation, and an empty list means a default that has it.
            explicit_auth_flows=["ALLOW_USER_SRP_AUTH"]
            if settings.refresh_token_rotation
            else ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=settings.access_token_minutes,
            id_token_validity=settings.id_token_minutes,
            refresh_token_validity=settings.refresh_token_days,
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
            if settings.refresh_token_rotation
            else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )

    def _api_scope(self, pool: aws.cognito.UserPool) -> tuple[list[str], list[pulumi.Resource]]:
        """The scope, if any, and what must exist before a client may ask for it."""
        scope = self._config.identity.api_scope
        if not scope:
            return [], []
        identifier, _, scope_name = scope.rpartition("/")
        server = aws.cognito.ResourceServer(
            "api",
            identifier=identifier,
            name=f"{self._config.prefix}-api",
            user_pool_id=pool.id,
            scopes=[{"scope_name": scope_name, "scope_description": "Read the holdings"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return [scope], [server]
