"""Insights, as marshmallow schemas: what is answered, for the OpenAPI document."""

from typing import Any

from marshmallow import Schema, fields, validate

from holdings.api.history_schemas import Day
from holdings.api.schemas import Amount, Timestamp
from holdings.core.history.entries import KINDS
from holdings.core.insights import features, observations, persona, recommendations
from holdings.core.insights.service import NOTICE, STATES


class InsightsQuerySchema(Schema):
    """Nothing may be asked for."""


def _text(description: str, example: str) -> fields.String:
    return fields.String(required=True, metadata={"description": description, "example": example})


def _one_of(choices: tuple[str, ...], description: str, *, maybe: bool = False) -> fields.String:
    return fields.String(
        required=True,
        allow_none=maybe,
        validate=validate.OneOf(choices),
        metadata={"description": description},
    )


def _count(description: str) -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=0),
        metadata={"description": description},
    )


def _amount(description: str, example: str, *, maybe: bool = False) -> Amount:
    about = {"description": description, "example": example}
    return Amount(required=True, allow_none=maybe, metadata=about)


def _rows(schema: type[Schema], description: str, most: int | None = None) -> fields.List[Any]:
    return fields.List(
        fields.Nested(schema),
        required=True,
        validate=validate.Length(max=most) if most else None,
        metadata={"description": description},
    )


class FigureSchema(Schema):
    """A figure of a period, and of how many samples it is made."""

    value = _amount("Null where there are too few samples.", "0.42", maybe=True)
    reason = _one_of(
        features.REASONS,
        "Why there is none. too_few_days: less than two thirds of the days are known; "
        "nothing_priced: nothing was held that has a price; no_reading: the connections were not "
        "all read within a day; no_ledger: an exchange does not say what came in and went out.",
        maybe=True,
    )
    samples = _count("Days, returns, holdings, or assets by days, as docs/insights.md has it.")


def _figure(description: str) -> fields.Nested:
    return fields.Nested(FigureSchema, required=True, metadata={"description": description})


class WeightSchema(Schema):
    currency = _text("An asset, or other: the sum of those that are not listed.", "BTC")
    ratio = _amount("Its share of the values of all days, summed.", "0.62")


class EntriesOfKindSchema(Schema):
    kind = _one_of(KINDS, "What the entries are.")
    count = _count("How many there are.")


class PeriodSchema(Schema):
    """The last so many days that were over, in UTC."""

    days = fields.Integer(
        required=True,
        validate=validate.OneOf(features.PERIODS),
        metadata={"description": "How many."},
    )
    from_ = Day(data_key="from", required=True, metadata={"description": "The first of them."})
    to = Day(required=True, metadata={"description": "The last of them."})
    days_covered = _count("On how many all balances are known, and there is a value.")
    days_active = _count("On how many an entry, or a reading, changed a balance.")
    asset_count = _figure("How many assets were held at the end of any day.")
    largest_weight = _figure("The largest share of the value that one asset has.")
    hhi = _figure("Herfindahl-Hirschman index: the sum of all weights squared, at most 1.")
    cash_share = _figure("The share of the value that is fiat money.")
    stablecoin_share = _figure("The share of the value that is stablecoins.")
    held_back_share = _figure(
        "The share of the value that orders and withdrawals hold back, by the last reading: the "
        "same in each period."
    )
    unpriced_share = _figure("The share of what was held, by assets and days, without a price.")
    drawdown = _figure("The largest fall from a peak, net of deposits and withdrawals.")
    volatility = _figure("Sample standard deviation of the daily returns, net of the same.")
    weights = _rows(WeightSchema, "The largest first.", features.MOST_WEIGHTS + 1)
    changes = _rows(EntriesOfKindSchema, "The ledgers' entries by kind.")


class FeaturesSchema(Schema):
    version = _count("Of the formulas.")
    periods = _rows(PeriodSchema, "Of 7, 30 and 90 days.", len(features.PERIODS))


class PersonaEvidenceSchema(Schema):
    """A figure against its threshold."""

    rule = _one_of(persona.CODES, "Whose condition it is.")
    figure = _text("Which figure it is.", "largest_weight")
    days = _count("Of which period.")
    value = _amount("Null where there is none.", "0.83", maybe=True)
    comparison = _one_of(persona.COMPARISONS, "How it is compared.")
    threshold = _amount("With what.", "0.6")
    met = fields.Boolean(required=True, metadata={"description": "Whether the condition holds."})


class PersonaRuleSchema(Schema):
    code = _one_of(persona.CODES, "Its name.")
    title = _text("What such an account is called.", "Mostly one asset")
    sentence = _text("When it matches.", "One asset was at least 60% of the value.")


class PersonaSchema(Schema):
    """The first rule that matches. It describes the account, not the person."""

    code = _one_of(persona.CODES, "Which rule it is.")
    title = _text("What such an account is called.", "Mostly one asset")
    rule_version = _count("Of the table of rules.")
    evidence = _rows(
        PersonaEvidenceSchema, "Each condition of the rule that matches, and of those before it."
    )
    rules = _rows(PersonaRuleSchema, "The table, in order.")


class ObservationEvidenceSchema(Schema):
    figure = _text("Which figure it is.", "days_on_hold")
    value = _text("What it is.", "12")
    unit = _one_of(observations.UNITS, "What the value is in.")


class RecommendationSchema(Schema):
    """An observation on the account. It is no advice to buy or to sell."""

    code = _one_of(recommendations.CODES, "A stable name.")
    title = _text("What is observed.", "Funds have been held back for long")
    reason = _text("The same with its figures.", "0.03 BTC, 3% of its balance, was held back.")
    evidence = _rows(ObservationEvidenceSchema, "The figures.")
    connection_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The connection that it is about, if it is about one."},
    )
    currency = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The asset that it is about, if it is about one."},
    )
    as_of = Timestamp(required=True, metadata={"description": "When it was observed."})
    expires_at = Timestamp(required=True, metadata={"description": "Until when it is shown."})


class InsightsSchema(Schema):
    state = _one_of(
        STATES,
        "ready: all three are there; pending: they will be, after the next run; off: they are "
        "switched off in your profile, or this deployment keeps nothing.",
    )
    as_of = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "When they were computed; days are those before it."},
    )
    currency = _text("What values are in.", "USD")
    notice = _text("What this is not.", NOTICE)
    features = fields.Nested(FeaturesSchema, required=True, allow_none=True)
    persona = fields.Nested(PersonaSchema, required=True, allow_none=True)
    recommendations = _rows(RecommendationSchema, "The most urgent first.", recommendations.MOST)

    class Meta:
        description = NOTICE
