"""Provisioning put right at a running sandbox: what waits for what, and what is left to people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.mutations import cases, mutation
from tests.remediation.acting import Acting, differences
from xtcheck.kinds import BY_NAME
from xtcheck.model import Check, Ref, Safety
from xtcheck.remediation.changes import Change, Outcome, Place, Plan, Verb
from xtcheck.remediation.order import ordered
from xtcheck.remediation.plan import plan
from xtcheck.writing import Refused, Told, Write

Json = Any

ONE = [check for check in scenario.checks() if check.scope.subject == "one--shared"]


def synchronization(tree: Json) -> tuple[str, Json]:
    """The path and the tree of what tenant one has of its only synchronization."""
    [(app, found)] = tree["tenants"]["one"]["synchronization"].items()
    return f"/tenants/one/synchronization/{app}", found


def mapping(tree: Json, name: str) -> tuple[str, Json]:
    """Where the sandbox keeps one attribute mapping of tenant one's users, and it."""
    path, found = synchronization(tree)
    [(job, schema)] = found["schemas"].items()
    for rule, each in enumerate(schema["synchronizationRules"]):
        for number, one in enumerate(each["objectMappings"]):
            for index, attribute in enumerate(one["attributeMappings"]):
                if one["enabled"] and attribute["targetAttributeName"] == name:
                    below = f"synchronizationRules/{rule}/objectMappings/{number}/attributeMappings/{index}"
                    return f"{path}/schemas/{job}/{below}", attribute
    raise AssertionError(name)


def set_(path: str, value: Json) -> Json:
    return {"op": "replace", "path": path, "value": value}


def constant(text: str) -> Json:
    return {"type": "Constant", "name": text, "expression": f'"{text}"', "parameters": []}


def planned(act: Acting, checks: list[Check], allowed: Safety = Safety.UNSAFE) -> Plan:
    return act.plan(act.world(checks), allowed, checks)


def names(plan: Plan) -> list[str]:
    return [change.name for change in plan.changes]


def drift_scope(act: Acting) -> None:
    path, _ = synchronization(act.living.state())
    act.living.drift(set_(f"{path}/secrets/SyncAll", "true"))


# --- the schema -----------------------------------------------------------------------------------------------------


def test_all_drifts_of_a_schema_are_one_call_that_says_only_what_changes(act: Acting) -> None:
    tree = act.living.state()
    places = [mapping(tree, name)[0] for name in ("displayName", "city", "showInAddressList")]
    act.living.drift(*(set_(f"{path}/source", constant("drifted")) for path in places))
    [change] = planned(act, ONE).changes
    assert (change.name, change.safety) == ("change one/sync-schema", Safety.UNSAFE)
    assert {check.rpartition(".")[2] for check in change.mends} == {
        "displayName", "showInAddressList", "undeclared-mappings",
    }  # fmt: skip
    assert {place.path for place in change.places} == {
        "User/attributes/displayName/source", "User/attributes/showInAddressList/source", "User/attributes/city",
    }  # fmt: skip
    [body] = change.write.body.values()
    assert set(body) == {place.path for place in change.places}


def test_what_somebody_else_changes_in_the_schema_meanwhile_is_not_lost(act: Acting, tmp_path: Path) -> None:
    tree = act.living.state()
    (ours, _), (theirs, _) = mapping(tree, "displayName"), mapping(tree, "city")
    act.living.drift(set_(f"{ours}/source", constant("drifted")))
    checks = [check for check in ONE if check.statement == "mapping.displayName"]
    plan = planned(act, checks)
    act.living.drift(set_(f"{theirs}/defaultValue", "somebody else's"))
    before = act.living.state()
    [result], _ = act.apply(plan, tmp_path)
    assert (result.outcome, result.said) == (Outcome.APPLIED, "read back")
    moved = [path for path in differences(before, act.living.state()) if "/schemas/" in path]
    assert sorted(path.rpartition("/")[2] for path in moved) == ["synchronizationRules", "version"]
    assert mapping(act.living.state(), "city")[1]["defaultValue"] == "somebody else's"


def test_a_declared_place_that_moved_meanwhile_is_left(act: Acting, tmp_path: Path) -> None:
    path, _ = mapping(act.living.state(), "displayName")
    act.living.drift(set_(f"{path}/source", constant("drifted")))
    checks = [check for check in ONE if check.statement == "mapping.displayName"]
    plan = planned(act, checks)
    act.living.drift(set_(f"{path}/source", constant("otherwise")))
    before = act.living.state()
    [result], _ = act.apply(plan, tmp_path)
    assert result.outcome is Outcome.STALE
    assert "User/attributes/displayName/source changed meanwhile" in result.said
    assert list(differences(before, act.living.state())) == []


def object_mapping(tree: Json) -> str:
    """The path of the mapping of tenant one's users."""
    return mapping(tree, "displayName")[0].partition("/attributeMappings")[0]


@pytest.mark.parametrize("there", ["Add, Update", "None", "Update"])
def test_what_a_mapping_does_is_put_right_alone_and_taken_back(act: Acting, tmp_path: Path, there: str) -> None:
    path = object_mapping(act.living.state())
    act.living.drift(set_(f"{path}/flowTypes", there))
    drifted = act.living.state()
    [change] = planned(act, ONE).changes
    assert planned(act, ONE, Safety.SAFE).changes == ()
    assert (change.safety, change.mends) == (Safety.UNSAFE, ("one--shared/synchronization.mapping-actions",))
    assert [place.path for place in change.places] == ["User/flowTypes"]
    [result], journal = act.apply(planned(act, ONE), tmp_path)
    assert (result.outcome, result.said) == (Outcome.APPLIED, "read back")
    moved = {each for each in differences(drifted, act.living.state()) if "/schemas/" in each}
    assert {each.rpartition("/")[2] for each in moved} == {"synchronizationRules", "version"}
    assert planned(act, ONE).changes == ()
    undo = act.undoing(journal)
    [back] = act.apply(undo.plan, tmp_path)[0]
    assert back.outcome is Outcome.APPLIED
    assert planned(act, ONE).changes != ()


def test_actions_that_must_only_be_among_them_join_those_that_are_there(act: Acting, tmp_path: Path) -> None:
    act.living.drift(set_(f"{object_mapping(act.living.state())}/flowTypes", "Add, Delete"))
    [check] = [check for check in ONE if check.statement == "synchronization.mapping-actions"]
    among = replace(check, expected={"names": ["update"], "exactly": False})
    act.apply(planned(act, [among]), tmp_path)
    _, found = synchronization(act.living.state())
    [schema] = found["schemas"].values()
    assert {each["flowTypes"] for rule in schema["synchronizationRules"] for each in rule["objectMappings"]} == {
        "Add,Update,Delete"
    }


@pytest.mark.parametrize(
    "name", ["one--shared/mapping.alternativeSecurityIds", "aws-main/enterprise-app.mapping.userName"]
)
def test_what_people_are_found_by_is_left_to_a_person(act: Acting, name: str) -> None:
    case = next(case for case in cases() if case.check.name == name)
    act.living.drift(*mutation(case, act.living.state(), act.living.good).operations)
    found = planned(act, [case.check])
    assert found.changes == ()
    [left] = found.by_hand
    assert "is how people are found in the target" in left.why


# --- the scope, and what waits --------------------------------------------------------------------------------------


def test_another_scope_is_followed_by_a_restart(act: Acting, tmp_path: Path) -> None:
    drift_scope(act)
    plan = planned(act, ONE)
    assert names(plan) == ["change one/sync-secrets", "change one/sync-restart"]
    secrets, restart = plan.changes
    assert (restart.needs, restart.safety, restart.undoable) == ((secrets.name,), Safety.UNSAFE, False)
    assert restart.write.body == {"criteria": {"resetScope": "Watermark, Escrows, QuarantineState"}}
    results, journal = act.apply(plan, tmp_path)
    assert [result.said for result in results] == [
        "read back",
        "the service says that it was done; nothing else shows it",
    ]
    back = act.undoing(journal)
    assert names(back.plan) == ["change one/sync-secrets", "change one/sync-restart"]
    assert any("what a cycle did meanwhile" in lost for lost in back.lost)


def test_a_restart_that_was_refused_is_told_and_not_believed(act: Acting, tmp_path: Path) -> None:
    async def send(write: Write) -> Told:
        if write.operation.endswith("/restart"):
            return Refused("permission is missing", "grant it", ("1",), "UnknownError")
        return await act.send(write)

    drift_scope(act)
    results, _ = act.apply(planned(act, ONE), tmp_path, send)
    assert [result.outcome for result in results] == [Outcome.APPLIED, Outcome.FAILED]


def test_a_job_that_is_off_is_not_restarted(act: Acting, tmp_path: Path) -> None:
    """For that would start it; and what does not run need not wait for the rest."""
    path, found = synchronization(act.living.state())
    [job] = found["jobs"]
    act.living.drift(
        set_(f"{path}/secrets/SyncAll", "true"),
        set_(f"{path}/jobs/{job}/schedule/state", "Disabled"),
        set_(f"{path}/jobs/{job}/status/code", "Paused"),
        set_(f"{mapping(act.living.state(), 'displayName')[0]}/source", constant("drifted")),
    )
    plan = planned(act, ONE)
    assert names(plan) == ["change one/sync-secrets", "change one/sync-schema", "change one/sync-restart"]
    results, _ = act.apply(plan, tmp_path)
    assert "nothing was sent: the job does not run" in results[-1].said
    [after] = synchronization(act.living.state())[1]["jobs"].values()
    assert after["schedule"]["state"] == "Disabled"


def test_the_scope_of_a_job_that_runs_waits_for_its_mappings(act: Acting) -> None:
    drift_scope(act)
    act.living.drift(set_(f"{mapping(act.living.state(), 'displayName')[0]}/source", constant("drifted")))
    plan = planned(act, ONE)
    assert names(plan) == ["change one/sync-schema"]
    [left] = [each for each in plan.by_hand if each.check.endswith(".scope")]
    assert "it would run with what is not as declared: one--shared/mapping.displayName; that comes first" in left.why


def test_other_settings_do_not_wait_with_the_scope(act: Acting) -> None:
    drift_scope(act)
    path, _ = synchronization(act.living.state())
    act.living.drift(
        set_(f"{mapping(act.living.state(), 'displayName')[0]}/source", constant("drifted")),
        set_(f"{path}/secrets/AuthenticationType", "Basic"),
    )
    change = next(change for change in planned(act, ONE).changes if change.ref.kind.name == "sync-secrets")
    assert [place.path for place in change.places] == ["#AuthenticationType"]


# --- jobs -----------------------------------------------------------------------------------------------------------


def without_job(act: Acting) -> None:
    path, found = synchronization(act.living.state())
    act.living.drift(*({"op": "remove", "path": f"{path}/{part}/{job}"} for part in ("schemas", "jobs")
                       for job in found[part]))  # fmt: skip


@pytest.mark.parametrize("state", ["Active", "Disabled"])
def test_a_job_that_has_expired_is_left_to_a_person(act: Acting, state: str) -> None:
    path, found = synchronization(act.living.state())
    [job] = found["jobs"]
    act.living.drift(
        set_(f"{path}/jobs/{job}/schedule/expiration", "2020-01-01T00:00:00Z"),
        set_(f"{path}/jobs/{job}/schedule/state", state),
    )
    found = planned(act, [check for check in ONE if check.statement == "synchronization.provisioning"])
    assert found.changes == ()
    [left] = found.by_hand
    assert left.why.startswith("its schedule ended at 2020-01-01 00:00 UTC; neither that the end can be written")


def test_a_job_is_made_first_and_started_last(act: Acting, tmp_path: Path) -> None:
    without_job(act)
    rounds = []
    while (plan := planned(act, ONE)).changes:
        rounds.append(names(plan))
        results, _ = act.apply(plan, tmp_path)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    assert rounds == [
        ["create one/sync-job.Azure2Azure"], ["change one/sync-schema"], ["change one/sync-job.Azure2Azure"],
    ]  # fmt: skip


def test_what_stands_in_a_job_that_nobody_declares_is_told_so(act: Acting) -> None:
    without_job(act)
    checks = [check for check in ONE if check.setting.key in ("provisioning", "<attribute>")]
    found = planned(act, checks)
    assert found.changes == ()
    assert {each.why for each in found.by_hand} == {
        "there is no synchronization job of one, and nothing of this plan makes it"
    }


def test_a_job_that_is_deleted_comes_back_without_what_it_knew(act: Acting, tmp_path: Path) -> None:
    state = next(check for check in ONE if check.setting.key == "job.state")
    plan = planned(act, [replace(state, expected="absent")])
    assert [(change.name, change.safety) for change in plan.changes] == [
        ("delete one/sync-job.Azure2Azure", Safety.UNSAFE)
    ]
    [result], journal = act.apply(plan, tmp_path)
    assert result.outcome is Outcome.APPLIED
    back = act.undoing(journal)
    assert names(back.plan) == ["create one/sync-job.Azure2Azure"]
    assert any("its mappings" in lost and "not started" in lost for lost in back.lost)


class Fresh:
    """Stands before a service that does not know an app yet that was just made."""

    def __init__(self, act: Acting, refusals: int) -> None:
        self._act, self.left, self.sent = act, refusals, 0

    async def __call__(self, write: Write) -> Told:
        if not write.operation.endswith("/jobs"):
            return await self._act.send(write)
        self.sent += 1
        self.left -= 1
        if self.left >= 0:
            return Refused("there is no such principal", "wait", (f"{self.sent}",), "Request_ResourceNotFound")
        return await self._act.send(write)


def in_something_new(act: Acting) -> Plan:
    """A plan whose job stands in what the same plan has just created, as far as it tells."""
    without_job(act)
    one = act.living.connection["tenants"]["one"]["id"]
    path = f"/tenants/shared/crossTenantAccessPolicy/partners/{one}/inboundTrust/isMfaAccepted"
    act.living.drift(set_(path, value=False))
    trust = next(check for check in scenario.checks() if check.name == "shared/partner.one.trust-mfa")
    state = next(check for check in ONE if check.setting.key == "job.state")
    [partner, job] = planned(act, [trust, state]).changes
    return Plan((partner, replace(job, needs=(partner.name,))))


def test_a_job_of_an_app_that_is_not_known_yet_is_tried_again(act: Acting, tmp_path: Path) -> None:
    wire = Fresh(act, 2)
    results, _ = act.apply(in_something_new(act), tmp_path, wire)
    assert ([result.outcome for result in results], wire.sent) == ([Outcome.APPLIED, Outcome.APPLIED], 3)
    assert len(synchronization(act.living.state())[1]["jobs"]) == 1


def test_a_job_of_an_app_that_is_known_is_not(act: Acting, tmp_path: Path) -> None:
    without_job(act)
    state = next(check for check in ONE if check.setting.key == "job.state")
    wire = Fresh(act, 2)
    results, _ = act.apply(planned(act, [state]), tmp_path, wire)
    assert ([result.outcome for result in results], wire.sent) == ([Outcome.FAILED], 1)


def test_a_job_is_made_before_what_stands_in_it_and_started_after_all_of_it() -> None:
    def change(kind: str, verb: Verb = Verb.CHANGE) -> Change:
        starts = (Place("schedule.state", "Disabled", "Active"),) if (kind, verb) == ("sync-job", Verb.CHANGE) else ()
        return Change(verb, BY_NAME[kind].ref(ONE[0].scope), Write("one", "graph", "", "/"), starts, (), Safety.SAFE)

    wanted = [change("sync-job", Verb.CREATE), change("sync-secrets"), change("sync-schema"),
              change("sync-restart"), change("sync-job")]  # fmt: skip
    several: dict[Ref, list[Change]] = {}
    for each in reversed(wanted):
        several.setdefault(each.ref, []).append(each)
    assert ordered(several) == wanted


def test_a_selection_does_not_hide_what_must_come_before_a_start(act: Acting) -> None:
    """As with ``-k provisioning``: what is not selected counts all the same, also where nobody has looked at it."""
    path, found = synchronization(act.living.state())
    [job] = found["jobs"]
    off = set_(f"{path}/jobs/{job}/schedule/state", "Disabled"), set_(f"{path}/jobs/{job}/status/code", "Paused")
    act.living.drift(*off)
    drift_scope(act)
    [start] = [check for check in ONE if check.name.endswith("synchronization.provisioning")]
    unseen = plan([start], act.reading([start]), Safety.UNSAFE, ONE)
    seen = plan([start], act.world(ONE), Safety.UNSAFE, ONE)
    assert unseen.changes == seen.changes == ()
    assert "it would run with what was not looked at: one--shared/" in unseen.by_hand[0].why
    assert "not as declared: one--shared/synchronization.scope; that comes first" in seen.by_hand[0].why
    act.living.put_right()
    act.living.drift(*off)
    assert names(plan([start], act.world(ONE), Safety.UNSAFE, ONE)) == ["change one/sync-job.Azure2Azure"]
