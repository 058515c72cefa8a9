"""AWS WAF in front of CloudFront: AWS's managed rules, a rate for each address, and its log.

All of it is in us-east-1, as CloudFront's own parts are:
https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
"""

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from infra_pulumi.config import StackConfig

# In the order in which they are asked.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
)
# A log group of another name is none to WAF.
LOG_PREFIX = "aws-waf-logs-"


class Firewall(ComponentResource):
    """Takes a provider of us-east-1. `arn` is the web ACL's, for a distribution.

    With holdings:wafCounts it counts what it would refuse, and refuses nothing.
    """

    arn: Output[str]

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions) -> None:
        super().__init__("holdings:infra:Firewall", name, opts=opts)
        self._config = config
        self._child = ResourceOptions(parent=self)
        acl = aws.wafv2.WebAcl(
            "firewall",
            name=config.prefix,
            description=f"{config.prefix}: page and API",
            scope="CLOUDFRONT",
            default_action={"allow": {}},
            rules=self._rules(),
            visibility_config=_counted(config.prefix),
            opts=self._child,
        )
        self._log(acl)
        self.arn = acl.arn
        self.register_outputs({"arn": self.arn})

    def _rules(self) -> list[aws.wafv2.WebAclRuleArgsDict]:
        counts = self._config.waf_counts
        managed: list[aws.wafv2.WebAclRuleArgsDict] = [
            {
                "name": group,
                "priority": priority,
                "override_action": {"count": {}} if counts else {"none": {}},
                "statement": {
                    "managed_rule_group_statement": {"name": group, "vendor_name": "AWS"}
                },
                "visibility_config": _counted(group),
            }
            for priority, group in enumerate(MANAGED, start=1)
        ]
        rate: aws.wafv2.WebAclRuleArgsDict = {
            "name": "rate",
            "priority": 0,
            "action": {"count": {}} if counts else {"block": {}},
            "statement": {
                "rate_based_statement": {
                    "aggregate_key_type": "IP",
                    "limit": self._config.waf_requests,
                    "evaluation_window_sec": 300,
                }
            },
            "visibility_config": _counted("rate"),
        }
        return [rate, *managed]

    def _log(self, acl: aws.wafv2.WebAcl) -> None:
        """Of what was refused or counted alone, without what opens anything."""
        group = aws.cloudwatch.LogGroup(
            "firewall-log",
            name=f"{LOG_PREFIX}{self._config.prefix}",
            retention_in_days=self._config.log_retention_days,
            opts=ResourceOptions(parent=self, protect=self._config.keep_data),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            "firewall-logging",
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[
                {"single_header": {"name": "authorization"}},
                # A mail's link that ends alerts carries what it does so by.
                {"query_string": {}},
            ],
            logging_filter={
                "default_behavior": "DROP",
                "filters": [
                    {
                        "behavior": "KEEP",
                        "requirement": "MEETS_ANY",
                        "conditions": [
                            {"action_condition": {"action": action}}
                            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                        ],
                    }
                ],
            },
            opts=self._child,
        )


def _counted(metric: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    # What was sampled shows whole headers in the console.
    return {
        "metric_name": metric,
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": False,
    }
