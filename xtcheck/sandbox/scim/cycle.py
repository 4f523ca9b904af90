"""The cycle of Entra's AWS job: who is assigned goes over SCIM into the identity store, and who is no longer leaves it.

What was sent is kept per job in ``links``, as Entra does: a cycle without changes in the directory sends nothing
but the probe, and does not see what was changed in AWS behind its back until the job is restarted (which forgets
the job's ``links``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xtcheck.sandbox.crowd import Users
from xtcheck.sandbox.engines.entitlements import entitled
from xtcheck.sandbox.engines.flows import ADD, DELETE, UPDATE
from xtcheck.sandbox.engines.jobs import Cycle, Quarantined
from xtcheck.sandbox.engines.records import Change
from xtcheck.sandbox.scim.client import Client, CredentialsError, EntryError
from xtcheck.sandbox.scim.documents import GROUP, USER
from xtcheck.sandbox.scim.mapping import Mapping, UnknownMappingError, actions, check, mappings, put, says
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

REQUIRED = ("userName", "displayName", "name.givenName", "name.familyName")
"""Without one of these AWS takes no user (Entra's provisioning tutorial for AWS)."""
_MOST_MEMBERS = 100
_INVALID = "SystemForCrossDomainIdentityManagementInvalidCredentials"


_Mappings = tuple[Mapping, ...]


def provision(state: State, tenant_alias: str, sp_id: str, job_id: str) -> Cycle:
    """Run one cycle of a job and say what it did; the job's status is for the caller to write.

    Raises Quarantined when nothing can be provisioned: without secrets, with bad ones, with a schema that this engine
    cannot carry out.
    """
    with state.lock:
        tenant = state.tree["tenants"][tenant_alias]
        synchronization = tenant["synchronization"][sp_id]
        secrets = synchronization.get("secrets", {})
        client = Client(state, secrets.get("BaseAddress", ""), secrets.get("SecretToken", ""))
        schema = synchronization.get("schemas", {}).get(job_id)
        links = synchronization.setdefault("links", {}).setdefault(job_id, {"User": {}, "Group": {}})
        try:
            client.probe()
            does = {kind: actions(schema, kind) for kind in links}
            return _Run(tenant, sp_id, client, links, does, Cycle()).through(schema)
        except CredentialsError as refused:
            raise Quarantined(_INVALID, str(refused)) from refused
        except UnknownMappingError as unknown:
            raise Quarantined("SchemaInvalid", str(unknown)) from unknown


def connect(state: State, secrets: dict[str, str]) -> None:
    """Try the address and the token; raises Quarantined when they let nobody in."""
    try:
        Client(state, secrets.get("BaseAddress", ""), secrets.get("SecretToken", "")).probe()
    except CredentialsError as refused:
        raise Quarantined(_INVALID, str(refused)) from refused


@dataclass(frozen=True, slots=True)
class _Run:
    """One cycle under way.

    ``links`` holds, by kind and source id, the target's id and what was last sent there; ``does``, by kind, what the
    mapping does in the target.
    """

    tenant: Json
    sp_id: str
    client: Client
    links: Json
    does: dict[str, frozenset[str]]
    done: Cycle

    def through(self, schema: Json) -> Cycle:
        users, groups = self._scope()
        user_mappings, group_mappings = mappings(schema, "User"), mappings(schema, "Group")
        for mapping in (*(user_mappings or ()), *(group_mappings or ())):
            check(mapping)
        if user_mappings is not None:
            for user in users:
                self._attempt(self._user, user, user_mappings)
            self._leave_users({user["id"] for user in users}, user_mappings)
        if group_mappings is not None:
            for group in groups:
                self._attempt(self._group, group, group_mappings)
            self._leave_groups({group["id"] for group in groups})
        self.done.entitled = self.done.imported = len(users) + len(groups)
        self.done.counts = {
            f"{kind} to {core}": len(self.links[kind]) for kind, core in (("User", USER), ("Group", GROUP))
        }
        return self.done

    def _scope(self) -> tuple[list[Json], list[Json]]:
        """Assigned users and direct user members of assigned groups; assigned groups. Nested groups are not read."""
        everybody = Users(self.tenant)
        users: dict[str, Json] = {}
        groups: dict[str, Json] = {}
        for principal in entitled(self.tenant, self.sp_id):
            if principal in self.tenant["groups"]:
                groups[principal] = self.tenant["groups"][principal]
                for member in self.tenant["members"].get(principal, ()):
                    if member in everybody:
                        users[member] = everybody[member]
            elif principal in everybody:
                users[principal] = everybody[principal]
        return list(users.values()), list(groups.values())

    def _attempt(self, work: Callable[[Json, _Mappings], None], entry: Json, found: _Mappings) -> None:
        try:
            work(entry, found)
        except EntryError as refused:
            self.done.escrowed += 1
            kind = "Group" if "groupTypes" in entry else "User"
            named = (entry["id"], entry["displayName"] or ""), ("", "")
            self.done.changes.append(Change("other", kind, *named, {}, "failure", refused.code, str(refused)))

    def _tell(self, action: str, kind: str, source: str, changed: dict[str, str]) -> None:
        """Note what was done, for the provisioning logs."""
        known = self.links[kind][source]
        name = known["sent"].get("displayName", "")
        values = {attribute: (None, value) for attribute, value in changed.items()}
        self.done.changes.append(Change(action, kind, (source, name), (known["id"], name), values))

    def _user(self, user: Json, found: _Mappings) -> None:
        told = says(user, found, deleted=not user.get("accountEnabled", True))
        missing = [name for name in REQUIRED if not told.get(name)]
        if missing:
            raise EntryError(f"skipped, without {', '.join(missing)}", "RequiredAttributesMissing")
        self._send("User", user["id"], told, found)

    def _group(self, group: Json, found: _Mappings) -> None:
        told = says(group, [mapping for mapping in found if mapping.target != "members"], deleted=False)
        known = group["id"] in self.links["Group"]
        self._send("Group", group["id"], told, found)
        written = UPDATE in self.does["Group"] if known else group["id"] in self.links["Group"]
        if written and any(mapping.target == "members" for mapping in found):
            self._send_members(group["id"])

    def _send(self, kind: str, source: str, told: dict[str, str], found: _Mappings) -> None:
        """Create the object, or link the one that matches, or send what has changed, as far as the mapping does.

        Nulls are never sent.
        """
        endpoint, known = f"{kind}s", self.links[kind].get(source)
        if known is not None:
            kept = {mapping.target for mapping in found if mapping.only_on_add}
            changed = {
                name: value for name, value in told.items() if known["sent"].get(name) != value and name not in kept
            }
            if changed and UPDATE in self.does[kind]:
                self._patch(endpoint, known["id"], changed)
                known["sent"] |= changed
                self._tell("disable" if changed.get("active") == "False" else "update", kind, source, changed)
            return
        match = min((each for each in found if each.matching), key=lambda each: each.matching, default=None)
        attribute = match.target if match else {"User": "userName", "Group": "displayName"}[kind]
        there = self.client.find(endpoint, attribute, told[attribute])
        if (ADD if there is None else UPDATE) not in self.does[kind]:
            return
        if there is not None:
            self._patch(endpoint, there["id"], told)
            identifier = str(there["id"])
        else:
            identifier = self._create(endpoint, told)
        self.links[kind][source] = {"id": identifier, "sent": told}
        self._tell("create" if there is None else "update", kind, source, told)

    def _create(self, endpoint: str, told: dict[str, str]) -> str:
        resource: Json = {}
        for name, value in told.items():
            put(resource, name, value)
        self.done.exported += 1
        return self.client.create(endpoint, resource)

    def _patch(self, endpoint: str, identifier: str, told: dict[str, str]) -> None:
        self.done.exported += 1
        operations = [{"op": "Replace", "path": name, "value": value} for name, value in told.items()]
        self.client.patch(endpoint, identifier, operations)

    def _send_members(self, group: str) -> None:
        known = self.links["Group"][group]
        wanted = [
            self.links["User"][member]["id"]
            for member in self.tenant["members"].get(group, ())
            if member in self.links["User"]
        ]
        held = known.setdefault("members", [])
        changes = [("Add", each) for each in wanted if each not in held]
        changes += [("Remove", each) for each in held if each not in wanted]
        for verb in ("Add", "Remove"):
            values = [{"value": each} for change, each in changes if change == verb]
            for start in range(0, len(values), _MOST_MEMBERS):
                part = values[start : start + _MOST_MEMBERS]
                self.client.patch("Groups", known["id"], [{"op": verb, "path": "members", "value": part}])
                self.done.exported += 1
        known["members"] = wanted
        if changes:
            self._tell("update", "Group", group, {"members": ", ".join(each for _, each in changes)})

    def _leave_users(self, scope: set[str], found: _Mappings) -> None:
        """Who left the scope is disabled; who left the directory for good is deleted."""
        if DELETE not in self.does["User"]:
            return
        for source in [source for source in self.links["User"] if source not in scope]:
            known = self.links["User"][source]
            user = self._anywhere(source)
            if user is None:
                self.client.delete("Users", known["id"])
                self.done.exported += 1
                self._tell("delete", "User", source, {})
                del self.links["User"][source]
                continue
            active = [mapping for mapping in found if mapping.target == "active"]
            changed = {
                name: value
                for name, value in says(user, active, deleted=True).items()
                if known["sent"].get(name) != value
            }
            if changed:
                self._patch("Users", known["id"], changed)
                known["sent"] |= changed
                self._tell("disable", "User", source, changed)

    def _anywhere(self, user: str) -> Json | None:
        """A user of the directory, or of its bin."""
        return Users(self.tenant).get(user) or self.tenant.get("deletedItems", {}).get(user)

    def _leave_groups(self, scope: set[str]) -> None:
        if DELETE not in self.does["Group"]:
            return
        for source in [source for source in self.links["Group"] if source not in scope]:
            self.client.delete("Groups", self.links["Group"][source]["id"])
            self.done.exported += 1
            self._tell("delete", "Group", source, {})
            del self.links["Group"][source]
