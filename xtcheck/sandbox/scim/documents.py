"""A user or group as SCIM says it and as the identity store keeps it, both ways."""

from __future__ import annotations

from datetime import UTC, datetime

from xtcheck.sandbox.wire import Json

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EXTENSION = "aws:identitystore:enterprise"
"""What the identity store calls the enterprise extension."""

_PLAIN = ("userName", "displayName", "nickName", "profileUrl", "userType", "title")
_LOCAL = ("preferredLanguage", "locale", "timezone", "name", "emails", "addresses", "phoneNumbers", "roles")
_SAME = (*_PLAIN, *_LOCAL)
"""Attributes that differ in nothing but the case of their first letter: userName, UserName."""
_MEMBERS = {name[0].upper() + name[1:] for name in _SAME} | {"UserStatus", "Extensions"}
_DROPPED = frozenset({"display", "$ref"})
"""Sub-attributes that the identity store has no place for."""


def issuer(scim: Json) -> str:
    """The issuer of the external ids that one SCIM tenant gives."""
    return f"https://scim.aws.com/{scim['tenant']}"


def external_id(document: Json, scim: Json) -> str | None:
    """The externalId that this SCIM tenant gave a user or group."""
    ours = issuer(scim)
    return next((each["Id"] for each in document.get("ExternalIds", []) if each["Issuer"] == ours), None)


def to_scim(document: Json, scim: Json) -> Json:
    """A user or group of the identity store, as the endpoint answers it. Groups never show their members."""
    return _group_to_scim(document, scim) if "GroupId" in document else _user_to_scim(document, scim)


def _user_to_scim(document: Json, scim: Json) -> Json:
    told: dict[str, Json] = {"id": document["UserId"]}
    if (external := external_id(document, scim)) is not None:
        told["externalId"] = external
    told |= {"meta": _meta("User", document), "schemas": [USER]}
    for name in _SAME:
        member = name[0].upper() + name[1:]
        if member in document:
            told[name] = _cased(document[member], upper=False)
    told["active"] = document.get("UserStatus", "ENABLED") == "ENABLED"
    extension = document.get("Extensions", {}).get(EXTENSION)
    if extension:
        told["schemas"] = [USER, ENTERPRISE]
        told[ENTERPRISE] = extension
    return told


def _group_to_scim(document: Json, scim: Json) -> Json:
    told: dict[str, Json] = {"id": document["GroupId"]}
    if (external := external_id(document, scim)) is not None:
        told["externalId"] = external
    told |= {"meta": _meta("Group", document), "schemas": [GROUP]}
    return told | {"displayName": document.get("DisplayName", ""), "members": []}


def _meta(kind: str, document: Json) -> Json:
    # No location and no version, unlike RFC 7643.
    return {
        "resourceType": kind,
        "created": _moment(document["CreatedAt"]),
        "lastModified": _moment(document["UpdatedAt"]),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_from_scim(resource: Json, before: Json, scim: Json) -> Json:
    """The members of a user that a SCIM resource sets, over ``before``; what SCIM cannot say is kept from it."""
    document = {name: value for name, value in before.items() if name not in _MEMBERS}
    for name in _SAME:
        value = _cased(resource.get(name), upper=True)
        if value not in (None, [], {}):
            document[name[0].upper() + name[1:]] = value
    document["UserStatus"] = "DISABLED" if resource.get("active") is False else "ENABLED"
    extension = _cased(resource.get(ENTERPRISE), upper=False)
    if extension:
        document["Extensions"] = {EXTENSION: extension}
    return _with_external_id(document, resource, scim)


def group_from_scim(resource: Json, before: Json, scim: Json) -> Json:
    """The members of a group document that a SCIM resource sets, over ``before``."""
    return _with_external_id({**before, "DisplayName": resource["displayName"]}, resource, scim)


def _with_external_id(document: Json, resource: Json, scim: Json) -> Json:
    ours = issuer(scim)
    held = [each for each in document.get("ExternalIds", []) if each["Issuer"] != ours]
    if resource.get("externalId"):
        held.append({"Issuer": ours, "Id": resource["externalId"]})
    bare = {name: value for name, value in document.items() if name != "ExternalIds"}
    return {**bare, "ExternalIds": held} if held else bare


def _cased(value: Json, *, upper: bool) -> Json:
    """``value`` with the first letter of every key in upper or lower case, without keys that are null or dropped."""
    if isinstance(value, list):
        return [_cased(each, upper=upper) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: each for name, each in value.items() if each is not None and name not in _DROPPED}
    return {
        (name[0].upper() if upper else name[0].lower()) + name[1:]: _cased(each, upper=upper)
        for name, each in kept.items()
    }
