"""What a run has made is taken away again, unless somebody needs it by now; what cannot come back is told first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.model import Check, Safety
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.undo import Undoing, refs, undoing

Json = Any

JORGE = "jorge@anyorganizationone.com"
NEW = "state: present"
FILLED = f"state: present, membership: assigned, members: [{JORGE}]"
BY_RULE = "state: present, membership: dynamic, membership-rule: 'user.city -eq \"Oslo\"', processing: 'on'"
UNSEEN = "create one/group.New is not taken back: the apps that a group is assigned to cannot be seen"
SET = "identity-center: {permission-sets: {ReadOnlyAccess: {%s}}}"


def stated(text: str) -> Sequence[Check]:
    return checks_of(text, of=scenario.config().estate)


def group(words: str) -> Sequence[Check]:
    return stated(f"applies-to: {{tenant: one}}\ngroups: {{New: {{{words}}}}}")


def made(act: Acting, checks: Sequence[Check], folder: Path, rounds: int = 1) -> list[Path]:
    """The journals of so many rounds."""
    paths = []
    for _ in range(rounds):
        plan = planned(act, checks)
        results, path = act.apply(plan, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        paths.append(path)
    return paths


def planned(act: Acting, checks: Sequence[Check]) -> Plan:
    return act.plan(act.reading(checks), Safety.UNSAFE, checks)


def one_journal(paths: Sequence[Path], folder: Path) -> Path:
    """The journals of a run's rounds as the one that a run keeps."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [lines[0], *(line for line in lines if '"line": "run"' not in line and '"line": "close"' not in line)]
    whole = folder / "whole.jsonl"
    whole.write_text("\n".join([*kept, lines[-1]]) + "\n", encoding="utf-8")
    return whole


def test_what_the_run_has_made_is_its_own(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(NEW), tmp_path)
    found = act.undoing(path).plan
    assert {ref.label or ref.key for ref in found.own} == {"New"}


def tenant(act: Acting) -> Json:
    return act.living.state()["tenants"]["one"]


def new_group(act: Acting) -> str:
    [found] = [id_ for id_, each in tenant(act)["groups"].items() if each["displayName"] == "New"]
    return str(found)


def seeing_all(act: Acting, path: Path) -> Undoing:
    """What an undo plans by a credential that may see what a group is assigned to."""
    for id_, client in tenant(act)["clients"].items():
        if "Directory.Read.All" not in client["roles"]:
            act.living.drift(
                {"op": "add", "path": f"/tenants/one/clients/{id_}/roles/-", "value": "Directory.Read.All"}
            )
    account = journal.read(path)
    return undoing(account, act.living.read_anew(refs=refs(account)))


@pytest.mark.parametrize("words", [NEW, BY_RULE])
def test_a_group_that_nobody_needs_by_now_goes_again(act: Acting, tmp_path: Path, words: str) -> None:
    before = tenant(act)["groups"]
    [path] = made(act, group(words), tmp_path)
    found = seeing_all(act, path)
    assert ([str(change.verb) for change in found.plan.changes], found.lost) == (["delete"], ())
    act.apply(found.plan, tmp_path)
    assert tenant(act)["groups"] == before


def test_what_the_run_has_made_and_changed_afterwards_goes_too(act: Acting, tmp_path: Path) -> None:
    before = tenant(act)["groups"]
    journals = [
        made(act, group(f"{NEW}, membership: assigned, description: {said}"), tmp_path)[0] for said in ("a", "b")
    ]
    found = seeing_all(act, one_journal(journals, tmp_path))
    assert [str(change.verb) for change in found.plan.changes] == ["change", "delete"]
    results, _ = act.apply(found.plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    assert tenant(act)["groups"] == before


def test_whom_the_run_put_into_a_group_goes_before_it(act: Acting, tmp_path: Path) -> None:
    before = tenant(act)["groups"]
    path = one_journal(made(act, group(FILLED), tmp_path, rounds=2), tmp_path)
    found = seeing_all(act, path)
    assert [change.name for change in found.plan.changes] == [
        f"change one/group-members.New {JORGE}",
        "delete one/group.New",
    ]
    assert found.plan.changes[1].needs == (found.plan.changes[0].name,)
    results, _ = act.apply(found.plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}
    assert tenant(act)["groups"] == before


def test_a_group_stays_when_it_cannot_be_seen_who_needs_it(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(NEW), tmp_path)
    found = act.undoing(path)
    assert found.plan.changes == ()
    [lost] = found.lost
    assert lost.startswith(UNSEEN)
    assert "Directory.Read.All" in lost


@pytest.mark.parametrize("use", ["member", "parent", "app"])
def test_a_group_that_others_have_begun_to_use_stays(act: Acting, tmp_path: Path, use: str) -> None:
    [path] = made(act, group(NEW), tmp_path)
    known, new = tenant(act), new_group(act)
    other = next(id_ for id_ in known["groups"] if id_ != new)
    jorge = next(id_ for id_, user in known["users"].items() if user["userPrincipalName"] == JORGE)
    given_id, given = next(iter(known["appRoleAssignments"].items()))
    drift, why = {
        "member": ({"op": "add", "path": f"/tenants/one/members/{new}/-", "value": jorge}, "others are in it: Jorge"),
        "parent": ({"op": "add", "path": f"/tenants/one/members/{other}/-", "value": new}, "it is in: AWS Users"),
        "app": (
            {"op": "replace", "path": f"/tenants/one/appRoleAssignments/{given_id}/principalId", "value": new},
            f"it is assigned to: {given['resourceDisplayName']}",
        ),
    }[use]
    act.living.drift(drift)
    found = seeing_all(act, path)
    assert found.plan.changes == ()
    assert found.lost[0].startswith(f"create one/group.New is not taken back: {why}")


# --- permission sets -------------------------------------------------------------------------------------------------


def test_a_permission_set_is_provisioned_again_when_its_change_is_taken_back(act: Acting, tmp_path: Path) -> None:
    checks = stated(f"applies-to: {{aws: main}}\n{SET % 'session-duration: PT30M'}")
    [path] = made(act, checks, tmp_path)
    found = act.undoing(path)
    assert [change.ref.kind.name for change in found.plan.changes] == ["permission-set", "outdated-accounts"]
    assert found.lost == ()


def test_an_older_state_that_accounts_held_does_not_come_back_and_that_is_told(act: Acting, tmp_path: Path) -> None:
    known = act.living.state()["aws"]["main"]["permissionSets"]
    [arn] = known
    path = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/provisioned/444455556666"
    act.living.drift({"op": "replace", "path": path, "value": "LATEST_PERMISSION_SET_NOT_PROVISIONED"})
    checks = stated(f"applies-to: {{aws: main}}\n{SET % 'provisioned: everywhere'}")
    [kept] = made(act, checks, tmp_path)
    found = act.undoing(kept)
    assert found.plan.changes == ()
    assert found.lost == (
        "aws-main/outdated-accounts.ReadOnlyAccess: what 444455556666 held of it before, nobody knows",
    )


def test_a_permission_set_that_must_be_gone_is_deleted_after_nobody_has_it(act: Acting, tmp_path: Path) -> None:
    text = "permission-sets: {ReadOnlyAccess: {state: absent}}, accounts: {'444455556666': {assignments: []}}"
    checks = stated(f"applies-to: {{aws: main}}\nidentity-center: {{{text}}}")
    plan = planned(act, checks)
    assert [change.ref.kind.name for change in plan.changes] == ["account-assignments", "permission-set"]
    results, _ = act.apply(plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    assert act.living.state()["aws"]["main"]["permissionSets"] == {}
    assert planned(act, checks).changes == ()
