"""Mail by SES, to the address that a viewer signs in with: asked of Cognito, and kept nowhere.

In boto3's hands, which the jobs alone load.
"""

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from holdings.core.errors import MailRefused, MailUnavailable, Misconfigured
from holdings.core.ports import Mail

# A link that is folded comes out as encoded words, which nobody who reads the header takes for one.
_POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")
_CONFIG = Config(connect_timeout=2, read_timeout=8, retries={"max_attempts": 2})
_NEVER = {"MessageRejected", "BadRequestException", "UserNotFoundException"}
_DENIED = {"AccessDeniedException", "NotFoundException", "ResourceNotFoundException"}
# What SES's own simulator of mailboxes and CloudWatch know a mail by.
_VIEWER_TAG = "viewer"


class SesMailer:
    """Implements `holdings.core.ports.Mailer`. Safe to share between threads."""

    def __init__(
        self,
        *,
        sender: str,
        configuration_set: str,
        user_pool_id: str,
        client: Callable[[str], Any] | None = None,
    ) -> None:
        """`client` makes boto3's client of a service."""
        make = client or _client
        self._ses, self._cognito = make("sesv2"), make("cognito-idp")
        self._sender = sender
        self._configuration_set = configuration_set
        self._user_pool_id = user_pool_id

    def send(self, viewer: str, mail: Mail) -> None:
        address = self._address(viewer)
        request: dict[str, Any] = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [address]},
            "Content": {"Raw": {"Data": _message(self._sender, address, mail)}},
            # So that what comes back says whose it was.
            "EmailTags": [{"Name": _VIEWER_TAG, "Value": viewer}],
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        self._call(self._ses.send_email, **request)

    def _address(self, viewer: str) -> str:
        """Raises MailRefused where there is none that Cognito has verified."""
        found = self._call(
            self._cognito.admin_get_user, UserPoolId=self._user_pool_id, Username=viewer
        )
        known = {one["Name"]: one.get("Value", "") for one in found.get("UserAttributes", [])}
        address = known.get("email", "")
        if not address or known.get("email_verified") != "true":
            raise MailRefused("the viewer has no verified address")
        try:
            return Address(addr_spec=address).addr_spec
        except ValueError:
            raise MailRefused("the viewer's address is none") from None

    def _call(self, operation: Callable[..., Any], **request: Any) -> Any:
        try:
            return operation(**request)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _NEVER:
                raise MailRefused(f"the mail is refused ({code})") from None
            if code in _DENIED:
                remedy = "check MAIL_FROM, MAIL_CONFIGURATION_SET, USER_POOL_ID and the rights"
                raise Misconfigured(f"mail cannot be sent ({code}): {remedy}") from None
            raise MailUnavailable(f"mail cannot be sent now ({code})") from None
        except BotoCoreError as error:
            raise MailUnavailable(f"mail cannot be sent now ({type(error).__name__})") from None


def _client(name: str) -> Any:
    made: Any = boto3
    return made.client(name, config=_CONFIG)


def _message(sender: str, address: str, mail: Mail) -> bytes:
    """Return the mail with one-click unsubscription: RFC 8058, section 8."""
    message = EmailMessage(_POLICY)
    message["From"], message["To"], message["Subject"] = sender, address, mail.subject
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()
