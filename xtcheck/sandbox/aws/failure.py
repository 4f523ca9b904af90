"""Errors in the shapes of AWS: JSON 1.1 with ``__type``, and the XML of the query protocol for STS."""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape

from xtcheck.sandbox.wire import Json, Response

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class ServiceError(Exception):
    """What an operation refuses with: the code of the service, its message, and the members its error shape has."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Json) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.members = code, message, status, members


def error(service: str, status: int, code: str, message: str, **members: Json) -> Response:
    """An error reply of ``service`` (sts: XML; the others: JSON).

    JSON 1.1 names the error in ``__type`` of the body and in the header x-amzn-errortype
    (smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html); STS wraps it in ErrorResponse (STS API reference).
    """
    request_id = str(uuid.uuid4())
    if service == "sts":
        fault = "Sender" if status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Type>{fault}</Type><Code>{escape(code)}</Code>'
            f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(status, body.encode(), {"content-type": "text/xml", "x-amzn-requestid": request_id})
    # sso-admin, identitystore and organizations call the member "Message", account-access does not.
    document = {"__type": code, "message" if service == "account-access" else "Message": message, **members}
    return Response(
        status,
        json.dumps(document, ensure_ascii=False).encode(),
        {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": request_id, "x-amzn-errortype": code},
    )
