"""What a change may touch, by the sandbox's own state: its declared places, and what the service changes along.

Nothing here asks the product what is there: of a change only what was planned is taken, object, places and write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.gates.places import Path, owner
from xtcheck.remediation.changes import Change, Place, Verb
from xtcheck.shapes import AsyncCall, Command, Members, Pairs, ReplaceDocument

Json = Any

APP = "servicePrincipals/{servicePrincipals}"
SYNC = "synchronization/{servicePrincipals}"
SET = "permissionSets/{PermissionSetArn}"
ACCESS = "crossTenantAccessPolicy"
HOMES = {
    "authorization-policy": "authorizationPolicy",
    "access-policy": ACCESS,
    "access-default": f"{ACCESS}/default",
    "partner": f"{ACCESS}/partners/{{key}}",
    "identity-sync": f"{ACCESS}/identitySynchronization/{{key}}",
    "sync-app": APP,
    "aws-app": APP,
    "saml": APP,
    "aws-registration": "applications/{applications}",
    "saml-addresses": "applications/{applications}",
    "sync-job": f"{SYNC}/jobs/{{jobs}}",
    "scim-job": f"{SYNC}/jobs/{{jobs}}",
    "sync-restart": f"{SYNC}/jobs/{{jobs}}",
    "scim-restart": f"{SYNC}/jobs/{{jobs}}",
    "sync-schema": f"{SYNC}/schemas/{{jobs}}",
    "aws-schema": f"{SYNC}/schemas/{{jobs}}",
    "sync-secrets": f"{SYNC}/secrets",
    "scim-secrets": f"{SYNC}/secrets",
    "sync-assignments": "appRoleAssignments",
    "aws-app-assignments": "appRoleAssignments",
    "group": "groups/{groups}",
    "group-members": "members/{groups}",
    "instance": "instances/{InstanceArn}",
    "instance-regions": "instances/{InstanceArn}/Regions",
    "permission-set": f"{SET}/document",
    "managed-policies": f"{SET}/managedPolicies",
    "customer-policies": f"{SET}/customerManagedPolicies",
    "inline-policy": f"{SET}/inlinePolicy",
    "permissions-boundary": f"{SET}/permissionsBoundary",
    "permission-set-tags": "permissionSets/{ResourceArn}/tags",
    "outdated-accounts": f"{SET}/provisioned",
    "delegated-administrators": "delegatedAdministrators",
    "identity-store-network": "identityStores/{IdentityStoreId}",
    "access-control": "accessControlAttributes/{InstanceArn}",
    "account-assignments": "assignments",
    "entitlements": "accountAccess/entitlements",
}
"""By kind: where the sandbox keeps the object, in its tenant or AWS entry; words come from operation and body."""
RENAMED = {"NetworkConfiguration": "networkConfiguration"}
"""Properties that the sandbox keeps by another name than it shows them."""
SCOPED = {
    "sync-assignments": {"resourceId": "{servicePrincipals}"},
    "aws-app-assignments": {"resourceId": "{servicePrincipals}"},
    "account-assignments": {"AccountId": "{TargetId}"},
}
"""By kind: what else an item has that is a change's, where one collection holds those of all objects."""

OF_SETS = ("permission-set", "managed-policies", "customer-policies", "inline-policy", "permissions-boundary")
APPS = ("sync-app", "aws-app")
ALONG: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("access-default",), f"{ACCESS}/default/isServiceDefault",
     "any edit makes it no longer the service's own (crossTenantAccessPolicyConfigurationDefault)"),
    (("aws-registration", "saml-addresses"), "servicePrincipals/{servicePrincipals}/servicePrincipalNames",
     "the identifier URIs are copied over from the application (servicePrincipal)"),
    (("aws-registration", "saml-addresses"), "servicePrincipals/{servicePrincipals}/replyUrls",
     "the reply URLs are those of the application (servicePrincipal)"),
    (APPS, "applications/{applications}", "application and service principal are made together (instantiate)"),
    (APPS, "owners/{applications}", "who instantiates a template owns what is made"),
    (APPS, "owners/{servicePrincipals}", "who instantiates a template owns what is made"),
    (APPS, SYNC, "a new app has room for jobs; a deleted one takes its own along"),
    (APPS, "signingCertificates/{appId}", "the private half of keyCredentials (addTokenSigningCertificate)"),
    (APPS, "deletedItems", "deleted applications are kept for 30 days"),
    (("group",), "members/{groups}", "a rule's members are Entra's to find; a new group has a list of its own"),
    (("group",), "owners/{groups}", "a new group has a list of its own"),
    (("sync-schema", "aws-schema"), f"{SYNC}/schemas/{{jobs}}/version", "each schema that is stored has its version"),
    (("sync-job", "scim-job"), f"{SYNC}/schemas/{{jobs}}", "a new job has its template's schema, which goes with it"),
    (("sync-job", "scim-job"), f"{SYNC}/jobs/{{jobs}}/status", "the service tells how a job runs"),
    (("sync-restart", "scim-restart"), f"{SYNC}/jobs/{{jobs}}/status", "the service tells how a job runs"),
    (OF_SETS, f"{SET}/provisioned", "what was provisioned before is an older state from then on"),
    (("permission-set-tags",), "permissionSets/{ResourceArn}/provisioned", "the same"),
    (("account-assignments",), f"{SET}/provisioned/{{TargetId}}", "an assignment provisions the set in its account"),
    (("outdated-accounts",), "permissionSetProvisionings", "AWS keeps how far such a call is"),
    (("account-assignments",), "assignmentCreations", "AWS keeps how far such a call is"),
    (("account-assignments",), "assignmentDeletions", "AWS keeps how far such a call is"),
    (("account-assignments", "outdated-accounts", "instance-regions"), "pending",
     "what AWS has accepted, and carries out when it is asked how far it is"),
)  # fmt: skip
"""What the service itself changes with a change of these kinds: where, and why."""
LOGS = ("directoryAudits",)
"""What every write may be told of: the tenant's audit log."""
IDENTITIES = {
    "objectMappings": ("sourceObjectName", "targetObjectName"),
    "attributeMappings": ("targetAttributeName",),
}
"""Lists whose items have names: a place in one is named so, and not by its index."""
DRAWN = re.compile(
    r"^(@.*|id|keyId|key|customKeyIdentifier|thumbprint|preferredTokenSigningKeyThumbprint|appId|entitlementId)$"
    r"|(DateTime|Date|createdAt|Arn)$"
)
"""What a service draws for something that it makes: another each time."""

Touched = tuple[Path, Json, Json]


# --- where two states differ ----------------------------------------------------------------------------------------


def touched(one: Json, other: Json, path: Path = ()) -> Iterator[Touched]:
    """Every single place at which two states differ, with both values; null is as not there.

    An item that joined or left a list without names is a place by itself, called by its text.
    """
    if isinstance(one, dict | None) and isinstance(other, dict | None):
        here, there = one or {}, other or {}
        for name in sorted(here.keys() | there.keys()):
            yield from touched(here.get(name), there.get(name), (*path, name))
    elif isinstance(one, list | None) and isinstance(other, list | None):
        yield from _items(one or [], other or [], path)
    elif one != other:
        yield path, one, other


def _items(one: list[Json], other: list[Json], path: Path) -> Iterator[Touched]:
    here, there = (named_items(each, path[-1]) for each in (one, other))
    if here is not None and there is not None:
        yield from touched(here, there, path)
    elif _nested(one) and _nested(other) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from touched(*pair, (*path, str(number)))
    else:
        left, came = list(map(_text, one)), list(map(_text, other))
        yield from (((*path, _text(each)), each, None) for each in one if _text(each) not in came)
        yield from (((*path, _text(each)), None, each) for each in other if _text(each) not in left)
        if left != came and sorted(left) == sorted(came):
            yield path, one, other


def named_items(items: list[Json], name: str) -> dict[str, Json] | None:
    """The items of a list by their names; None where it has none, or two have the same."""
    if not _nested(items) or name not in IDENTITIES:
        return None
    found = {" ".join(str(each.get(part)) for part in IDENTITIES[name]): each for each in items}
    return found if len(found) == len(items) else None


def _nested(items: list[Json]) -> bool:
    """Whether the items of a list are documents that have a name, or hold lists of such."""
    words = {*IDENTITIES, "targetAttributeName"}
    return all(isinstance(each, dict) and words & each.keys() for each in items)


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# --- where a change is ----------------------------------------------------------------------------------------------


def words(change: Change, *trees: Json) -> dict[str, str]:
    """What the words of :data:`HOMES` are for a change; one that is not known yet is whatever is new, ``*``."""
    found = dict(re.findall(r"/(servicePrincipals|applications|jobs|groups)/([^/{}]+)", change.write.operation))
    found |= dict(re.findall(r"(appId)='([^']+)'", change.write.operation))
    body = change.write.body if isinstance(change.write.body, dict) else {}
    found |= {name: text for name, text in body.items() if isinstance(text, str) and "{" not in text}
    for tree in trees:
        found |= _of_one_app(found, next(_at(tree, owner(change.ref.place)), {}))
    return found | {"key": change.ref.key}


def _of_one_app(known: dict[str, str], tenant: Json) -> dict[str, str]:
    """An application, its service principal, and the id that both have."""
    kinds = ("servicePrincipals", "applications")
    named = (tenant.get(kind, {}).get(known.get(kind), {}).get("appId") for kind in kinds)
    app_id = next((each for each in (known.get("appId"), *named) if each), None)
    found = {kind: id_ for kind in kinds for id_, each in tenant.get(kind, {}).items() if each["appId"] == app_id}
    return found | ({"appId": app_id} if app_id else {})


def located(template: str, known: dict[str, str]) -> Path:
    """The path of a template, in which what is not known is whatever is new."""
    return tuple(re.sub(r"\{([\w-]+)\}", lambda word: known.get(word[1], "*"), part) for part in template.split("/"))


def home(change: Change, *trees: Json) -> Path:
    """Where the object of a change is kept; all of it where it is made or deleted."""
    path = located(HOMES[change.ref.kind.name], words(change, *trees))
    whole = path[:-1] if change.verb is not Verb.CHANGE and path[-1] == "document" else path
    return (*owner(change.ref.place), *whole)


def below(change: Change, place: Place) -> Path:
    """Where a place of a change is, below its object."""
    match change.ref.kind.write:
        case ReplaceDocument():
            mapped, *names = (name.replace("~1", "/").replace("~0", "~") for name in place.path.split("/"))
            return (mapped, *names)
        case Pairs():
            return (place.path.removeprefix("#").partition(".")[0],)
        case _:
            return tuple(RENAMED.get(name, name) for name in place.path.split(".") if name)


def _is_at(path: Path, wanted: Path, before: Json) -> bool:
    """Whether a path is the wanted one or below it; ``*`` is whatever was not there before."""
    if len(path) < len(wanted):
        return False
    here = before
    for part, want in zip(path, wanted, strict=False):
        here = here.get(part) if isinstance(here, dict) else None
        if part != want and not (want == "*" and here is None):
            return False
    return True


def _in_schema(path: Path, place: Path) -> bool:
    """Whether a path below a schema is a place, which is named by what an object mapping maps."""
    mapped, *names = place
    wanted = ["attributeMappings", *names[1:]] if names[0] == "attributes" else names
    parts = list(path)
    if "objectMappings" not in parts:
        return False
    name, *rest = parts[parts.index("objectMappings") + 1 :]
    return name.split(" ")[0] == mapped and rest[: len(wanted)] == wanted


def fits(item: Json, place: Place, change: Change) -> bool:
    """Whether what is kept in a collection is the item that a place names."""
    known = words(change)
    more = {name: located(word, known)[0] for name, word in SCOPED.get(change.ref.kind.name, {}).items()}
    named = {name: value for name, value in json.loads(place.path[1:-1]).items() if not name.startswith("@")}
    if isinstance(item, str):  # members are kept as their ids
        return item in named.values()
    return _has(item, {**named, **{name: value for name, value in more.items() if value != "*"}})


def _has(item: Json, wanted: Json) -> bool:
    if isinstance(wanted, dict) and isinstance(item, dict):
        return all(_has(item.get(name), value) for name, value in wanted.items())
    return bool(item == wanted)


def _excuses(change: Change, where: Touched, before: Json, after: Json) -> bool:
    path, _, _ = where
    root = home(change, before, after)
    if any(_is_at(path, each, before) for each in along(change, before, after)):
        return True
    if not _is_at(path, root, before):
        return False
    if change.verb is not Verb.CHANGE or isinstance(change.ref.kind.write, AsyncCall):
        return True
    rest = path[len(root) :]
    meant = [place for place in change.places if place.before != place.after]
    match change.ref.kind.write:
        case Members() if not rest:
            return False  # only the order is another
        case Members():
            items = [each for tree in (before, after) for each in _at(tree, (*root, rest[0]))]
            items += [json.loads(rest[0])] if rest[0].startswith(("{", '"')) else []
            return any(fits(item, place, change) for item in items for place in meant)
        case ReplaceDocument():
            return any(_in_schema(rest, below(change, place)) for place in meant)
        case _:
            places = [below(change, place) for place in meant]
            return any(rest[: len(place)] == place for place in places)


def along(change: Change, *trees: Json) -> Iterator[Path]:
    """The paths of what the service changes with a change."""
    place, known = owner(change.ref.place), words(change, *trees)
    yield from ((*place, log) for log in LOGS)
    for kinds, template, _ in ALONG:
        if change.ref.kind.name in kinds:
            yield (*place, *located(template, known))


def _at(tree: Json, path: Path) -> Iterator[Json]:
    """What is there, if anything."""
    here = tree
    for part in path:
        if not isinstance(here, dict) or part not in here:
            return
        here = here[part]
    yield here


def strays(changes: Iterable[Change], before: Json, after: Json) -> list[str]:
    """The places that differ between two states, and that no change has to do with."""
    made = list(changes)
    return [
        f"{'/'.join(path)}: {_text(was)[:80]} -> {_text(now)[:80]}"
        for path, was, now in touched(before, after)
        if not any(_excuses(change, (path, was, now), before, after) for change in made)
    ]


# --- what stands there ----------------------------------------------------------------------------------------------


def standing(change: Change, before: Json, tree: Json) -> Json:
    """What a state has at the places of a change; ``before`` is the state that it was planned on.

    Ids and times that a service draws are left out. Of what nothing shows, there is nothing.
    """
    root = home(change, before, tree)
    if isinstance(change.ref.kind.write, Command):
        return None
    found = list(_found(tree, before, root))
    match change.ref.kind.write, change.verb:
        case _, Verb.DELETE:
            return bool(found)
        case Members(), _:
            items = [each for kept in found for each in (kept.values() if isinstance(kept, dict) else kept)]
            return [any(fits(item, place, change) for item in items) for place in change.places]
        case AsyncCall(), _:
            return _plain(found)
        case ReplaceDocument(), _:
            return [_mapped(found, below(change, place)) for place in change.places]
    return [
        [_plain(next(_at(kept, below(change, place)), None)) for place in change.places] for kept in _documents(found)
    ]


def _documents(found: list[Json]) -> list[Json]:
    """What is shown of an object: of a new permission set its document, beside which the rest is kept."""
    return [kept["document"] if isinstance(kept, dict) and "document" in kept else kept for kept in found]


def _found(tree: Json, before: Json, path: Path) -> Iterator[Json]:
    """What is kept at a path, ``*`` for whatever was not there before."""
    if not path:
        yield tree
        return
    first, *rest = path
    if not isinstance(tree, dict):
        return
    known = before if isinstance(before, dict) else {}
    for name in [each for each in tree if each not in known] if first == "*" else [first] if first in tree else []:
        yield from _found(tree[name], known.get(name), tuple(rest))


def _mapped(found: list[Json], place: Path) -> Json:
    mapped, *names = place
    for schema in found:
        mappings = [each for rule in schema["synchronizationRules"] for each in rule["objectMappings"]]
        for mapping in (each for each in mappings if each["sourceObjectName"] == mapped):
            if names[0] != "attributes":
                return _plain(next(_at(mapping, tuple(names)), None))
            kept = [each for each in mapping["attributeMappings"] if each["targetAttributeName"] == names[1]]
            return [_plain(next(_at(each, tuple(names[2:])), None)) for each in kept]
    return None


def _plain(value: Json) -> Json:
    match value:
        case dict():
            kept = {name: _plain(each) for name, each in value.items() if not DRAWN.search(name)}
            return {name: each for name, each in kept.items() if each not in (None, {})}
        case list():
            return sorted((_plain(each) for each in value), key=_text)
        case _:
            return value


def pointer(change: Change, tree: Json, place: Place) -> Path:
    """The path of a place in a state, with the indices of lists."""
    path = list(home(change, tree))
    if not isinstance(change.ref.kind.write, ReplaceDocument):
        return (*path, *below(change, place))
    mapped, *names = below(change, place)
    schema = next(_at(tree, tuple(path)))
    rule, number, mapping = next(
        (rule, number, mapping)
        for rule, rules in enumerate(schema["synchronizationRules"])
        for number, mapping in enumerate(rules["objectMappings"])
        if mapping["sourceObjectName"] == mapped and mapping["enabled"] in (True, place.before)
    )
    path += ["synchronizationRules", str(rule), "objectMappings", str(number)]
    if names[0] != "attributes":
        return (*path, *names)
    there = [each["targetAttributeName"] for each in mapping["attributeMappings"]]
    index = str(there.index(names[1])) if names[1] in there else "-"
    return (*path, "attributeMappings", index, *names[2:])
