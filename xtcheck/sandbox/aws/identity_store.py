"""The identity store: users, groups, and who is a member of what."""

from __future__ import annotations

from collections.abc import Callable

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json


def _not_found(kind: str, identifier: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"{kind} not found.", ResourceType=kind, ResourceId=identifier)


def _store(call: Call) -> Json:
    """The store a call names by id or ARN, where it is reached: the primary Region of its instance."""
    identifier = _bare(call.parameters["IdentityStoreId"])
    store = call.aws["identityStores"].get(identifier)
    if store is None or call.region != call.aws["region"]:
        raise _not_found("IDENTITY_STORE", identifier)
    return store


def _bare(identifier: str) -> str:
    """An id, given it or its ARN (arn:aws:identitystore:::user/<id>)."""
    return identifier.rpartition("/")[2]


def _one(call: Call, collection: str, kind: str, parameter: str) -> Json:
    identifier = _bare(call.parameters[parameter])
    document = _store(call)[collection].get(identifier)
    if document is None:
        raise _not_found(kind, identifier)
    return document


def _with_extensions(call: Call, user: Json) -> Json:
    """A user as it is told: extensions only those asked for."""
    asked = call.parameters.get("Extensions", [])
    told = {name: value for name, value in user.items() if name != "Extensions"}
    found = {name: value for name, value in user.get("Extensions", {}).items() if name in asked}
    return {**told, "Extensions": found} if found else told


def _filtered(call: Call, documents: list[Json], path: str) -> list[Json]:
    """The documents that the one supported filter lets through."""
    for each in call.parameters.get("Filters", []):
        if each["AttributePath"] != path:
            raise ServiceError("ValidationException", f"Unsupported filter attribute path: {each['AttributePath']}")
        documents = [
            document for document in documents if document.get(path, "").casefold() == each["AttributeValue"].casefold()
        ]
    return documents


def list_users(call: Call) -> Json:
    """Whole users, without extensions unless they are asked for."""
    users = _filtered(call, list(_store(call)["users"].values()), "UserName")
    reply = call.page(users, "Users")
    reply["Users"] = [_with_extensions(call, user) for user in reply["Users"]]
    return reply


def describe_user(call: Call) -> Json:
    """One user by id or ARN."""
    return _with_extensions(call, _one(call, "users", "USER", "UserId"))


def list_groups(call: Call) -> Json:
    """Whole groups, without members."""
    return call.page(_filtered(call, list(_store(call)["groups"].values()), "DisplayName"), "Groups")


def describe_group(call: Call) -> Json:
    """One group by id or ARN."""
    return _one(call, "groups", "GROUP", "GroupId")


def _user_name(user: Json) -> str:
    return str(user.get("UserName", ""))


def _email(user: Json) -> str:
    return next((str(each.get("Value", "")) for each in user.get("Emails", [])), "")


def _display_name(group: Json) -> str:
    return str(group.get("DisplayName", ""))


def _identify(call: Call, collection: str, kind: str, unique: dict[str, Callable[[Json], str]]) -> Json:
    """The object that an AlternateIdentifier names: by an external id, or by a unique attribute, case-insensitively."""
    alternate, documents = call.parameters["AlternateIdentifier"], _store(call)[collection].values()
    if "ExternalId" in alternate:
        wanted = alternate["ExternalId"]
        found = [each for each in documents if wanted in each.get("ExternalIds", [])]
        named = wanted["Id"]
    else:
        path, value = alternate["UniqueAttribute"]["AttributePath"], alternate["UniqueAttribute"]["AttributeValue"]
        by_path = {name.casefold(): attribute for name, attribute in unique.items()}.get(path.casefold())
        if by_path is None:
            raise ServiceError("ValidationException", f"Attribute path {path} is not one of {', '.join(unique)}")
        named = str(value)
        found = [each for each in documents if by_path(each).casefold() == named.casefold()]
    if not found:
        raise _not_found(kind, named)
    return found[0]


def get_user_id(call: Call) -> Json:
    """By userName, emails.value or ExternalId."""
    user = _identify(call, "users", "USER", {"userName": _user_name, "emails.value": _email})
    return {name: user[name] for name in ("UserId", "UserArn", "IdentityStoreId")}


def get_group_id(call: Call) -> Json:
    """By displayName or ExternalId."""
    group = _identify(call, "groups", "GROUP", {"displayName": _display_name})
    return {name: group[name] for name in ("GroupId", "GroupArn", "IdentityStoreId")}


def list_group_memberships(call: Call) -> Json:
    """The memberships in one group."""
    group = _one(call, "groups", "GROUP", "GroupId")["GroupId"]
    memberships = _store(call)["memberships"].values()
    return call.page([each for each in memberships if each["GroupId"] == group], "GroupMemberships")


def list_group_memberships_for_member(call: Call) -> Json:
    """The memberships of one user."""
    user = _member(call)
    memberships = _store(call)["memberships"].values()
    return call.page([each for each in memberships if each["MemberId"]["UserId"] == user], "GroupMemberships")


def is_member_in_groups(call: Call) -> Json:
    """For each of up to 100 groups, whether a user is in it; unknown groups are errors."""
    user, store = _member(call), _store(call)
    held = {each["GroupId"] for each in store["memberships"].values() if each["MemberId"]["UserId"] == user}
    results = []
    for group in map(_bare, call.parameters["GroupIds"]):
        if group not in store["groups"]:
            raise _not_found("GROUP", group)
        results.append({"GroupId": group, "MemberId": {"UserId": user}, "MembershipExists": group in held})
    return {"Results": results}


def _member(call: Call) -> str:
    user = _bare(call.parameters["MemberId"]["UserId"])
    if user not in _store(call)["users"]:
        raise _not_found("USER", user)
    return user


def describe_membership(call: Call) -> Json:
    """One membership by id or ARN."""
    return _one(call, "memberships", "GROUP_MEMBERSHIP", "MembershipId")


def get_membership_id(call: Call) -> Json:
    """By group and user."""
    user, group = _member(call), _one(call, "groups", "GROUP", "GroupId")["GroupId"]
    for each in _store(call)["memberships"].values():
        if (each["GroupId"], each["MemberId"]["UserId"]) == (group, user):
            return {name: each[name] for name in ("IdentityStoreId", "MembershipId", "MembershipArn")}
    raise _not_found("GROUP_MEMBERSHIP", group)


def list_identity_stores(call: Call) -> Json:
    """The stores of the instances whose primary Region this is."""
    found = [
        {name: each[name] for name in ("IdentityStoreId", "IdentityStoreArn")}
        for each in call.aws["instances"].values()
        if each["PrimaryRegion"] == call.region
    ]
    return call.page(found, "IdentityStores")


def describe_identity_store(call: Call) -> Json:
    """The store's ARN, and its network configuration when it has one."""
    store, identifier = _store(call), _bare(call.parameters["IdentityStoreId"])
    owner = next(each for each in call.aws["instances"].values() if each["IdentityStoreId"] == identifier)
    arn = f"arn:aws:identitystore::{owner['OwnerAccountId']}:identitystore/{identifier}"
    network = {"NetworkConfiguration": store["networkConfiguration"]} if "networkConfiguration" in store else {}
    return {"IdentityStoreId": identifier, "IdentityStoreArn": arn, **network}


OPERATIONS = {
    "ListUsers": list_users,
    "DescribeUser": describe_user,
    "GetUserId": get_user_id,
    "ListGroups": list_groups,
    "DescribeGroup": describe_group,
    "GetGroupId": get_group_id,
    "ListGroupMemberships": list_group_memberships,
    "ListGroupMembershipsForMember": list_group_memberships_for_member,
    "IsMemberInGroups": is_member_in_groups,
    "DescribeGroupMembership": describe_membership,
    "GetGroupMembershipId": get_membership_id,
    "ListIdentityStores": list_identity_stores,
    "DescribeIdentityStore": describe_identity_store,
}
