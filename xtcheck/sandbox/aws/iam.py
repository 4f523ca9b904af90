"""What a caller may do: IAM's evaluation of an identity-based policy, by the actions' resource types.

A caller of the world has ``actions``, allowed on everything, or in their place a whole ``policy`` document.
Service Authorization Reference, list_awsiamidentitycenter and list_awsidentitystore: a caller needs the action on a
resource of each required type. A condition is refused, not ignored.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json

ELEMENTS = {"Sid", "Effect", "Action", "Resource"}
OF_STORES = {
    "ListUsers": ("user/*",),
    "ListGroups": ("group/*",),
    "ListGroupMemberships": ("group/{GroupId}", "membership/*"),
    "ListGroupMembershipsForMember": ("user/{UserId}", "membership/*"),
    "DescribeUser": ("user/{UserId}",),
    "DescribeGroup": ("group/{GroupId}",),
    "DescribeGroupMembership": ("membership/{MembershipId}",),
    "GetUserId": ("user/*",),
    "GetGroupId": ("group/*",),
    "GetGroupMembershipId": ("group/{GroupId}", "user/{UserId}", "membership/*"),
    "IsMemberInGroups": ("user/{UserId}", "group/*", "membership/*"),
}
"""The resources besides the identity store itself."""
WITHOUT = {"sso:ListInstances", "sso:ListApplications", "identitystore:DescribeIdentityStore",
           "identitystore:ListIdentityStores"}  # fmt: skip
"""Actions for which the reference lists no resource type (or which it does not list yet): ``*`` must be allowed."""


def allows(caller: Json, action: str, parameters: Json, aws: Json) -> bool:
    """Whether the statements allow an action on everything that it touches, and none denies it.

    :raises ServiceError: a statement has an element that is not evaluated here.
    """
    everything = {"Statement": [{"Effect": "Allow", "Action": caller["actions"], "Resource": "*"}]}
    policy = caller.get("policy") or everything
    return all(_allowed(policy, action, arn) for arn in resources(action, parameters, aws))


def resources(action: str, parameters: Json, aws: Json) -> list[str]:
    """The ARNs that a call needs the action on; ``*`` where the service knows no resource of this action."""
    service, _, operation = action.partition(":")
    if action in WITHOUT or service not in ("sso", "identitystore"):
        return ["*"]
    return list(_of_center(parameters) if service == "sso" else _of_store(operation, parameters, aws))


def _of_center(parameters: Json) -> Iterator[str]:
    for name in ("InstanceArn", "PermissionSetArn", "ApplicationArn", "TrustedTokenIssuerArn", "ResourceArn"):
        if name in parameters:
            yield parameters[name]
    for name in ("AccountId", "TargetId"):
        if name in parameters:
            yield f"arn:aws:sso:::account/{parameters[name]}"


def _of_store(operation: str, parameters: Json, aws: Json) -> Iterator[str]:
    store = parameters["IdentityStoreId"]
    yield f"arn:aws:identitystore::{aws['organization']['MasterAccountId']}:identitystore/{store}"
    known = {**parameters, **parameters.get("MemberId", {})}
    for template in OF_STORES.get(operation, ()):
        yield f"arn:aws:identitystore:::{template.format_map(known)}"


def _allowed(policy: Json, action: str, arn: str) -> bool:
    effects = {statement["Effect"] for statement in policy["Statement"] if _about(statement, action, arn)}
    return "Allow" in effects and "Deny" not in effects


def _about(statement: Json, action: str, arn: str) -> bool:
    if unknown := statement.keys() - ELEMENTS:
        text = f"the sandbox does not evaluate {', '.join(sorted(unknown))} of a policy statement"
        raise ServiceError("SandboxNotImplemented", text, 501)
    actions = any(_like(action.casefold(), each.casefold()) for each in _several(statement["Action"]))
    return actions and any(_like(arn, each) for each in _several(statement["Resource"]))


def _like(text: str, pattern: str) -> bool:
    """IAM knows ``*`` and ``?`` and no other wildcard."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _several(element: Json) -> list[str]:
    return [element] if isinstance(element, str) else element
