"""The SCIM endpoint of IAM Identity Center, and the provisioning cycle that Entra's AWS job runs against it.

The endpoint departs from the SCIM RFCs where AWS does (https://docs.aws.amazon.com/singlesignon/latest/developerguide/).
"""

from __future__ import annotations

from xtcheck.sandbox.scim.cycle import connect, provision
from xtcheck.sandbox.scim.endpoint import answer, operation, split
from xtcheck.sandbox.scim.failure import error
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Request, Response

__all__ = ["connect", "describe", "error", "handle", "provision"]


async def handle(request: Request, state: State) -> Response | None:
    """Answer a request for ``/scim/<tenant>/scim/v2/…``; None when the path is another."""
    return answer(request, state) if request.path.startswith("/scim/") else None


def describe(request: Request, _state: State | None = None) -> tuple[str | None, str, bool]:
    """The SCIM tenant, the operation as CloudTrail names it, and whether it writes."""
    tenant, segments = split(request.path)
    return tenant or None, operation(request.method, segments), request.method != "GET"
