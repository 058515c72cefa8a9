"""Mail on moto: to whom it goes, what its headers say, and what each failure is taken for."""

from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from holdings.adapters.mail import SesMailer
from holdings.core.alerts.token import new_secret, opened, token_of
from holdings.core.errors import MailRefused, MailUnavailable, Misconfigured
from holdings.core.ports import Mail

SENDER, ADDRESS = "alerts@holdings.example", "ann@example.com"
API = "https://abcdefghij.execute-api.eu-central-1.amazonaws.com/api/v1"
TEXT = "BTC in Größe fell by 0.75. €\n\nTo stop these mails: "


class Watched:
    """boto3's clients, which note what they are asked and fail where they are told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.errors: dict[str, Exception] = {}

    def __call__(self, name: str) -> Any:
        made: Any = boto3
        real = made.client(name, region_name="eu-west-1")
        outer = self

        class Client:
            def __getattr__(self, operation: str) -> Callable[..., Any]:
                def call(**request: Any) -> Any:
                    outer.asked.append((operation, request))
                    if error := outer.errors.get(operation):
                        raise error
                    return getattr(real, operation)(**request)

                return call

        return Client()

    @property
    def sent(self) -> Mapping[str, Any]:
        return next(request for operation, request in self.asked if operation == "send_email")


class House:
    def __init__(self) -> None:
        self.aws = Watched()
        cognito: Any = boto3.client("cognito-idp", region_name="eu-west-1")
        made: Any = boto3
        ses = made.client("sesv2", region_name="eu-west-1")
        ses.create_email_identity(EmailIdentity=SENDER)
        self.pool = cognito.create_user_pool(
            PoolName="holdings", UsernameAttributes=["email"], AutoVerifiedAttributes=["email"]
        )["UserPool"]["Id"]
        self.cognito = cognito
        self.mailer = SesMailer(
            sender=SENDER, configuration_set="holdings-dev", user_pool_id=self.pool, client=self.aws
        )

    def viewer(self, *, verified: bool = True) -> str:
        made = self.cognito.admin_create_user(
            UserPoolId=self.pool,
            Username=ADDRESS,
            UserAttributes=[
                {"Name": "email", "Value": ADDRESS},
                {"Name": "email_verified", "Value": "true" if verified else "false"},
            ],
        )
        return next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")


@pytest.fixture
def house() -> House:
    return House()


def mail_to(viewer: str) -> Mail:
    link = f"{API}/alerts/unsubscribe?token={token_of(viewer, new_secret())}"
    return Mail("A balance fell", f"{TEXT}{link}", f"<p>{link}</p>", link)


def message_of(request: Mapping[str, Any]) -> EmailMessage:
    read = message_from_bytes(request["Content"]["Raw"]["Data"], policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_mail_goes_to_the_verified_address_and_says_whose_it_is(house: House) -> None:
    viewer = house.viewer()
    house.mailer.send(viewer, mail_to(viewer))
    assert house.aws.sent["FromEmailAddress"] == SENDER
    assert house.aws.sent["Destination"] == {"ToAddresses": [ADDRESS]}
    assert house.aws.sent["ConfigurationSetName"] == "holdings-dev"
    assert house.aws.sent["EmailTags"] == [{"Name": "viewer", "Value": viewer}]


def test_a_mailbox_can_read_the_link_that_stops_it_from_the_header_as_it_is_sent(
    house: House,
) -> None:
    viewer = house.viewer()
    mail = mail_to(viewer)
    house.mailer.send(viewer, mail)
    raw: bytes = house.aws.sent["Content"]["Raw"]["Data"]
    lines = raw.split(b"\r\n")
    assert f"List-Unsubscribe: <{mail.unsubscribe_url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert raw.isascii()
    assert max(map(len, lines)) <= 998
    token = mail.unsubscribe_url.partition("token=")[2]
    assert (opened(token) or ("",))[0] == viewer


def test_its_text_and_html_arrive_as_they_were_written(house: House) -> None:
    viewer = house.viewer()
    mail = mail_to(viewer)
    house.mailer.send(viewer, mail)
    read = message_of(house.aws.sent)
    assert [read["From"], read["To"], read["Subject"]] == [SENDER, ADDRESS, mail.subject]
    text, html = (read.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    assert text.get_content().replace("\r\n", "\n").rstrip() == mail.text
    assert html.get_content().rstrip() == mail.html


@pytest.mark.parametrize("who", ["unverified", "nobody"])
def test_nobody_is_written_to_whose_address_nobody_has_verified(house: House, who: str) -> None:
    viewer = house.viewer(verified=False) if who == "unverified" else "0000-nobody"
    with pytest.raises(MailRefused):
        house.mailer.send(viewer, mail_to(viewer))
    assert [operation for operation, _ in house.aws.asked] == ["admin_get_user"]


@pytest.mark.parametrize(
    ("operation", "code", "expected"),
    [
        ("send_email", "MessageRejected", MailRefused),
        ("send_email", "TooManyRequestsException", MailUnavailable),
        ("send_email", "SendingPausedException", MailUnavailable),
        ("send_email", "InternalFailure", MailUnavailable),
        ("send_email", "AccessDeniedException", Misconfigured),
        ("send_email", "NotFoundException", Misconfigured),
        ("admin_get_user", "TooManyRequestsException", MailUnavailable),
        ("admin_get_user", "UserNotFoundException", MailRefused),
        ("admin_get_user", "ResourceNotFoundException", Misconfigured),
    ],
)
def test_a_failure_is_for_good_for_now_or_the_operator_s(
    house: House, operation: str, code: str, expected: type[Exception]
) -> None:
    viewer = house.viewer()
    answer: Any = {"Error": {"Code": code, "Message": f"of {ADDRESS}"}}
    house.aws.errors[operation] = ClientError(answer, operation)
    with pytest.raises(expected) as raised:
        house.mailer.send(viewer, mail_to(viewer))
    assert ADDRESS not in str(raised.value)


def test_where_nothing_answers_it_is_tried_again(house: House) -> None:
    viewer = house.viewer()
    house.aws.errors["send_email"] = EndpointConnectionError(endpoint_url="https://email")
    with pytest.raises(MailUnavailable):
        house.mailer.send(viewer, mail_to(viewer))
