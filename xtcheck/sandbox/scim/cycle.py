"""The cycle of Entra's AWS job: who is assigned goes over SCIM into the identity store, and who is no longer leaves it.

What was sent is kept per job in ``connectors``, as Entra does: a cycle without changes in the directory sends nothing
but the probe, and does not see what was changed in AWS behind its back until the job is restarted (which forgets
``connectors``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xtcheck.sandbox.scim import job as status
from xtcheck.sandbox.scim.client import Client, CredentialsError, EntryError
from xtcheck.sandbox.scim.mapping import Mapping, UnknownMappingError, evaluate, mappings, put
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

REQUIRED = ("userName", "displayName", "name.givenName", "name.familyName")
"""Without one of these AWS takes no user (Entra's provisioning tutorial for AWS)."""
_MOST_MEMBERS = 100
_INVALID = "SystemForCrossDomainIdentityManagementInvalidCredentials"


_Mappings = tuple[Mapping, ...]


def provision(state: State, tenant_alias: str, sp_id: str, job_id: str) -> None:
    """Run one cycle of a job and write its status. A job without secrets fails like one with bad secrets."""
    with state.lock:
        tenant = state.tree["tenants"][tenant_alias]
        synchronization = tenant["synchronization"][sp_id]
        job, secrets = synchronization["jobs"][job_id], synchronization.get("secrets", {})
        client = Client(state, secrets.get("BaseAddress", ""), secrets.get("SecretToken", ""))
        began = state.clock.now()
        try:
            client.probe()
            schema = synchronization.get("schemas", {}).get(job_id)
            known = synchronization.setdefault("connectors", {}).setdefault(job_id, {"User": {}, "Group": {}})
            tally = _Cycle(tenant, sp_id, client, known, status.Tally()).run(schema)
        except CredentialsError as refused:
            status.failed(job, _INVALID, str(refused), began, state.clock.now())
        except UnknownMappingError as unknown:
            message = f"the sandbox cannot evaluate {unknown}"
            status.failed(job, "SandboxUnknownMapping", message, began, state.clock.now())
        else:
            status.completed(job, tally, began, state.clock.now())


@dataclass(frozen=True, slots=True)
class _Cycle:
    """One run. ``known`` holds, by kind and source id, the target id and what was last sent there."""

    tenant: Json
    sp_id: str
    client: Client
    known: Json
    tally: status.Tally

    def run(self, schema: Json) -> status.Tally:
        users, groups = self._scope()
        user_mappings, group_mappings = mappings(schema, "User"), mappings(schema, "Group")
        self._check(user_mappings, group_mappings)
        if user_mappings is not None:
            for user in users:
                self._attempt(self._user, user, user_mappings)
            self._leave_users({user["id"] for user in users}, user_mappings)
        if group_mappings is not None:
            for group in groups:
                self._attempt(self._group, group, group_mappings)
            self._leave_groups({group["id"] for group in groups})
        self.tally.entitled = len(users) + len(groups)
        self.tally.entries = {
            "User to urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": len(self.known["User"]),
            "Group to urn:ietf:params:scim:schemas:core:2.0:Group": len(self.known["Group"]),
        }
        return self.tally

    def _check(self, *found: _Mappings | None) -> None:
        """Refuse a schema that cannot be carried out before anything is sent."""
        for each in found:
            for mapping in each or ():
                put({}, mapping.target, "")
                evaluate(mapping, {})

    def _scope(self) -> tuple[list[Json], list[Json]]:
        """Assigned users and direct user members of assigned groups; assigned groups. Nested groups are not read."""
        users: dict[str, Json] = {}
        groups: dict[str, Json] = {}
        for assignment in self.tenant["appRoleAssignments"].values():
            if assignment["resourceId"] != self.sp_id:
                continue
            principal = assignment["principalId"]
            if principal in self.tenant["groups"]:
                groups[principal] = self.tenant["groups"][principal]
                for member in self.tenant["members"].get(principal, ()):
                    if member in self.tenant["users"]:
                        users[member] = self.tenant["users"][member]
            elif principal in self.tenant["users"]:
                users[principal] = self.tenant["users"][principal]
        return list(users.values()), list(groups.values())

    def _attempt(self, work: Callable[[Json, _Mappings], None], entry: Json, found: _Mappings) -> None:
        try:
            work(entry, found)
        except EntryError as refused:
            self.tally.skipped[entry["id"]] = str(refused)

    def _user(self, user: Json, found: _Mappings) -> None:
        says = _says(user, found, deleted=not user.get("accountEnabled", True))
        missing = [name for name in REQUIRED if not says.get(name)]
        if missing:
            raise EntryError(f"skipped, without {', '.join(missing)}")
        self._send("User", user["id"], says, found)

    def _group(self, group: Json, found: _Mappings) -> None:
        says = _says(group, [mapping for mapping in found if mapping.target != "members"], deleted=False)
        self._send("Group", group["id"], says, found)
        if any(mapping.target == "members" for mapping in found):
            self._send_members(group["id"])

    def _send(self, kind: str, source: str, says: dict[str, str], found: _Mappings) -> None:
        """Create the object, or link the one that matches, or send what has changed. Nulls are never sent."""
        endpoint, known = f"{kind}s", self.known[kind].get(source)
        if known is not None:
            kept = {mapping.target for mapping in found if mapping.only_on_add}
            changed = {
                name: value for name, value in says.items() if known["sent"].get(name) != value and name not in kept
            }
            if changed:
                self._patch(endpoint, known["id"], changed)
                known["sent"] |= changed
            return
        self.tally.imported += 1
        match = min((each for each in found if each.matching), key=lambda each: each.matching, default=None)
        attribute = match.target if match else {"User": "userName", "Group": "displayName"}[kind]
        there = self.client.find(endpoint, attribute, says[attribute])
        if there is not None:
            self._patch(endpoint, there["id"], says)
            identifier = str(there["id"])
        else:
            identifier = self._create(endpoint, says)
        self.known[kind][source] = {"id": identifier, "sent": says}

    def _create(self, endpoint: str, says: dict[str, str]) -> str:
        resource: Json = {}
        for name, value in says.items():
            put(resource, name, value)
        self.tally.exported += 1
        return self.client.create(endpoint, resource)

    def _patch(self, endpoint: str, identifier: str, says: dict[str, str]) -> None:
        self.tally.exported += 1
        operations = [{"op": "Replace", "path": name, "value": value} for name, value in says.items()]
        self.client.patch(endpoint, identifier, operations)

    def _send_members(self, group: str) -> None:
        known = self.known["Group"][group]
        wanted = [
            self.known["User"][member]["id"]
            for member in self.tenant["members"].get(group, ())
            if member in self.known["User"]
        ]
        held = known.setdefault("members", [])
        changes = [("Add", each) for each in wanted if each not in held]
        changes += [("Remove", each) for each in held if each not in wanted]
        for verb in ("Add", "Remove"):
            values = [{"value": each} for change, each in changes if change == verb]
            for start in range(0, len(values), _MOST_MEMBERS):
                part = values[start : start + _MOST_MEMBERS]
                self.client.patch("Groups", known["id"], [{"op": verb, "path": "members", "value": part}])
                self.tally.exported += 1
        known["members"] = wanted

    def _leave_users(self, scope: set[str], found: _Mappings) -> None:
        """Who left the scope is disabled; who left the directory for good is deleted."""
        for source in [source for source in self.known["User"] if source not in scope]:
            known = self.known["User"][source]
            user = self._anywhere(source)
            if user is None:
                self.client.delete("Users", known["id"])
                self.tally.exported += 1
                del self.known["User"][source]
                continue
            active = [mapping for mapping in found if mapping.target == "active"]
            changed = {
                name: value
                for name, value in _says(user, active, deleted=True).items()
                if known["sent"].get(name) != value
            }
            if changed:
                self._patch("Users", known["id"], changed)
                known["sent"] |= changed

    def _anywhere(self, user: str) -> Json | None:
        """A user of the directory, or of its bin."""
        return self.tenant["users"].get(user) or self.tenant.get("deletedItems", {}).get(user)

    def _leave_groups(self, scope: set[str]) -> None:
        for source in [source for source in self.known["Group"] if source not in scope]:
            self.client.delete("Groups", self.known["Group"].pop(source)["id"])
            self.tally.exported += 1


def _says(entry: Json, found: Iterable[Mapping], *, deleted: bool) -> dict[str, str]:
    """What the mappings say of an entry, by target attribute. IsSoftDeleted is computed, objectId is ``id``."""
    seen = {**entry, "objectId": entry["id"], "IsSoftDeleted": deleted}
    says = {mapping.target: evaluate(mapping, seen) for mapping in found}
    return {name: value for name, value in says.items() if value not in (None, "")}
