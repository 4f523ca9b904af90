"""From a request to the operation it names, and back: protocol, caller, permission, and the check of both documents.

A reply that the service's model does not allow is never sent: it is a bug of the sandbox, or a drift that no service
could show, and answers 500 SandboxBrokenReply.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from xtcheck.sandbox.aws import (
    account_access,
    center_writes,
    cloudtrail,
    iam,
    identity_store,
    organizations,
    pending,
    permission_set_writes,
    rest,
    signature,
    sso_admin,
    sts,
)  # fmt: skip
from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import STS_NAMESPACE, ServiceError, error
from xtcheck.sandbox.aws.shapes import problems, service_model
from xtcheck.sandbox.log import current
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json, Request, Response

READS = ("List", "Describe", "Get", "Is", "Lookup")
"""How the names of operations begin that change nothing."""


@dataclass(frozen=True, slots=True)
class Service:
    """One AWS service: its name in URLs and in botocore, the prefix of its IAM actions, and its operations.

    The prefix is the service's signing name too, for all of these.
    """

    name: str
    prefix: str
    operations: Mapping[str, Callable[[Call], Json]]
    target: str = ""
    """The prefix of X-Amz-Target in the JSON protocol; empty in the others."""
    rest: bool = False
    """Whether it speaks REST-JSON; what does neither speaks the query protocol."""
    invalid: str = "ValidationException"
    """What it says of a request that its model forbids."""
    wrong_token: str = "ValidationException"


SERVICES = {
    service.name: service
    for service in (
        Service(
            "sso-admin", "sso",
            sso_admin.OPERATIONS | permission_set_writes.OPERATIONS | center_writes.OF_CENTER, "SWBExternalService",
        ),
        Service(
            "identitystore", "identitystore", identity_store.OPERATIONS | center_writes.OF_STORE, "AWSIdentityStore"
        ),
        Service(
            "organizations", "organizations", organizations.OPERATIONS | center_writes.OF_ORGANIZATION,
            "AWSOrganizationsV20161128",
            invalid="InvalidInputException", wrong_token="InvalidInputException",
        ),
        Service(
            "cloudtrail", "cloudtrail", cloudtrail.OPERATIONS, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
            invalid="InvalidLookupAttributesException", wrong_token="InvalidNextTokenException",
        ),
        Service("account-access", "account-access", account_access.OPERATIONS, rest=True),
        Service("sts", "sts", sts.OPERATIONS),
    )
}  # fmt: skip


def service_of(request: Request) -> str:
    """The ``<service>`` of ``/aws/<service>/…``."""
    return request.path.removeprefix("/aws/").split("/")[0]


def operation_of(request: Request) -> str:
    """The operation a request names: in X-Amz-Target, in the query protocol's Action, or by its path; or empty."""
    service = SERVICES.get(service_of(request))
    if service and service.rest:
        return rest.operation(request, service.name)
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    return dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("Action") or request.parameter("Action") or ""


def answer(request: Request, state: State) -> Response:
    """The reply of the service that a request for ``/aws/<service>`` asks."""
    name = service_of(request)
    service = SERVICES.get(name)
    if service is None:
        return _unknown(f"the sandbox has no AWS service '{name}'; it has {', '.join(SERVICES)}")
    operation = operation_of(request)
    if operation not in service.operations or not request.headers.get("x-amz-target", "").startswith(service.target):
        return _unknown(f"the sandbox has no operation '{operation}' of {name}")
    try:
        return _served(request, state, service, operation)
    except ServiceError as refused:
        if name == "sts":
            return error(name, 403, _IN_STS.get(refused.code, refused.code), refused.message)
        status = rest.status(name, refused.code) if service.rest and refused.status < 500 else refused.status
        return error(name, status, refused.code, refused.message, **refused.members)


def _unknown(message: str) -> Response:
    return Response.of_json({"__type": "SandboxNotImplemented", "Message": message}, 501)


def _served(request: Request, state: State, service: Service, operation: str) -> Response:
    alias, caller, signed = _authenticate(request, state, service)
    model = service_model(service.name).operation_model(operation)
    parameters = _parameters(request, service)
    wrong = list(problems(model.input_shape, parameters)) if model.input_shape else []
    if wrong:
        raise ServiceError(service.invalid, f"{len(wrong)} validation error(s) detected: {'; '.join(wrong)}")
    _authorize(caller, service, operation, parameters, state.tree["aws"][alias])
    call = Call(
        operation, parameters, alias, state.tree["aws"][alias], caller, signed.access_key, signed.region,
        state.clock.now(), service.wrong_token, state.page_size, state.page_sizes, state.polls,
    )  # fmt: skip
    pending.complete(call.aws, call.now)
    reply = service.operations[operation](call)
    broken = list(problems(model.output_shape, reply, reply=True)) if model.output_shape else []
    if broken:
        raise ServiceError("SandboxBrokenReply", f"{service.name} {operation}: {'; '.join(broken)}", 500)
    if service.rest:
        return _json(reply, "application/json")
    return _json(reply, "application/x-amz-json-1.1") if service.target else _xml(operation, reply)


def _authenticate(request: Request, state: State, service: Service) -> tuple[str, Json, signature.Signature]:
    signed = signature.read(request)
    if signed is None:
        raise ServiceError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    alias, caller = caller_of(state, signed.access_key)
    if alias is None:
        raise ServiceError("UnrecognizedClientException", "The security token included in the request is invalid.")
    # Signatures are made on the client's clock, which is real, not virtual.
    now = datetime.now(UTC) + timedelta(seconds=current.get().facts.get("by-service", {}).get("skew", 0))
    signature.verify(request, signed, caller["secret"], service.prefix, now=now)
    return alias, caller, signed


_IN_STS = {
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
}
"""The query protocol's names for the same refusals (STS API reference, Common errors)."""


def caller_of(state: State, access_key: str) -> tuple[str | None, Json]:
    """The alias of the AWS entry that knows an access key, and the key's caller; (None, None) when none does."""
    for alias, aws in state.tree.get("aws", {}).items():
        if access_key in aws["callers"]:
            return alias, aws["callers"][access_key]
    return None, None


def _authorize(caller: Json, service: Service, operation: str, parameters: Json, aws: Json) -> None:
    action = f"{service.prefix}:{operation}"
    if action != "sts:GetCallerIdentity" and not iam.allows(caller, action, parameters, aws):
        raise ServiceError(
            "AccessDeniedException",
            f"User: {caller['arn']} is not authorized to perform: {action} "
            f"because no identity-based policy allows the {action} action",
        )


def _parameters(request: Request, service: Service) -> Json:
    if service.rest:
        return rest.parameters(request, service.name)
    if not service.target:
        form = dict(parse_qsl(request.body.decode()))
        return {name: value for name, value in form.items() if name not in ("Action", "Version")}
    try:
        return json.loads(request.body or b"{}")
    except ValueError as broken:
        raise ServiceError("SerializationException", "The request body is not JSON.") from broken


def _json(reply: Json, content_type: str) -> Response:
    body = json.dumps(reply, ensure_ascii=False).encode()
    headers = {"content-type": content_type, "x-amzn-requestid": str(uuid.uuid4())}
    return Response(200, body, headers)


def _xml(operation: str, reply: dict[str, str]) -> Response:
    request_id = str(uuid.uuid4())
    result = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in reply.items())
    body = (
        f'<{operation}Response xmlns="{STS_NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Response(200, body.encode(), {"content-type": "text/xml", "x-amzn-requestid": request_id})
