"""Users, groups and memberships of an identity store, written as SCIM writes them: ids, revisions, uniqueness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xtcheck.sandbox.aws import ids
from xtcheck.sandbox.scim.documents import external_id, group_from_scim, issuer, user_from_scim
from xtcheck.sandbox.scim.failure import ScimError
from xtcheck.sandbox.wire import Json

_BY = "SCIM"
_KIND = {"Users": ("user", "UserId", "UserName"), "Groups": ("group", "GroupId", "DisplayName")}
_RESERVED = frozenset({"administrator", "awsadministrators"})


@dataclass(frozen=True, slots=True)
class Store:
    """One identity store, and the SCIM tenant through which it is written."""

    id: str
    tree: Json
    """``identityStores[id]``"""
    scim: Json
    now: datetime

    def get(self, endpoint: str, identifier: str) -> Json:
        """A user or group by id; 404 when there is none."""
        document = self.tree[endpoint.lower()].get(identifier)
        if document is None:
            raise ScimError(404, f"{endpoint[:-1]} not found: {identifier}")
        return document

    def members(self, group: str) -> list[str]:
        """The ids of the users in a group."""
        return [each["MemberId"]["UserId"] for each in self.tree["memberships"].values() if each["GroupId"] == group]

    def create(self, endpoint: str, resource: Json) -> Json:
        """Add a user or group with the next id of its name; 409 when a unique value is taken."""
        kind, member, unique = _KIND[endpoint]
        draft = self._draft(endpoint, resource, {})
        self._unique(endpoint, draft, None)
        identifier = self._new_id(endpoint, draft[unique].casefold())
        members = self._wanted(resource)
        document = {
            "IdentityStoreId": self.id,
            member: identifier,
            member.replace("Id", "Arn"): ids.resource_arn(kind, identifier),
            **draft,
            "Revision": "1",
            **self._stamps("Created", "Updated"),
        }
        self.tree[endpoint.lower()][identifier] = document
        if endpoint == "Groups":
            self._set_members(identifier, members)
        return document

    def update(self, endpoint: str, identifier: str, resource: Json) -> Json:
        """Put a resource in the place of the one that is there; 404, 409. Without a change the revision stays."""
        before = self.get(endpoint, identifier)
        after = self._draft(endpoint, resource, before)
        members = self._wanted(resource)
        if after != before:
            self._unique(endpoint, after, identifier)
            after |= {"Revision": str(int(before["Revision"]) + 1), **self._stamps("Updated")}
            self.tree[endpoint.lower()][identifier] = after
        if endpoint == "Groups":
            self._set_members(identifier, members)
        return after

    def delete(self, endpoint: str, identifier: str) -> None:
        """Remove a user or group, and its memberships. Assignments stay and point to nothing."""
        kind, _, unique = _KIND[endpoint]
        name = f"{kind}/{self.get(endpoint, identifier)[unique].casefold()}"
        ended = self.tree.setdefault("ended", {})
        ended[name] = ended.get(name, 0) + 1
        del self.tree[endpoint.lower()][identifier]
        self.tree["memberships"] = {
            key: each
            for key, each in self.tree["memberships"].items()
            if identifier not in (each["GroupId"], each["MemberId"]["UserId"])
        }

    def _draft(self, endpoint: str, resource: Json, before: Json) -> Json:
        if endpoint == "Groups":
            return group_from_scim(resource, before, self.scim)
        if str(resource.get("userName", "")).casefold() in _RESERVED:
            raise ScimError(400, "The user name is reserved")
        return user_from_scim(resource, before, self.scim)

    def _new_id(self, endpoint: str, name: str) -> str:
        """An id from the name. A name that comes back gets another, as in AWS: the lives it has ended are counted."""
        kind = _KIND[endpoint][0]
        life = self.tree.get("ended", {}).get(f"{kind}/{name}", 0)
        while True:
            identifier = ids.resource_id(self.id, kind, f"{name}/{life}" if life else name)
            if identifier not in self.tree[endpoint.lower()]:
                return identifier
            life += 1  # whoever has it was renamed

    def _unique(self, endpoint: str, document: Json, own: str | None) -> None:
        _, member, unique = _KIND[endpoint]
        name, address = document[unique].casefold(), _email(document)
        external = {"Issuer": issuer(self.scim), "Id": external_id(document, self.scim)}
        for other in self.tree[endpoint.lower()].values():
            if other[member] == own:
                continue
            if other.get(unique, "").casefold() == name:
                raise ScimError(409, "Duplicate GroupDisplayName" if endpoint == "Groups" else _DUPLICATE)
            if external in other.get("ExternalIds", ()) or (address and _email(other) == address):
                raise ScimError(409, _DUPLICATE)

    def _wanted(self, resource: Json) -> list[str]:
        """The members a group shall have; checked before anything is written."""
        members = [str(each["value"]) for each in resource.get("members") or []]
        for user in members:
            if user not in self.tree["users"]:
                raise ScimError(404, f"Member not found: {user}")
        return members

    def _set_members(self, group: str, wanted: list[str]) -> None:
        held = {
            each["MemberId"]["UserId"]: key
            for key, each in self.tree["memberships"].items()
            if each["GroupId"] == group
        }
        for user, key in held.items():
            if user not in wanted:
                del self.tree["memberships"][key]
        for user in wanted:
            if user not in held:
                document = self._membership(group, user)
                self.tree["memberships"][document["MembershipId"]] = document

    def _membership(self, group: str, user: str) -> Json:
        identifier = ids.membership_id(self.id, group, user)
        return {
            "IdentityStoreId": self.id,
            "MembershipId": identifier,
            "MembershipArn": ids.resource_arn("membership", identifier),
            "GroupId": group,
            "MemberId": {"UserId": user},
            **self._stamps("Created", "Updated"),
        }

    def _stamps(self, *events: str) -> dict[str, Json]:
        seconds = float(int(self.now.timestamp()))
        return {key: value for event in events for key, value in ((f"{event}At", seconds), (f"{event}By", _BY))}


_DUPLICATE = "Refused to create a new, duplicate resource"


def _email(document: Json) -> str:
    emails = document.get("Emails")
    return str(emails[0].get("Value", "")).casefold() if emails else ""
