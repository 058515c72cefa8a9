"""AWS Signature Version 4, for the one kind of request that is sent: a JSON object to "/".

Source: "Create a signed AWS API request" in the IAM user guide. The tests hold every header to
botocore's own signer.
"""

import hmac
import time
from hashlib import sha256

from holdings.adapters.aws_environment import SigningKey

_ALGORITHM = "AWS4-HMAC-SHA256"


def sign(
    headers: dict[str, str],
    body: bytes,
    key: SigningKey,
    *,
    service: str,
    region: str,
    now: float,
) -> dict[str, str]:
    """Return `headers`, which have `host` and lower-case names, with what a POST to "/" adds.

    `now` is epoch seconds.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = headers | {"x-amz-date": moment}
    if key.token:
        signed["x-amz-security-token"] = key.token
    names = sorted(signed)
    signed_names = ";".join(names)
    canonical = "\n".join(
        (
            "POST",
            "/",
            "",  # no query
            *(f"{name}:{signed[name]}" for name in names),
            "",
            signed_names,
            sha256(body).hexdigest(),
        )
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, moment, scope, sha256(canonical.encode()).hexdigest()))
    secret = f"AWS4{key.secret_key}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={key.access_key}/{scope}, "
        f"SignedHeaders={signed_names}, Signature={signature}"
    )
    return signed
