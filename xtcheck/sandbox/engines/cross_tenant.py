"""The engine of cross-tenant synchronization: users of a source tenant, as the job's schema maps them, in the target.

https://learn.microsoft.com/entra/identity/multi-tenant-organizations/cross-tenant-synchronization-overview
"""

from __future__ import annotations

import uuid

from xtcheck.sandbox.engines.entitlements import entitled
from xtcheck.sandbox.engines.expressions import UnknownFunction, evaluate
from xtcheck.sandbox.engines.flows import ADD, DELETE, UPDATE, flows
from xtcheck.sandbox.engines.jobs import Cycle, Quarantined
from xtcheck.sandbox.engines.records import Change, modified
from xtcheck.sandbox.graph import audits
from xtcheck.sandbox.state import State, stamp
from xtcheck.sandbox.wire import Json

POLICY_FAILURE = "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"

# Synchronization spells some attributes otherwise than Microsoft Graph.
_GRAPH_NAMES = {
    "physicalDeliveryOfficeName": "officeLocation",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "mobile": "mobilePhone",
    "objectId": "id",
}
_NOT_ENTITLED = "NotEffectivelyEntitled"
_BOOLEANS = frozenset({"accountEnabled", "showInAddressList"})
_OWN = frozenset({"userPrincipalName", "alternativeSecurityIds", "IsSoftDeleted", "manager"})
"""Target attributes that the engine sets itself, or that have no place in a user document."""
_OF_MAILBOX = frozenset({"mail", "showInAddressList"})
"""Target attributes that the service leaves alone once the target's user has a mailbox there."""


def provision(state: State, alias: str, principal: str, job_id: str) -> Cycle:
    """One cycle of a job; raises Quarantined when it cannot run at all."""
    source = state.tree["tenants"][alias]
    synchronization = source["synchronization"][principal]
    target = target_of(state, source, synchronization["secrets"])
    mapping = _mapping(synchronization["schemas"][job_id])
    scope = synchronization.get("scopes", {}).get(job_id, synchronization["secrets"].get("SyncAll", "false"))
    everybody = _in_scope(source, principal, everybody=scope.lower() == "true")
    wanted = {
        identifier: source["users"][identifier] for identifier in everybody if _passes(mapping, source, identifier)
    }
    links: dict[str, str] = synchronization.setdefault("links", {}).setdefault(job_id, {})
    done = Cycle(imported=len(source["users"]), entitled=len(wanted))
    now = stamp(state.clock.now())
    before = audits.taken(target)
    done.changes += [_skipped(source["users"][identifier]) for identifier in everybody if identifier not in wanted]
    for identifier, user in wanted.items():
        done.changes += _export(target, links, mapping, (source["id"], identifier), user, now)
    left = [known for known in links if known not in wanted] if DELETE in flows(mapping) else []
    for identifier in left:
        done.changes += _soft_delete(target, (identifier, links[identifier]), now)
    audits.record(target, before, state.clock.now(), audits.by_app("Microsoft.Azure.SyncFabric"))
    done.exported = sum(change.status == "success" for change in done.changes)
    present = [identifier for identifier in wanted if links.get(identifier) in target["users"]]
    done.counts = {"User to User": len(present)}
    return done


def target_of(state: State, source: dict[str, Json], secrets: dict[str, str]) -> dict[str, Json]:
    """The target tenant, if both tenants' policies let the job in."""
    company = secrets.get("CompanyId", "")
    found = state.tenant(company) if company else None
    if found is None:
        raise Quarantined("ExternalTenantNotFound", f"The tenant '{company}' was not found.")
    target = found[1]
    outbound = _consent(source, target["id"], "outboundAllowed")
    inbound = _consent(target, source["id"], "inboundAllowed")
    known = target["crossTenantAccessPolicy"]["identitySynchronization"].get(source["id"]) or {}
    allowed = bool((known.get("userSyncInbound") or {}).get("isSyncAllowed"))
    if not outbound:
        _refuse("the source tenant has not enabled automatic user consent, outbound, for the target tenant")
    if not inbound:
        _refuse("the target tenant has not enabled automatic user consent, inbound, for the source tenant")
    if not allowed:
        _refuse("the target tenant does not allow inbound user synchronization from the source tenant")
    return target


def _consent(tenant: dict[str, Json], partner_id: str, direction: str) -> bool:
    partner = tenant["crossTenantAccessPolicy"]["partners"].get(partner_id) or {}
    return bool((partner.get("automaticUserConsentSettings") or {}).get(direction))


def _refuse(detail: str) -> None:
    raise Quarantined(POLICY_FAILURE, f"The cross-tenant access policy check failed. Details: {detail}.")


def _mapping(schema: Json) -> Json:
    """The schema's enabled mapping of users to users."""
    for rule in schema["synchronizationRules"]:
        for mapping in rule["objectMappings"]:
            if mapping["enabled"] and mapping["sourceObjectName"] == mapping["targetObjectName"] == "User":
                return mapping
    raise Quarantined("SchemaInvalid", "The schema has no enabled mapping of users.")


def _in_scope(source: dict[str, Json], principal: str, *, everybody: bool) -> list[str]:
    """Ids of the users in scope: all, or those assigned to the application, by name or as direct group members."""
    users: dict[str, Json] = source["users"]
    if everybody:
        return list(users)
    assigned: dict[str, None] = {}
    for given in entitled(source, principal):
        assigned |= dict.fromkeys([given, *source["members"].get(given, ())])
    return [identifier for identifier in assigned if identifier in users]


def _passes(mapping: Json, source: dict[str, Json], identifier: str) -> bool:
    """Whether a user passes the mapping's scoping filters: any group of clauses, all clauses of it."""
    scope = mapping["scope"] or {}
    attributes = _attributes(source["users"][identifier])
    for part in ("inputFilterGroups", "groups", "categoryFilterGroups"):
        groups = scope.get(part) or []
        meets = _clause if part == "groups" else _built_in
        if groups and not any(all(meets(clause, attributes) for clause in group["clauses"]) for group in groups):
            return False
    return True


def _built_in(clause: Json, attributes: dict[str, Json]) -> bool:
    """A clause of the service's own, for which what has no value is the text None."""
    observed = attributes.get(clause["sourceOperandName"])
    text = "None" if observed in (None, [], "") else str(observed)
    values = clause["targetOperand"]["values"]
    match clause["operatorName"]:
        case "EQUALS":
            return text in values
        case "NOT EQUALS":
            return text not in values
    return _clause(clause, attributes)


def _clause(clause: Json, attributes: dict[str, Json]) -> bool:
    """A clause of an admin's: false for what has no value, unless that is what it asks (Learn: scoping filters)."""
    observed = attributes.get(clause["sourceOperandName"])
    text, empty = str(observed), observed in (None, [], "")
    values = clause["targetOperand"]["values"]
    if empty and clause["operatorName"] in ("EQUALS", "NOT EQUALS", "IS TRUE", "IS FALSE"):
        return False
    match clause["operatorName"]:
        case "EQUALS":
            return text in values
        case "NOT EQUALS":
            return text not in values
        case "IS NULL":
            return empty
        case "IS NOT NULL":
            return not empty
        case "IS TRUE":
            return text == "True"
        case "IS FALSE":
            return text == "False"
    raise Quarantined("SchemaInvalid", f"The scoping filter's operator {clause['operatorName']!r} is not known.")


def _attributes(user: Json) -> dict[str, Json]:
    """A user document in synchronization's names."""
    own = {_sync_name(name): value for name, value in user.items()}
    phones = user.get("businessPhones") or [None]
    external = any(identity.get("issuer") == "ExternalAzureAD" for identity in user.get("identities") or ())
    return own | {
        "telephoneNumber": phones[0],
        "netId": user["id"].replace("-", "")[:16].upper(),
        "IsSoftDeleted": user.get("deletedDateTime") is not None,
        "alternativeSecurityIds": "external" if external else None,
        "userState": user.get("externalUserState"),
    }


def _sync_name(name: str) -> str:
    for ours, graph in _GRAPH_NAMES.items():
        if name == graph:
            return ours
    return name


def _export(
    target: dict[str, Json], links: dict[str, str], mapping: Json, key: tuple[str, str], user: Json, now: str
) -> list[Change]:
    """Create, restore or update the target's user, as far as the mapping does; what changed, if anything."""
    identifier = links.get(key[1])
    restored = identifier in target.get("deletedItems", {})
    there = restored or identifier in target["users"]
    if (UPDATE if there else ADD) not in flows(mapping):
        return []
    if identifier is not None and restored:
        target["users"][identifier] = target["deletedItems"].pop(identifier) | {"deletedDateTime": None}
    created = identifier is None or identifier not in target["users"]
    if created:
        identifier = links[key[1]] = str(uuid.uuid5(uuid.UUID(target["id"]), "/".join(key)))
        target["users"][identifier] = _invited(target, identifier, user, now)
    document = target["users"][identifier]
    before = dict(document)
    attributes = _attributes(user)
    for one in mapping["attributeMappings"]:
        if one["flowType"] != "Always" and not created:
            continue
        _flow(document, one, attributes, created=created)
    changed = modified({} if created else before, document)
    if not (created or restored or changed):
        return []
    named = (user["id"], user["displayName"]), (document["id"], document["displayName"])
    return [Change("create" if created else "update", "User", *named, changed)]


def _skipped(user: Json) -> Change:
    """A user that is assigned and yet fails the scoping filters."""
    reason = "The object is not effectively entitled for provisioning."
    return Change("other", "User", (user["id"], user["displayName"]), ("", ""), {}, "skipped", _NOT_ENTITLED, reason)


def _flow(document: Json, mapping: Json, attributes: dict[str, Json], *, created: bool) -> None:
    try:
        value = evaluate(mapping["source"], attributes)
    except UnknownFunction as error:
        raise Quarantined(
            "SchemaInvalid", f"The mapping of {mapping['targetAttributeName']!r} uses {error}."
        ) from error
    if value is None and created:
        value = mapping["defaultValue"]
    name = mapping["targetAttributeName"]
    # A null source value is not exported: what the target has stays.
    if value is None or name in _OWN or (name in _OF_MAILBOX and _has_mailbox(document)):
        return
    if name == "telephoneNumber":
        document["businessPhones"] = [value]
        return
    document[_GRAPH_NAMES.get(name, name)] = str(value).lower() == "true" if name in _BOOLEANS else value


def _has_mailbox(user: Json) -> bool:
    plans = user.get("assignedPlans") or ()
    return any(plan["service"] == "exchange" and plan["capabilityStatus"] == "Enabled" for plan in plans)


def _invited(target: dict[str, Json], identifier: str, user: Json, now: str) -> Json:
    """The target's user as an invitation that is redeemed already makes it."""
    initial = next(domain["name"] for domain in target["organization"]["verifiedDomains"] if domain["isInitial"])
    local = (user["mail"] or user["userPrincipalName"]).replace("@", "_")
    empty = dict.fromkeys(user)
    return empty | {
        "id": identifier,
        "accountEnabled": True,
        "assignedPlans": [],
        "businessPhones": [],
        "createdDateTime": now,
        "creationType": "Invitation",
        "externalUserState": "Accepted",
        "externalUserStateChangeDateTime": now,
        "identities": [
            {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None},
            {
                "signInType": "userPrincipalName",
                "issuer": initial,
                "issuerAssignedId": f"{local}#EXT#@{initial}",
            },
        ],
        "otherMails": [],
        "proxyAddresses": [],
        "userPrincipalName": f"{local}#EXT#@{initial}",
        "userType": "Member",
    }


def _soft_delete(target: dict[str, Json], link: tuple[str, str], now: str) -> list[Change]:
    """Delete a user softly: out of scope and deleted are the same to the target."""
    source, identifier = link
    user = target["users"].pop(identifier, None)
    if user is None:
        return []
    target.setdefault("deletedItems", {})[identifier] = user | {"deletedDateTime": now}
    for members in target["members"].values():
        if identifier in members:
            members.remove(identifier)
    named = (source, user["displayName"]), (identifier, user["displayName"])
    return [Change("delete", "User", *named, {"deletedDateTime": (None, now)})]
