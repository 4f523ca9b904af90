"""Why AWS gave no answer, in words that lead to the next step."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xtcheck.clients import clock, network
from xtcheck.clients.aws_pages import AGAIN
from xtcheck.clients.naming import describe
from xtcheck.clients.outcome import NoAnswer, one_line, visible
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.connection import Connection

DENIED = ("AccessDenied", "UnauthorizedOperation")
REFUSED = {
    "ExpiredToken": "have expired",
    "ExpiredTokenException": "have expired",
    "InvalidClientTokenId": "are unknown to AWS",
    "UnrecognizedClientException": "are unknown to AWS",
    "InvalidAccessKeyId": "are unknown to AWS",
    "SignatureDoesNotMatch": "are wrong: the signature does not match",
    "InvalidSignatureException": "are wrong: the signature does not match",
    "IncompleteSignature": "are wrong: the signature is not complete",
}
HASTE = re.compile("Throttl|TooManyRequests|RequestLimitExceeded|SlowDown")
"""What the error codes of refusals for haste have in common: botocore's own list, as far as it is about haste."""
CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
OUT_OF_DATE = ("Signature expired", "Signature not yet current")
"""How a message begins when the signature is well, and only its time is not: IAM User Guide, SigV4 troubleshooting."""
IAM_PREFIX = {"sso-admin": "sso"}
"""IAM's name of a service, where it is not boto3's: the service authorization reference."""


def no_answer(error: Exception, connection: Connection, service: str, operation: str, *, asked: str = "") -> NoAnswer:
    """The exception that says why there is no answer; ``operation`` is the API's name, ``ListInstances``.

    ``asked`` is the address that was asked last, where one was.
    """
    from botocore import exceptions as core
    from botocore.parsers import ResponseParserError

    place, named = connection.place, describe(connection.credential)
    action = f"{IAM_PREFIX.get(service, service)}:{operation}"
    match error:
        case XtcheckError():
            return NoAnswer(one_line(str(error), 300), f"complete {named} of {place}")
        case core.ClientError():
            return _refused(error.response, connection, action)
        case core.ProfileNotFound():
            return NoAnswer(one_line(str(error)), f"create it with aws configure, or correct the profile of {place}")
        case core.NoCredentialsError() | core.PartialCredentialsError():
            return NoAnswer(f"there are no AWS credentials for {place}", f"provide {named}, or declare a credential")
        case core.NoRegionError():
            return NoAnswer(f"no region is declared for {place}", f"set region of {place}")
        case core.PaginationError():
            return NoAnswer(f"{action}: a page leads back to a page that was read", "run again")
        case (
            core.SSOError()
            | core.TokenRetrievalError()
            | core.CredentialRetrievalError()
            | core.MetadataRetrievalError()
            | core.RefreshWithMFAUnsupportedError()
        ):
            text = f"no AWS keys come from {named}: {one_line(str(error))}"
            return NoAnswer(text, f"sign in again for {place} (aws sso login)")
        case core.HTTPClientError() | core.ConnectionError() | core.IncompleteReadError():
            url = str(
                error.kwargs.get("endpoint_url") or asked or connection.endpoints.get(service) or f"AWS ({service})"
            )
            return network.explain(error, url, place).as_no_answer()
        case (
            ResponseParserError() | ValueError()
        ):  # such as a moment that is none; its text quotes the answer, which may hold keys
            return NoAnswer(f"{action}: the answer is not whole, or no answer of this service", AGAIN)
        case _:
            text = f"{action}: {type(error).__name__} ({one_line(str(error))})"
            return NoAnswer(text, f"check the endpoints of {place}")


def _refused(response: Any, connection: Connection, action: str) -> NoAnswer:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = visible(error.get("Code") or "no code", 80), one_line(error.get("Message") or "")
    place, named = connection.place, describe(connection.credential)
    reason = one_line(str(response.get("Reason") or error.get("Reason") or ""), 80)
    said = f"{code}{f' ({message})' if message else ''}{f', reason {reason}' if reason else ''}"
    if request_id := metadata.get("RequestId"):
        said += f", request-id {visible(request_id, 60)}"
    if code in CLOCK or message.startswith(OUT_OF_DATE):
        off = clock.off(metadata.get("HTTPHeaders", {}).get("date", ""), datetime.now(UTC))
        why = off or "the service finds this computer's clock wrong"
        return NoAnswer(f"{why}: {said}", clock.SET)
    if code in REFUSED:
        return NoAnswer(f"the AWS keys of {place} {REFUSED[code]}: {said}", f"renew {named} of {place}")
    if "KMS" in reason.upper():
        text = f"{action} is denied by the instance's key: {said}"
        return NoAnswer(text, f"allow kms:Decrypt on that key to {named} of {place}", denied=True)
    if code.startswith(DENIED):
        remedy = f"allow {action} to {named} of {place}"
        return NoAnswer(f"{action} is denied: {said}", remedy, refused=connection.identity, denied=True)
    status = metadata.get("HTTPStatusCode", 0)
    if code.startswith("Conflict"):
        text = f"{action}: status {status} {said}: the object is being changed"
        return NoAnswer(text, f"run again some minutes after the last change in {place}")
    if HASTE.search(code) or status >= 500:
        return NoAnswer(f"{action}, to the last try: status {status} {said}", "run again later")
    return NoAnswer(f"{action}: status {status} {said}", f"check region, instance and endpoints of {place}")
