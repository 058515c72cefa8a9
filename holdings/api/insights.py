"""What the account's past says about it: figures, a description, and observations."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from holdings.api.identity import caller
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.insights.service import InsightReader, Insights


def blueprint(settings: Settings, service: "Callable[[], InsightReader]") -> Blueprint:
    routes = Blueprint("insights", __name__)

    @routes.get("/insights")
    def insights() -> Response:
        """Show figures of 7, 30 and 90 days, what the account is like, and observations.

        They describe the account, not the person, and are no advice to buy or to sell.
        """
        from holdings.api import answers, bodies
        from holdings.api.insight_schemas import InsightsQuerySchema

        who = caller(request.environ, demo=settings.demo_mode).viewer
        bodies.query(InsightsQuerySchema())
        return answers.revalidated(_document(service().read(who)))

    return routes


def _document(found: "Insights") -> dict[str, Any]:
    from holdings.core.clock import iso

    return {
        "state": found.state,
        "as_of": None if found.as_of is None else iso(found.as_of),
        "currency": found.currency,
        "notice": found.notice,
        "features": found.features
        and {"version": found.features["version"], "periods": found.features["periods"]},
        "persona": found.persona and _persona(found.persona),
        "recommendations": list(found.recommendations),
    }


def _persona(kept: Mapping[str, Any]) -> dict[str, Any]:
    from holdings.core.insights.persona import RULES, rule_of

    return {
        "code": kept["code"],
        "title": rule_of(kept["code"]).title,
        "rule_version": kept["rule_version"],
        "evidence": kept["evidence"],
        "rules": [
            {"code": rule.code, "title": rule.title, "sentence": rule.sentence} for rule in RULES
        ],
    }
