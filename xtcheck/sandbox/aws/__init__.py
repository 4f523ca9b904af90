"""The AWS half of the sandbox: IAM Identity Center, its identity store, Organizations, STS, and the access portal.

Written from AWS's documentation and the service models in botocore, against which every request and every reply is
checked. An operation that is not here answers 501.
"""

from __future__ import annotations

from xtcheck.sandbox.aws import dispatch, portal, signature
from xtcheck.sandbox.aws.failure import error
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Request, Response

__all__ = ["describe", "error", "handle"]


async def handle(request: Request, state: State) -> Response | None:
    """Answer a request for ``/aws/<service>/…`` or ``/portal/…``; None when the path is neither."""
    if request.path.startswith("/portal/"):
        return portal.answer(request, state)
    if request.path.startswith("/aws/"):
        with state.lock:
            return dispatch.answer(request, state)
    return None


def describe(request: Request, state: State | None = None) -> tuple[str | None, str, bool]:
    """Who calls (the AWS entry's alias, which takes the state to know), which operation, and whether it writes."""
    if request.path.startswith("/portal/"):
        return portal.entry_of(request, state) if state else None, "portal", False
    signed = signature.read(request)
    alias = dispatch.caller_of(state, signed.access_key)[0] if signed and state else None
    operation = dispatch.operation_of(request)
    return alias, operation, not operation.startswith(dispatch.READS)
