"""Where the sandbox keeps what it serves: found by content, and by a small table for what it keeps in another form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.gates.tabled import plain
from xtcheck.model import Absent, Answer, Answered, Present, Ref, Request
from xtcheck.world import World

Json = Any
Path = tuple[str, ...]

INSTANCE = "arn:aws:sso:::instance/ssoins-7223f1a2b3c4d5e6"
"""The instance of the world blog."""

ACCESS_APPLICATION = "arn:aws:account-access:us-east-1:111122223333:application/aam-0123456789abcdef"
"""The application of account access manager that the gates put into the world blog."""

ACCESS: Json = {
    "identitySource": {"identityCenter": {"instanceArn": INSTANCE}},
    "status": "ACTIVE",
    "createdAt": "2026-08-01T12:00:00Z",
    "updatedAt": "2026-08-01T12:00:00Z",
}


class Lost(AssertionError):
    """The place is not found, or there are several."""


def text_of(path: Path) -> str:
    """The path of a drift."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def owner(place: str) -> Path:
    """The part of the tree that belongs to a tenant or an AWS entry."""
    return ("aws", place.removeprefix("aws-")) if place.startswith("aws-") else ("tenants", place)


def at(tree: Json, path: Path) -> Json:
    here = tree
    for part in path:
        here = here[int(part)] if isinstance(here, list) else here[part]
    return here


def is_kept_as(served: Json, kept: Json) -> bool:
    """Whether a served object is this one: no field is another's, and the texts that both have agree.

    Times and hidden keys may be kept otherwise than they are served, so that only texts count.
    """
    if not isinstance(served, dict) or not isinstance(kept, dict):
        return False
    own = {name: value for name, value in served.items() if not name.startswith("@")}
    if not own.keys() <= kept.keys():
        return False
    both = [
        (value, kept[name]) for name, value in own.items() if isinstance(value, str) and isinstance(kept[name], str)
    ]
    return bool(both) and all(one == other for one, other in both)


def locate(tree: Json, place: str, served: Json) -> Path:
    """Where one served object (or key, when it is a text) is kept."""
    root = owner(place)
    found = [path for path, node in walk(at(tree, root), root)
             if (path[-1] == served if isinstance(served, str) else is_kept_as(served, node))]  # fmt: skip
    if len(found) != 1:
        raise Lost(f"{str(served)[:200]} of {place} is kept at {len(found)} places: {found[:3]}")
    return found[0]


NOT_OBJECTS = {"clients", "callers", "deletedItems", "provisioned"}
"""Parts of the tree that hold no object that is read."""


def walk(node: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    """Every object of the tree with its path."""
    if isinstance(node, dict):
        yield path, node
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key not in NOT_OBJECTS:
            yield from walk(child, (*path, str(key)))


def _secret(tree: Json, good: World, ref: Ref, pointer: Path) -> Path:
    """``{"value": [{"key": …, "value": …}]}`` is kept as one object of keys and values."""
    assert ref.parent
    secrets = (*owner(ref.place), "synchronization", present(good, ref.parent)["id"], "secrets")
    return (*secrets, at(present(good, ref), pointer[:2])["key"]) if pointer else secrets


def _of_set(part: str) -> Callable[[Json, World, Ref, Path], Path]:
    """What a permission set holds besides its document stands beside it, under a name of its own."""

    def path(tree: Json, good: World, ref: Ref, pointer: Path) -> Path:
        assert ref.parent
        return (*whole(located(tree, good, ref.parent)), part, *pointer)

    return path


def _of_entry(part: str) -> Callable[[Json, World, Ref, Path], Path]:
    """What the sandbox keeps under one name of the AWS entry, and of which the good world may have nothing."""

    def path(_tree: Json, _good: World, ref: Ref, pointer: Path) -> Path:
        return (*owner(ref.place), part, *pointer)

    return path


def _below_the_only(part: str, *below: str) -> Callable[[Json, World, Ref, Path], Path]:
    """What is kept with the one instance, identity store or permission set of the good world."""

    def path(tree: Json, _good: World, ref: Ref, _pointer: Path) -> Path:
        (key,) = at(tree, owner(ref.place))[part]
        return (*owner(ref.place), part, key, *below)

    return path


def _entitlements(_tree: Json, _good: World, ref: Ref, pointer: Path) -> Path:
    return (*owner(ref.place), "accountAccess", "entitlements", *pointer)


def _access_application(_tree: Json, good: World, ref: Ref, pointer: Path) -> Path:
    """Applications are kept by their ARNs alone."""
    arn = present(good, ref)[int(pointer[0])]["applicationArn"]
    return (*owner(ref.place), "accountAccess", "applications", arn, *pointer[1:])


def _entitlements_as_kept(entitlements: Json) -> Json:
    kept = {}
    for each in entitlements:
        document = {name: value for name, value in each.items() if not name.startswith("@")}
        kept[each["entitlementId"]] = {**document, "applicationArn": each["@of"]}
    return kept


def _network(tree: Json, _good: World, ref: Ref, pointer: Path) -> Path:
    (store,) = at(tree, owner(ref.place))["identityStores"]
    return (*owner(ref.place), "identityStores", store, *(("networkConfiguration", *pointer[1:]) if pointer else ()))


def _access_control(tree: Json, _good: World, ref: Ref, _pointer: Path) -> Path:
    (instance,) = at(tree, owner(ref.place))["instances"]
    return (*owner(ref.place), "accessControlAttributes", instance)


def _provisioned(tree: Json, good: World, ref: Ref, _pointer: Path) -> Path:
    """A permission set's accounts are kept with their states."""
    return _of_set("provisioned")(tree, good, ref, ())


def _member(tree: Json, good: World, ref: Ref, pointer: Path) -> Path:
    """Members are kept as the ids in their group's list; the request names the group."""
    [request] = (
        asked for asked in good.evidence(ref).requests if asked.operation.partition("?")[0].endswith("/members")
    )
    return (*owner(ref.place), "members", request.operation.split("/")[2], *pointer)


def _portal(_tree: Json, _good: World, ref: Ref, _pointer: Path) -> Path:
    """The portal's page is made of its Region."""
    return (*owner(ref.place), "portalRegion")


def _scim_event(event: Json) -> Json:
    """Events are kept with their times in seconds; the history goes 90 days back, whatever the record says."""
    return {**event, "EventTime": time.time(), "ReadOnly": "false", "Resources": []}


KEPT_OTHERWISE: dict[str, Callable[[Json, World, Ref, Path], Path]] = {
    "sync-secrets": _secret,
    "customer-policies": _of_set("customerManagedPolicies"),
    "inline-policy": _of_set("inlinePolicy"),
    "permissions-boundary": _of_set("permissionsBoundary"),
    "permission-set-tags": _of_set("tags"),
    "outdated-accounts": _provisioned,
    "management-sets": _below_the_only("permissionSets", "provisioned"),
    "delegated-administrators": _of_entry("delegatedAdministrators"),
    "center-applications": _of_entry("applications"),
    "trusted-token-issuers": _of_entry("trustedTokenIssuers"),
    "access-control": _access_control,
    "access-applications": _access_application,
    "entitlements": _entitlements,
    "person-entitlements": _entitlements,
    "identity-store-network": _network,
    "scim-events": _of_entry("scimEvents"),
    "portal": _portal,
    "group-members": _member,
    "sync-members": _member,
    "assigned-members": _member,
    "sync-nested-groups": _member,
    "aws-nested-groups": _member,
}
"""By kind: where a pointer into its document leads in the tree."""

AS_KEPT: dict[str, Callable[[Json], Json]] = {
    "outdated-accounts": lambda accounts: dict.fromkeys(accounts, "LATEST_PERMISSION_SET_NOT_PROVISIONED"),
    "management-sets": lambda _: dict.fromkeys(("444455556666", "111122223333"), "LATEST_PERMISSION_SET_PROVISIONED"),
    "center-applications": lambda applications: {
        each["ApplicationArn"]: {
            "document": {**each, "InstanceArn": INSTANCE},
            "assignments": [],
            "assignmentRequired": True,
        }
        for each in applications
    },
    "entitlements": _entitlements_as_kept,
    "person-entitlements": _entitlements_as_kept,
    "scim-events": lambda events: list(map(_scim_event, events)),
    "portal": lambda page: page.partition('content="')[2].partition('"')[0],
    "trusted-token-issuers": lambda issuers: {each["TrustedTokenIssuerArn"]: each for each in issuers},
}
"""By kind: a whole document in the form in which the sandbox keeps it, where that is another."""

NOT_KEPT = {"sync-template", "aws-template", "federation-metadata"}
"""Kinds that the sandbox does not keep at all: they are the service's own, or made of other objects."""


def located(tree: Json, good: World, ref: Ref, pointer: Path = ()) -> Path:
    """Where the sandbox keeps what stands at a pointer into the object's document."""
    otherwise = KEPT_OTHERWISE.get(ref.kind.name)
    if otherwise:
        return otherwise(tree, good, ref, pointer)
    document = present(good, ref)
    if isinstance(document, list):
        return (*locate(tree, ref.place, document[int(pointer[0])]), *pointer[1:])
    return (*locate(tree, ref.place, document), *pointer)


def whole(path: Path) -> Path:
    """Where an object is kept with everything that is its own: a permission set's document has its policies beside."""
    return path[:-1] if path[-1] == "document" else path


def present(good: World, ref: Ref) -> Json:
    evidence = good.evidence(ref)
    assert isinstance(evidence, Present), f"{ref} is not in the good world"
    return plain(evidence.document)


def is_absent(good: World, ref: Ref) -> bool:
    return isinstance(good.evidence(ref), Absent)


def serving(good: World, place: str, kept: Json) -> set[Request]:
    """The requests whose answers show an object, or a list with it."""
    return {
        request
        for request, answer in good.answers.items()
        if request.place == place
        and isinstance(answer, Answered)
        and any(is_kept_as(item, kept) for item in _items(answer.document))
    }


def ids(answer: Answer) -> set[str]:
    """The texts of a list of texts."""
    items = answer.document if isinstance(answer, Answered) and isinstance(answer.document, list) else []
    return {item for item in items if isinstance(item, str)}


def _items(document: Json) -> list[Json]:
    document = plain(document)
    return document if isinstance(document, list) else [document]
