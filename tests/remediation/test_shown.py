"""What a service shows may be more than was sent, and written its own way: it is known again, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation.changes import Outcome
from xtcheck.shapes import Command
from xtcheck.writing import Told, Write

Json = Any

WORKLOADS = "444455556666"
OPERATOR = "[{user: sofia@anyorganizationone.com, role: role/Operator}]"
KEPT = "accounts keep what they were given, for nothing of it is taken back"
"""What undo says of a provisioning, whatever was taken back before."""


def stated(words: str) -> Sequence[Check]:
    return checks_of(f"applies-to: {{aws: main}}\nidentity-center: {{{words}}}", of=scenario.config().estate)


def entitled(who: str) -> Sequence[Check]:
    return stated(f'accounts: {{"{WORKLOADS}": {{entitlements: {who}}}}}')


def of_set(words: str) -> Sequence[Check]:
    return stated(f"permission-sets: {{ReadOnlyAccess: {{{words}}}}}")


def check_of(name: str) -> Check:
    [found] = [check for check in scenario.checks() if check.name == name]
    return found


class Shown:
    """Applies what some checks ask for; after each write, the service shows it its own way."""

    def __init__(self, act: Acting, folder: Path, checks: Sequence[Check]) -> None:
        self.act, self.folder, self.checks = act, folder, checks

    def applied(self, otherwise: Callable[[], Json] | None = None) -> Path:
        """All of it, read back; the rows hold."""

        async def send(write: Write) -> Told:
            told = await self.act.send(write)
            if otherwise:
                self.act.living.drift(*otherwise())
            return told

        made = self.act.plan(self.act.world(self.checks), Safety.UNSAFE, self.checks)
        assert made.changes
        results, path = self.act.apply(made, self.folder, send)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        world = self.act.world(self.checks)
        assert {judge(check, world).verdict for check in self.checks} == {Verdict.COMPLIANT}
        return path

    def taken_back(self, path: Path) -> None:
        """Taken back, and known again as what stood there before."""
        found = self.act.taken_back(path, self.folder)
        assert found.plan.changes
        assert found.lost == ()
        self.is_back(path)

    def is_back(self, path: Path) -> None:
        again = self.act.undoing(path)
        writes = [change.ref.kind.write for change in again.plan.changes]
        assert all(isinstance(shape, Command) for shape in writes), "nothing shows what these did: they are repeated"
        assert [why for why in again.lost if KEPT not in why] == []
        assert again.back


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def read_only(act: Acting) -> tuple[str, Json]:
    """Where the sandbox keeps the one permission set, and what it has of it."""
    [(arn, kept)] = act.living.state()["aws"]["main"]["permissionSets"].items()
    return f"/aws/main/permissionSets/{arn.replace('/', '~1')}", kept


def test_an_entitlement_that_the_service_shows_with_more_is_made_and_taken_back(act: Acting, tmp_path: Path) -> None:
    shown = Shown(act, tmp_path, entitled(OPERATOR))
    path = shown.applied()
    [listed] = act.living.read(shown.checks[0].wanted).evidence(shown.checks[0].refs["entitlements"]).document  # type: ignore[union-attr]
    assert listed["entitlement"]["principalRole"]["accountName"] == "Workloads"
    shown.taken_back(path)
    assert act.living.state()["aws"]["main"]["accountAccess"]["entitlements"] == {}


def test_an_entitlement_that_was_removed_is_made_again_though_its_account_has_another_name(
    act: Acting, tmp_path: Path
) -> None:
    Shown(act, tmp_path, entitled(OPERATOR)).applied()
    shown = Shown(act, tmp_path, entitled("[]"))
    path = shown.applied()
    act.living.drift({"op": "replace", "path": f"/aws/main/accounts/{WORKLOADS}/Name", "value": "Renamed"})
    shown.taken_back(path)


def test_a_tag_of_the_same_key_with_another_value_is_not_what_was_there(
    act: Acting, tmp_path: Path, read_only: tuple[str, Json]
) -> None:
    tags = f"{read_only[0]}/tags"
    act.living.drift({"op": "replace", "path": tags, "value": [{"Key": "owner", "Value": "alice"}]})
    path = Shown(act, tmp_path, of_set("tags: {}")).applied()
    act.living.drift({"op": "replace", "path": tags, "value": [{"Key": "owner", "Value": "mallory"}]})
    found = act.undoing(path)
    assert (found.plan.changes, found.back) == ((), ())
    assert [why.partition(": ")[2].partition("] ")[2] for why in found.lost] == ["changed since, and is left as it is"]


def test_a_customer_managed_policy_that_is_shown_without_the_root_path_is_attached(
    act: Acting, tmp_path: Path, read_only: tuple[str, Json]
) -> None:
    kept = f"{read_only[0]}/customerManagedPolicies"
    shown = Shown(act, tmp_path, of_set("customer-managed-policies: [Audit]"))
    path = shown.applied(otherwise=lambda: [{"op": "replace", "path": kept, "value": [{"Name": "Audit"}]}])
    found = act.taken_back(path, tmp_path)
    assert [change.item for change in found.plan.changes if change.item] == ["/ Audit"]
    assert act.living.state()["aws"]["main"]["permissionSets"]
    shown.is_back(path)


def test_a_customer_managed_policy_that_is_shown_without_the_root_path_is_detached(
    act: Acting, tmp_path: Path, read_only: tuple[str, Json]
) -> None:
    kept = f"{read_only[0]}/customerManagedPolicies"
    act.living.drift(
        {"op": "replace", "path": kept, "value": [{"Name": "Undeclared"}, {"Name": "Undeclared", "Path": "/a/"}]}
    )
    shown = Shown(act, tmp_path, of_set("customer-managed-policies: [/a/Undeclared]"))
    path = shown.applied()
    act.taken_back(path, tmp_path)
    shown.is_back(path)


def test_a_boundary_that_is_shown_without_the_root_path_is_set_and_taken_back(
    act: Acting, tmp_path: Path, read_only: tuple[str, Json]
) -> None:
    kept = f"{read_only[0]}/permissionsBoundary"
    bare = {"CustomerManagedPolicyReference": {"Name": "Edge"}}
    shown = Shown(act, tmp_path, of_set("permissions-boundary: /Edge"))
    path = shown.applied(otherwise=lambda: [{"op": "replace", "path": kept, "value": bare}])
    act.taken_back(path, tmp_path)
    shown.is_back(path)


# --- the network of the identity store ------------------------------------------------------------------------------

HAD = {"VpceAccessRequired": True, "ScimAllowSourceIps": ["203.0.113.0/24"]}
BESIDE = {"ApiRestrictSourceVpcs": ["vpc-0123456789abcdef0"], "ApiAllowSourceIps": ["198.51.100.0/24"]}
MORE = "scim-allow-list: ['203.0.113.0/24', '192.0.2.0/24']"


class Network:
    def __init__(self, act: Acting) -> None:
        self._act = act
        [self._store] = act.living.state()["aws"]["main"]["identityStores"]
        self._path = f"/aws/main/identityStores/{self._store}/networkConfiguration"

    def put(self, value: Json) -> None:
        there = [{"op": "remove", "path": self._path}] if self.now else []
        self._act.living.drift(*there, {"op": "add", "path": self._path, "value": value})

    @property
    def now(self) -> Json:
        return self._act.living.state()["aws"]["main"]["identityStores"][self._store].get("networkConfiguration")


def test_undo_leaves_what_others_put_beside_it_in_a_network_that_is_replaced_whole(act: Acting, tmp_path: Path) -> None:
    network = Network(act)
    network.put(HAD)
    shown = Shown(act, tmp_path, stated(MORE))
    path = shown.applied()
    network.put({**network.now, **BESIDE})
    act.taken_back(path, tmp_path)
    assert network.now == {**HAD, **BESIDE}
    shown.is_back(path)


def test_a_network_that_others_changed_since_it_was_looked_at_is_left(act: Acting, tmp_path: Path) -> None:
    network = Network(act)
    network.put(HAD)
    checks = stated(MORE)
    made = act.plan(act.world(checks), Safety.UNSAFE, checks)
    network.put({**HAD, **BESIDE})
    results, _ = act.apply(made, tmp_path)
    said = "NetworkConfiguration.ApiRestrictSourceVpcs, NetworkConfiguration.ApiAllowSourceIps changed meanwhile"
    assert [(result.outcome, result.said) for result in results] == [(Outcome.STALE, said)]
    assert network.now == {**HAD, **BESIDE}


# --- the settings of a provisioning app, and its job ----------------------------------------------------------------


@pytest.fixture
def kept(act: Acting) -> str:
    """Where the sandbox keeps the synchronization of tenant one."""
    [app] = act.living.state()["tenants"]["one"]["synchronization"]
    return f"/tenants/one/synchronization/{app}"


def settings(act: Acting, kept: str) -> Json:
    return act.living.state()["tenants"]["one"]["synchronization"][kept.rpartition("/")[2]]["secrets"]


def test_a_scope_that_is_shown_in_another_letter_case_is_set_and_taken_back(
    act: Acting, tmp_path: Path, kept: str
) -> None:
    where = f"{kept}/secrets/SyncAll"
    act.living.drift({"op": "replace", "path": where, "value": "true"})
    shown = Shown(act, tmp_path, [check_of("one--shared/synchronization.scope")])
    path = shown.applied(otherwise=lambda: [{"op": "replace", "path": where, "value": "False"}])
    act.taken_back(path, tmp_path)
    act.living.drift({"op": "replace", "path": where, "value": "True"})
    shown.is_back(path)


NOTIFICATIONS = "SyncNotificationSettings"
LOOKAHEAD = "HumanResourcesLookaheadQueryEnabled"


def test_notifications_of_which_the_service_shows_more_are_set_and_taken_back(
    act: Acting, tmp_path: Path, kept: str
) -> None:
    where = f"{kept}/secrets/{NOTIFICATIONS}"
    had = {"Enabled": True, "Recipients": "x@y.z", "DeleteThresholdEnabled": False}

    def more(**fields: Json) -> list[Json]:
        value = {**fields, **json.loads(settings(act, kept)[NOTIFICATIONS])}
        return [{"op": "replace", "path": where, "value": json.dumps(value)}]

    act.living.drift({"op": "replace", "path": where, "value": json.dumps(had)})
    shown = Shown(act, tmp_path, [check_of("one--shared/synchronization.notifications")])
    path = shown.applied(otherwise=lambda: more(**{LOOKAHEAD: False, "Unknown": 1}))
    shown.taken_back(path)


def test_notifications_that_were_not_there_are_known_again_as_those_that_say_nothing(
    act: Acting, tmp_path: Path, kept: str
) -> None:
    act.living.drift({"op": "remove", "path": f"{kept}/secrets/{NOTIFICATIONS}"})
    check = check_of("one--shared/synchronization.accidental-deletion-threshold")
    shown = Shown(act, tmp_path, [replace(check, expected=7)])
    shown.taken_back(shown.applied())


def test_notifications_that_others_changed_are_left(act: Acting, tmp_path: Path, kept: str) -> None:
    where = f"{kept}/secrets/{NOTIFICATIONS}"
    act.living.drift({"op": "remove", "path": where})
    shown = Shown(act, tmp_path, [check_of("one--shared/synchronization.notifications")])
    path = shown.applied()
    others = {"Enabled": True, "Recipients": "others@example.com", "DeleteThresholdEnabled": False}
    act.living.drift({"op": "replace", "path": where, "value": json.dumps(others)})
    found = act.undoing(path)
    assert (found.plan.changes, found.back) == ((), ())
    assert [why.partition(": ")[2] for why in found.lost] == [f"#{NOTIFICATIONS} changed since, and is left as it is"]


@pytest.fixture
def state(act: Acting, kept: str) -> str:
    """Where the sandbox keeps whether the job of tenant one runs."""
    [job] = act.living.state()["tenants"]["one"]["synchronization"][kept.rpartition("/")[2]]["jobs"]
    return f"{kept}/jobs/{job}/schedule/state"


def test_a_job_that_is_shown_as_paused_is_switched_off(act: Acting, tmp_path: Path, state: str) -> None:
    check = replace(check_of("one--shared/synchronization.provisioning"), expected="off")
    shown = Shown(act, tmp_path, [check])
    path = shown.applied(otherwise=lambda: [{"op": "replace", "path": state, "value": "Paused"}])
    act.taken_back(path, tmp_path)
    shown.is_back(path)


def test_a_job_that_was_shown_as_paused_is_started_and_paused_again(act: Acting, tmp_path: Path, state: str) -> None:
    for where in (state, state.replace("schedule/state", "status/code")):
        act.living.drift({"op": "replace", "path": where, "value": "Paused"})
    shown = Shown(act, tmp_path, [check_of("one--shared/synchronization.provisioning")])
    path = shown.applied()
    found = act.taken_back(path, tmp_path)
    assert [change.write.operation.rpartition("/")[2] for change in found.plan.changes] == ["pause"]
    shown.is_back(path)
