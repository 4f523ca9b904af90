"""The access portal's anonymous front page, which tells the Region of the instance behind an alias."""

from __future__ import annotations

from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Request, Response


def answer(request: Request, state: State) -> Response:
    """GET ``/portal/<alias or d-id>[/start]``, for https://<alias>.awsapps.com/start.

    The page carries ``<meta name="region">`` (seen in the field, not documented). What an unknown alias gives is not
    documented either; here it is a 404.
    """
    name = request.path.removeprefix("/portal/").split("/")[0]
    if request.method != "GET":
        return Response(405)
    for aws in state.tree["aws"].values():
        if name and name in (aws.get("portalAlias"), *aws["identityStores"]):
            page = (
                f'<!DOCTYPE html><html><head><meta name="region" content="{aws["region"]}"></head><body></body></html>'
            )
            return Response(200, page.encode(), {"content-type": "text/html;charset=UTF-8"})
    return Response(404, b"<html><body>Not found</body></html>", {"content-type": "text/html;charset=UTF-8"})
