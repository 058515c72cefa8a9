"""The emulator is taught which items and keys a request is for; e2e shows it refuse."""

from typing import Any

import pytest

from local.emulator.policy_conditions import (
    encryption_context,
    filled_in,
    leading_keys,
    right_for,
    role_of,
    sender,
)

A, B = {"S": "viewer#a"}, {"S": "viewer#b"}


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({"Key": {"pk": A, "sk": {"S": "profile"}}}, ["viewer#a"]),
        ({"Item": {"pk": A, "owner": B}}, ["viewer#a"]),
        (
            {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": A}},
            ["viewer#a"],
        ),
        (
            {
                "KeyConditionExpression": "(#k=:p) AND begins_with(sk, :s)",
                "ExpressionAttributeNames": {"#k": "pk"},
                "ExpressionAttributeValues": {":p": B, ":s": A},
            },
            ["viewer#b"],
        ),
        (
            {"KeyConditions": {"pk": {"AttributeValueList": [B], "ComparisonOperator": "EQ"}}},
            ["viewer#b"],
        ),
        (
            {
                "TransactItems": [
                    {"Put": {"Item": {"pk": A}}},
                    {"Delete": {"Key": {"pk": B}}},
                    {"Update": {"Key": {"pk": A}}},
                ]
            },
            ["viewer#a", "viewer#b", "viewer#a"],
        ),
        ({"TableName": "records"}, []),
        ({"Key": "nonsense", "KeyConditionExpression": 7}, []),
    ],
)
def test_a_request_is_for_the_items_that_it_names(
    request_: dict[str, Any], keys: list[str]
) -> None:
    assert list(leading_keys(request_)) == keys


def test_a_context_is_a_condition_each_and_the_list_of_its_names() -> None:
    assert encryption_context({"EncryptionContext": {"viewer": "a", "App": "x"}}) == {
        "kms:encryptioncontext:viewer": "a",
        "kms:encryptioncontext:app": "x",
        "kms:encryptioncontextkeys": ["viewer", "App"],
    }
    assert encryption_context({}) == {}


def test_a_variable_without_a_value_stays_and_fits_nothing() -> None:
    conditions = {"StringEquals": {"k": ["viewer#${aws:PrincipalTag/viewer}", "${aws:other}"]}}
    known = {"aws:PrincipalTag/viewer": "a"}
    assert filled_in(conditions, known.get) == {"StringEquals": {"k": ["viewer#a", "${aws:other}"]}}


def test_a_session_is_its_role_s_and_everybody_else_themselves() -> None:
    session = "arn:aws:sts::000000000000:assumed-role/holdings-dev-viewer/viewer-a"
    assert role_of(session) == "arn:aws:iam::000000000000:role/holdings-dev-viewer"
    assert role_of("arn:aws:iam::000000000000:user/me") == "arn:aws:iam::000000000000:user/me"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("sqs:SendMessageBatch", "sqs:SendMessage"),
        ("sqs:DeleteMessage", "sqs:DeleteMessage"),
        ("dynamodb:WriteBatch", "dynamodb:WriteBatch"),
        ("budgets:CreateBudget", "budgets:ModifyBudget"),
        ("budgets:DescribeNotificationsForBudget", "budgets:ViewBudget"),
        ("budgets:TagResource", "budgets:TagResource"),
        (None, None),
    ],
)
def test_a_right_is_called_as_aws_calls_it(asked: str | None, wanted: str | None) -> None:
    assert right_for(asked) == wanted


def test_a_mail_is_from_whom_it_says() -> None:
    assert sender({"FromEmailAddress": "a@b.example"}) == "a@b.example"
    assert sender({"FromEmailAddress": ["a"]}) is sender({}) is None
