"""The access portal's anonymous front page, which tells the Region of the instance behind an alias."""

from __future__ import annotations

from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Request, Response


def answer(request: Request, state: State) -> Response:
    """GET ``/portal/<alias or d-id>[/start]``, for https://<alias>.awsapps.com/start.

    The page carries ``<meta name="region">`` (seen in the field, not documented). What an unknown alias gives is not
    documented either; here it is a 404.
    """
    if request.method != "GET":
        return Response(405)
    alias = entry_of(request, state)
    if alias is None:
        return Response(404, b"<html><body>Not found</body></html>", {"content-type": "text/html;charset=UTF-8"})
    region = state.tree["aws"][alias]["portalRegion"]
    page = f'<!DOCTYPE html><html><head><meta name="region" content="{region}"></head><body></body></html>'
    return Response(200, page.encode(), {"content-type": "text/html;charset=UTF-8"})


def entry_of(request: Request, state: State) -> str | None:
    """The alias of the AWS entry whose portal is asked for; None when nobody has such a portal."""
    name = request.path.removeprefix("/portal/").split("/")[0]
    for alias, aws in state.tree["aws"].items():
        if name and name in (aws.get("portalAlias"), *aws["identityStores"]):
            return str(alias)
    return None
