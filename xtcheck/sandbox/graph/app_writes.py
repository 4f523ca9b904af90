"""The rows of Microsoft Graph that write enterprise applications: from the gallery, their SAML, who is assigned.

https://learn.microsoft.com/graph/application-saml-sso-configure-api
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from xtcheck.sandbox.crowd import Users
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.graph.bodies import body, conflict, created, done, required, writable
from xtcheck.sandbox.graph.directory import pick
from xtcheck.sandbox.graph.errors import GraphError, bad, missing
from xtcheck.sandbox.graph.router import CONTENT_TYPE, OWNED_BY, Call, Route, shown_part
from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.wire import Json, Response
from xtcheck.sandbox.worlds.application import add_application, application_of

WRITE = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
MAKE = WRITE | {OWNED_BY}
ASSIGN = frozenset({"AppRoleAssignment.ReadWrite.All"})
SEES_APPLICATIONS = frozenset({"Application.Read.All", "Directory.Read.All"}) | WRITE

_OF_PRINCIPAL = frozenset({
    "accountEnabled", "alternativeNames", "appRoleAssignmentRequired", "description", "displayName", "keyCredentials",
    "loginUrl", "logoutUrl", "notes", "notificationEmailAddresses", "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint", "samlSingleSignOnSettings", "tags", "tokenEncryptionKeyId",
})  # fmt: skip
"""Reply URLs and names mirror the application: they are read here and written there."""
_OF_APPLICATION = frozenset({
    "description", "displayName", "groupMembershipClaims", "identifierUris", "notes", "optionalClaims", "publicClient",
    "serviceManagementReference", "spa", "tags", "web",
})  # fmt: skip
_MODES = (None, "saml", "password", "notSupported", "oidc")
_NO_ROLE = "00000000-0000-0000-0000-000000000000"
LONGEST = timedelta(days=3 * 366)
"""How long a signing certificate may live at most: three years."""


def _principal(call: Call) -> Json:
    return pick(call.tenant["servicePrincipals"], call.parts["sp"])


def _instantiate(call: Call) -> Response:
    """Not idempotent: every call makes another application of the name."""
    template = pick(templates.GALLERY, call.parts["template"])
    found = body(call)
    required(found, "displayName")
    if not isinstance(found["displayName"], str) or set(found) - {"displayName", "serviceManagementReference"}:
        raise bad("Invalid value specified for the parameters of instantiate.")
    made = add_application(call.tenant, found["displayName"], template_id=template["id"], key=str(uuid.uuid4()))
    application = application_of(call.tenant, made)
    application["serviceManagementReference"] = found.get("serviceManagementReference")
    application["createdDateTime"] = made["createdDateTime"] = stamp(call.state.clock.now())
    for each in (made, application):
        call.tenant["owners"][each["id"]] = [call.app_id]
    answer = {
        "@odata.context": f"{call.root}/$metadata#microsoft.graph.applicationServicePrincipal",
        "application": shown_part("application", application, beta=call.beta),
        "servicePrincipal": shown_part("servicePrincipal", made, beta=call.beta),
    }
    return Response.of_json(answer, 201, CONTENT_TYPE)


def _patch_principal(call: Call) -> Response:
    known = _principal(call)
    found = writable(call, "servicePrincipal", _OF_PRINCIPAL)
    if found.get("preferredSingleSignOnMode") not in _MODES:
        raise bad("Invalid value specified for property 'preferredSingleSignOnMode' of resource 'ServicePrincipal'.")
    if "keyCredentials" in found:
        found["keyCredentials"] = _fewer(known, found["keyCredentials"] or [])
    thumbprint = found.get("preferredTokenSigningKeyThumbprint")
    if thumbprint is not None and thumbprint.upper() not in _thumbprints(found.get("keyCredentials", known)):
        raise bad("The preferredTokenSigningKeyThumbprint is not that of a certificate of this service principal.")
    for name in ("displayName", "accountEnabled", "appRoleAssignmentRequired"):
        if name in found and found[name] is None:
            raise bad(f"Invalid value specified for property '{name}' of resource 'ServicePrincipal'.")
    known |= found
    kept = _thumbprints(known)
    certificates: dict[str, str] = call.tenant["signingCertificates"].get(known["appId"], {})
    for gone in [name for name in certificates if name not in kept]:
        del certificates[gone]
    return done()


def _thumbprints(of: Json) -> set[str]:
    credentials = of["keyCredentials"] if isinstance(of, dict) else of
    return {base64.b64decode(each["customKeyIdentifier"]).hex().upper() for each in credentials}


def _fewer(known: Json, wanted: list[Json]) -> list[Json]:
    """Credentials can be taken away by sending the others; a new one comes by addTokenSigningCertificate."""
    there = {each["keyId"]: each for each in known["keyCredentials"]}
    if any(each.get("keyId") not in there for each in wanted):
        raise bad("New key credentials must come with proof of possession; only existing ones can be kept here.")
    return [there[each["keyId"]] for each in wanted]


def _patch_application(call: Call) -> Response:
    known = pick(call.tenant["applications"], call.parts["application"])
    found = writable(call, "application", _OF_APPLICATION)
    principals = [each for each in call.tenant["servicePrincipals"].values() if each["appId"] == known["appId"]]
    _check_identifiers(call, known, found.get("identifierUris", []), principals)
    for name in ("web", "spa", "publicClient"):
        if found.get(name) is not None:
            # Lists in it are replaced; what it does not name is kept.
            found[name] = known[name] | found[name]
    if any(name in found and found[name] is None for name in ("displayName", "web", "spa", "publicClient")):
        raise bad("Invalid value specified for a property of resource 'Application'.")
    known |= found
    for each in principals:
        _mirror(known, each, renamed="displayName" in found)
    return done()


def _check_identifiers(call: Call, known: Json, wanted: list[str], principals: list[Json]) -> None:
    taken = {
        uri
        for each in call.tenant["applications"].values()
        if each["id"] != known["id"]
        for uri in each["identifierUris"]
    }
    if taken & set(wanted):
        message = "Another object with the same value for property identifierUris already exists."
        raise conflict(message, 400)
    verified = [each["name"].lower() for each in call.tenant["organization"]["verifiedDomains"]]
    saml = any(each["preferredSingleSignOnMode"] == "saml" for each in principals)
    for uri in wanted:
        host = (urlsplit(uri).hostname or "").lower()
        ours = any(host == domain or host.endswith(f".{domain}") for domain in verified)
        if uri.startswith("https:") and not (ours or saml):
            # The documented order is the mode first, and the addresses then.
            message = "Values of identifierUris property must use a verified domain of the organization."
            raise bad(message, "HostNameNotOnVerifiedDomain")


def _mirror(application: Json, principal: Json, *, renamed: bool) -> None:
    principal["servicePrincipalNames"] = [*application["identifierUris"], application["appId"]]
    urls = [uri for name in ("web", "spa", "publicClient") for uri in application[name].get("redirectUris") or ()]
    principal["replyUrls"] = urls
    if renamed:
        principal["displayName"] = principal["appDisplayName"] = application["displayName"]


def _delete_application(call: Call) -> Response:
    known = pick(call.tenant["applications"], call.parts["application"])
    del call.tenant["applications"][known["id"]]
    for each in [each for each in call.tenant["servicePrincipals"].values() if each["appId"] == known["appId"]]:
        _remove(call, each)
    return done()


def _delete_principal(call: Call) -> Response:
    _remove(call, _principal(call))
    return done()


def _remove(call: Call, principal: Json) -> None:
    """A service principal goes with everything that hangs on it."""
    tenant, identifier = call.tenant, principal["id"]
    del tenant["servicePrincipals"][identifier]
    for collection in ("synchronization", "claimsMappings", "owners"):
        tenant[collection].pop(identifier, None)
    tenant["signingCertificates"].pop(principal["appId"], None)
    given = tenant["appRoleAssignments"]
    for key in [key for key, each in given.items() if identifier in (each["resourceId"], each["principalId"])]:
        del given[key]


def _add_certificate(call: Call) -> Response:
    """Adds one more certificate, which signs nothing until its thumbprint is preferred; every call adds another."""
    from xtcheck.sandbox.keys import fresh_certificate, signing_certificate  # cryptography is heavy

    known, found = _principal(call), body(call)
    subject = found.get("displayName")
    if not isinstance(subject, str) or not subject.startswith("CN=") or set(found) - {"displayName", "endDateTime"}:
        raise bad("The displayName of a token signing certificate must start with CN=.")
    begins = call.state.clock.now().replace(microsecond=0)
    ends = _moment(found.get("endDateTime")) or begins + timedelta(days=1095)
    if not begins < ends <= begins + LONGEST:
        raise bad("The endDateTime of a token signing certificate is at most three years from now.")
    # The first is the worlds' own, so that a policy can name its thumbprint before it is made.
    certificates = call.tenant["signingCertificates"].setdefault(known["appId"], {})
    first = signing_certificate()
    used = {name for each in call.tenant["signingCertificates"].values() for name in each}
    new = first if first.thumbprint not in used else fresh_certificate("issuer", subject[3:] or "x", begins, ends)
    certificates[new.thumbprint] = new.base64
    pair = {
        usage: {
            "customKeyIdentifier": base64.b64encode(new.sha1).decode(),
            "displayName": subject,
            "endDateTime": stamp(ends),
            "key": key,
            "keyId": str(uuid.uuid4()),
            "startDateTime": stamp(begins),
            "type": "AsymmetricX509Cert",
            "usage": usage,
        }
        for usage, key in (("Verify", new.base64), ("Sign", None))
    }
    known["keyCredentials"] += pair.values()
    made = pair["Verify"] | {"thumbprint": new.thumbprint}
    return created(call, "selfSignedCertificate", made, "microsoft.graph.selfSignedCertificate", 200)


def _moment(text: Json) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(str(text))
    except ValueError as error:
        raise bad("Invalid value specified for property 'endDateTime'.") from error


def _assign(call: Call) -> Response:
    known = _principal(call)
    found = writable(call, "appRoleAssignment", {"principalId", "resourceId", "appRoleId"})
    required(found, "principalId", "resourceId", "appRoleId")
    wanted = {name: str(value).lower() for name, value in found.items()}
    if wanted["resourceId"] != known["id"]:
        raise bad("The resourceId does not match the service principal of the request.")
    roles = {each["id"]: each for each in known["appRoles"]}
    kind, who = _assignee(call, wanted["principalId"])
    role = roles.get(wanted["appRoleId"])
    fits = role and role["isEnabled"] and ("User" if kind != "ServicePrincipal" else "Application") in (
        role["allowedMemberTypes"]
    )  # fmt: skip
    if not fits and (roles or wanted["appRoleId"] != _NO_ROLE):
        raise bad("Permission being assigned was not found on application.")
    given = call.tenant["appRoleAssignments"]
    if any(wanted.items() <= each.items() for each in given.values()):
        raise bad("Permission being assigned already exists on the object.")
    identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes).decode().rstrip("=")
    given[identifier] = made = {
        "id": identifier,
        "deletedDateTime": None,
        "createdDateTime": stamp(call.state.clock.now()),
        "principalDisplayName": who["displayName"],
        "principalType": kind,
        "resourceDisplayName": known["displayName"],
        **wanted,
    }
    return created(call, "appRoleAssignment", made, "appRoleAssignments/$entity")


def _assignee(call: Call, identifier: str) -> tuple[str, Json]:
    kinds: dict[str, Mapping[str, Json]] = {
        "User": Users(call.tenant),
        "Group": call.tenant["groups"],
        "ServicePrincipal": call.tenant["servicePrincipals"],
    }
    for kind, collection in kinds.items():
        if identifier in collection:
            return kind, collection[identifier]
    raise missing(identifier)


def _unassign(call: Call) -> Response:
    known, given = _principal(call), call.tenant["appRoleAssignments"]
    found = given.get(call.parts["assignment"])
    if found is None or found["resourceId"] != known["id"]:
        raise GraphError(404, "Request_ResourceNotFound", "The app role assignment does not exist.")
    del given[found["id"]]
    return done()


_SP = "/servicePrincipals/{sp}"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/applicationTemplates/{template}/instantiate", "application", "", MAKE, _instantiate),
    Route("PATCH", _SP, "servicePrincipal", "", WRITE, _patch_principal, owned=True),
    Route("DELETE", _SP, "servicePrincipal", "", WRITE, _delete_principal, owned=True),
    Route("POST", f"{_SP}/addTokenSigningCertificate", "selfSignedCertificate", "", WRITE, _add_certificate,
          owned=True),
    Route("PATCH", "/applications/{application}", "application", "", WRITE, _patch_application, owned=True),
    Route("DELETE", "/applications/{application}", "application", "", WRITE, _delete_application, owned=True),
    Route("POST", f"{_SP}/appRoleAssignedTo", "appRoleAssignment", "", ASSIGN, _assign, also=SEES_APPLICATIONS),
    Route("DELETE", f"{_SP}/appRoleAssignedTo/{{assignment}}", "appRoleAssignment", "", ASSIGN, _unassign),
)  # fmt: skip
