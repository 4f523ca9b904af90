"""The rows of Microsoft Graph that write claims mapping policies, and give them to service principals.

https://learn.microsoft.com/graph/api/claimsmappingpolicy-post-claimsmappingpolicies
"""

from __future__ import annotations

import json
import re
import uuid

from xtcheck.sandbox.graph.bodies import conflict, created, done, required, writable
from xtcheck.sandbox.graph.directory import pick
from xtcheck.sandbox.graph.errors import bad, missing
from xtcheck.sandbox.graph.reads import OWNED
from xtcheck.sandbox.graph.router import Call, Route
from xtcheck.sandbox.wire import Json, Response

WRITE = frozenset({"Policy.ReadWrite.ApplicationConfiguration"})
_FIELDS = frozenset({"definition", "displayName", "isOrganizationDefault"})
_REFERENCE = re.compile(r"https://[^/]+/(?:graph/)?(?:v1\.0|beta)/policies/claimsmappingpolicies/([0-9a-f-]{36})/?")
"""In small letters."""


def _stated(call: Call) -> dict[str, Json]:
    found = writable(call, "claimsMappingPolicy", _FIELDS)
    for text in found.get("definition") or []:
        try:
            whole = json.loads(text)
        except ValueError as error:
            raise bad("Property definition has an invalid value.") from error
        if not isinstance(whole, dict) or "ClaimsMappingPolicy" not in whole:
            raise bad("Property definition has an invalid value.")
    return found


def _add(call: Call) -> Response:
    found = _stated(call)
    required(found, "definition", "displayName")
    identifier = str(uuid.uuid4())
    made = {"id": identifier, "deletedDateTime": None, "isOrganizationDefault": False, **found}
    call.tenant["claimsMappingPolicies"][identifier] = made
    return created(call, "claimsMappingPolicy", made, "policies/claimsMappingPolicies/$entity")


def _patch(call: Call) -> Response:
    pick(call.tenant["claimsMappingPolicies"], call.parts["policy"]).update(_stated(call))
    return done()


def _delete(call: Call) -> Response:
    identifier = pick(call.tenant["claimsMappingPolicies"], call.parts["policy"])["id"]
    if any(identifier in given for given in call.tenant["claimsMappings"].values()):
        raise bad("The policy is still assigned to a service principal.")
    del call.tenant["claimsMappingPolicies"][identifier]
    return done()


def _give(call: Call) -> Response:
    principal = pick(call.tenant["servicePrincipals"], call.parts["sp"])
    reference = call.request.json() if call.request.body else {}
    found = _REFERENCE.fullmatch(str(reference.get("@odata.id")).lower())
    if found is None:
        raise bad("Invalid URL format specified in payload.")
    if found[1] not in call.tenant["claimsMappingPolicies"]:
        raise missing(found[1])
    if call.tenant["claimsMappings"].get(principal["id"]):
        raise conflict("A conflicting object with one or more of the specified property values is present.", 400)
    call.tenant["claimsMappings"][principal["id"]] = [found[1]]
    return done()


def _take(call: Call) -> Response:
    principal = pick(call.tenant["servicePrincipals"], call.parts["sp"])
    given, policy = call.tenant["claimsMappings"].get(principal["id"], []), call.parts["policy"].lower()
    if policy not in given:
        raise missing(policy)
    given.remove(policy)
    return done()


_POLICIES = "/policies/claimsMappingPolicies"
_OF_SP = "/servicePrincipals/{sp}/claimsMappingPolicies"

ROUTES: tuple[Route, ...] = (
    Route("POST", _POLICIES, "claimsMappingPolicy", "", WRITE, _add),
    Route("PATCH", f"{_POLICIES}/{{policy}}", "claimsMappingPolicy", "", WRITE, _patch),
    Route("DELETE", f"{_POLICIES}/{{policy}}", "claimsMappingPolicy", "", WRITE, _delete),
    Route("POST", f"{_OF_SP}/$ref", "claimsMappingPolicy", "", WRITE, _give, also=OWNED),
    Route("DELETE", f"{_OF_SP}/{{policy}}/$ref", "claimsMappingPolicy", "", WRITE, _take, also=OWNED),
)
