"""Who signed a request: AWS Signature Version 4, checked by computing the signature again."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Request

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Signature:
    """What an Authorization header claims."""

    access_key: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str


def read(request: Request) -> Signature | None:
    """The signature a request carries; None when it carries none that can be read."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", "").strip())
    if found is None:
        return None
    return Signature(
        found["key"], found["region"], found["service"], tuple(found["headers"].split(";")), found["signature"]
    )


def verify(request: Request, signature: Signature, secret: str, service: str, *, now: datetime) -> None:
    """Raise unless ``secret`` gives this request this signature, scoped to the signing name ``service``, about now.

    The codes are those of the JSON protocol; the caller renames them for STS.
    """
    if signature.service != service:
        raise ServiceError("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'.")
    _require_recent(request.headers.get("x-amz-date", ""), now)
    if not hmac.compare_digest(_compute(request, signature, secret), signature.value):
        raise ServiceError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
        )


def _require_recent(signed: str, now: datetime) -> None:
    """A signature counts for five minutes around its time.

    docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
    """
    form = "%Y%m%dT%H%M%SZ"
    try:
        at = datetime.strptime(signed, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise ServiceError("InvalidSignatureException", "Date must be in ISO-8601 'basic format'.") from error
    if at < now - TOLERANCE:
        border = f"{now - TOLERANCE:{form}} ({now:{form}} - 5 min.)"
        raise ServiceError("InvalidSignatureException", f"Signature expired: {signed} is now earlier than {border}")
    if at > now + TOLERANCE:
        border = f"{now + TOLERANCE:{form}} ({now:{form}} + 5 min.)"
        text = f"Signature not yet current: {signed} is still later than {border}"
        raise ServiceError("InvalidSignatureException", text)


def _compute(request: Request, signature: Signature, secret: str) -> str:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url = request.base.rstrip("/") + request.sent + (f"?{request.query}" if request.query else "")
    headers = {name: request.headers.get(name, "") for name in signature.headers}
    signed = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
    signed.context["timestamp"] = request.headers.get("x-amz-date", "")
    auth = SigV4Auth(Credentials(signature.access_key, secret), signature.service, signature.region)
    canonical = auth.canonical_request(signed)
    return str(auth.signature(auth.string_to_sign(signed, canonical), signed))
