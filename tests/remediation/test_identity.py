"""Undo knows what the run wrote to by its id: what others call so by now is left, and what was renamed is told."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.remediation.acting import Acting
from tests.remediation.test_since import new_set, partner
from tests.remediation.test_taking_back import (
    JORGE,
    NEW,
    group,
    made,
    new_group,
    planned,
    seeing_all,
    stated,
    tenant,
)
from xtcheck.kinds import BY_NAME
from xtcheck.remediation import journal
from xtcheck.remediation.identity import BY_ID, WORDS

Json = Any

GROUPS = "/tenants/one/groups"
OTHER = "99999999-0000-4000-8000-000000000042"
LOOK = "the one of before is {}: look for it by hand"
RENAMED = f"no group is found under this name; {LOOK}"
TAKEN = f"another group has this name by now; {LOOK}"
MEMBER = f"applies-to: {{tenant: one}}\ngroups: {{AWS Users: {{members: {{includes: [{JORGE}]}}}}}}"
JOB = "applies-to: {link: {from: one}}\nsynchronization: {job: {state: %s}}"


def rename(act: Acting, id_: str, name: str) -> None:
    act.living.drift({"op": "replace", "path": f"{GROUPS}/{id_}/displayName", "value": name})


def namesake(act: Acting, id_: str) -> None:
    """Another group that is called as one is, with the same people; that one is called otherwise from now on."""
    known = tenant(act)
    document = {**known["groups"][id_], "id": OTHER}
    rename(act, id_, "Renamed")
    act.living.drift(
        {"op": "add", "path": f"{GROUPS}/{OTHER}", "value": document},
        {"op": "add", "path": f"/tenants/one/members/{OTHER}", "value": known["members"][id_]},
    )


def users(act: Acting) -> str:
    [found] = [id_ for id_, each in tenant(act)["groups"].items() if each["displayName"] == "AWS Users"]
    return str(found)


@pytest.mark.parametrize("taken", [False, True], ids=["renamed", "and the name is taken"])
def test_a_group_that_the_run_made_and_somebody_renamed_is_told_and_left(
    act: Acting, tmp_path: Path, *, taken: bool
) -> None:
    [path] = made(act, group(NEW), tmp_path)
    new = new_group(act)
    namesake(act, new) if taken else rename(act, new, "New 2")
    found = seeing_all(act, path)
    told = (TAKEN if taken else RENAMED).format(new)
    assert (found.plan.changes, found.back, found.lost) == ((), (), (f"one/group.New: {told}",))


@pytest.mark.parametrize("taken", [False, True], ids=["renamed", "and the name is taken"])
def test_whom_the_run_put_into_a_group_that_somebody_renamed_is_told_and_left(
    act: Acting, tmp_path: Path, *, taken: bool
) -> None:
    [path] = made(act, stated(MEMBER), tmp_path)
    ours = users(act)
    namesake(act, ours) if taken else rename(act, ours, "AWS Users (old)")
    found = act.undoing(path)
    told = (TAKEN if taken else RENAMED).format(ours)
    assert (found.plan.changes, found.back, found.lost) == ((), (), (f"one/group-members.AWS Users: {told}",))


def test_a_group_that_the_run_made_and_somebody_deleted_is_back(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(NEW), tmp_path)
    act.living.drift({"op": "remove", "path": f"{GROUPS}/{new_group(act)}"})
    found = act.undoing(path)
    assert (found.plan.changes, found.back, found.lost) == ((), ("one/group.New is not there",), ())


def test_of_a_group_that_is_not_found_and_cannot_be_asked_for_nobody_says_that_it_is_gone(
    act: Acting, tmp_path: Path
) -> None:
    [path] = made(act, group(NEW), tmp_path)
    new = new_group(act)
    rename(act, new, "New 2")
    act.living.fault({"match": {"service": "graph", "path": f"/v1.0/groups/{new}*"}, "do": {"status": 403}})
    found = act.undoing(path)
    assert found.back == ()
    told = f"one/group.New: no group is found under this name; the one of before is {new}"
    assert found.lost == (f"{told}; whether it is gone is not known: look for it by hand",)


def test_a_journal_that_was_cut_before_its_end_goes_by_the_name(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(NEW), tmp_path)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["line"] != "end"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [change.name for change in seeing_all(act, path).plan.changes] == ["delete one/group.New"]


# --- permission sets -------------------------------------------------------------------------------------------------


def anew(act: Acting, where: str) -> None:
    """A permission set is deleted, and made again by others."""
    arn = where.rpartition("/")[2].replace("~1", "/")
    same = copy.deepcopy(act.living.state()["aws"]["main"]["permissionSets"][arn])
    same["document"]["PermissionSetArn"] = f"{arn[:-16]}{'a' * 16}"
    act.living.drift({"op": "remove", "path": where}, {"op": "add", "path": f"{where[:-16]}{'a' * 16}", "value": same})


def test_a_permission_set_that_others_made_again_is_none_of_the_runs(act: Acting, tmp_path: Path) -> None:
    path, where = new_set(act, tmp_path, "tags: {a: b}")
    anew(act, where)
    found = act.undoing(path)
    assert (found.plan.changes, found.lost) == ((), ())
    assert set(found.back) == {
        "aws-main/permission-set.Fresh is not there", "aws-main/permission-set-tags.Fresh is not there",
    }  # fmt: skip


def test_what_the_run_put_into_a_permission_set_is_not_taken_out_of_one_that_others_made(
    act: Acting, tmp_path: Path
) -> None:
    _, where = new_set(act, tmp_path, "session-duration: PT2H")
    text = "applies-to: {aws: main}\nidentity-center: {permission-sets: {Fresh: {tags: {a: b}}}}"
    [path, *_] = made(act, stated(text), tmp_path)
    anew(act, where)
    found = act.undoing(path)
    assert found.plan.changes == ()
    assert found.lost[0] == (
        "aws-main/permission-set-tags.Fresh: another permission set has this name by now, and the one of before is gone"
    )


def test_what_the_run_put_into_a_permission_set_that_is_gone_is_not_as_it_was(act: Acting, tmp_path: Path) -> None:
    _, where = new_set(act, tmp_path, "session-duration: PT2H")
    text = "applies-to: {aws: main}\nidentity-center: {permission-sets: {Fresh: {tags: {a: b}}}}"
    [path] = made(act, stated(text), tmp_path)
    act.living.drift({"op": "remove", "path": where})
    found = act.undoing(path)
    assert found.back == ()
    assert found.lost[0] == "aws-main/permission-set-tags.Fresh is gone, and its settings with it"


# --- apps and jobs ---------------------------------------------------------------------------------------------------


def test_a_job_that_others_made_again_is_none_of_the_runs(act: Acting, tmp_path: Path) -> None:
    made(act, stated(JOB % "absent"), tmp_path)
    [path] = made(act, stated(JOB % "present"), tmp_path)
    act.apply(planned(act, stated(JOB % "absent")), tmp_path)
    act.apply(planned(act, stated(JOB % "present")), tmp_path)
    found = act.undoing(path)
    assert (found.plan.changes, found.back, found.lost) == ((), ("one/sync-job.Azure2Azure is not there",), ())


# --- what others have configured in it -------------------------------------------------------------------------------


def test_a_group_that_somebody_has_described_since_is_left(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(NEW), tmp_path)
    where = f"{GROUPS}/{new_group(act)}/description"
    act.living.drift({"op": "replace", "path": where, "value": "Used by finance: do not delete"})
    found = seeing_all(act, path)
    assert (found.plan.changes, found.lost) == ((), ("one/group.New is left: description changed since",))


@pytest.mark.parametrize(
    "name, value",
    [
        ("crossCloudMeetingConfiguration", {"inboundAllowed": True, "outboundAllowed": True}),
        ("isInMultiTenantOrganization", True),
        ("isServiceProvider", True),
    ],
)
def test_a_partner_in_which_is_what_xtcheck_never_writes_is_left(
    act: Acting, tmp_path: Path, name: str, value: Json
) -> None:
    path, shared = partner(act, tmp_path, "state: present")
    where = f"/tenants/one/crossTenantAccessPolicy/partners/{shared}/{name}"
    act.living.drift({"op": "replace", "path": where, "value": value})
    found = act.undoing(path)
    assert (found.plan.changes, found.lost) == ((), (f"one/partner.shared is left: {name} changed since",))


def test_a_partner_on_which_something_else_depends_is_left_whatever_the_journal_knows(
    act: Acting, tmp_path: Path
) -> None:
    path, shared = partner(act, tmp_path, "state: present")
    text = path.read_text(encoding="utf-8").splitlines()
    lines = [line for line in text if json.loads(line)["line"] != "end"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    where = f"/tenants/one/crossTenantAccessPolicy/partners/{shared}/isServiceProvider"
    act.living.drift({"op": "replace", "path": where, "value": True})
    found = act.undoing(path)
    assert found.plan.changes == ()
    assert "is a cloud service provider of this tenant" in found.lost[0]


def test_what_the_run_itself_changed_later_keeps_nothing(act: Acting, tmp_path: Path) -> None:
    before = tenant(act)["groups"]
    first = made(act, group(NEW), tmp_path)
    second = made(act, group(f"{NEW}, description: Ours"), tmp_path)
    lines = [line for path in (*first, *second) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [lines[0], *(line for line in lines if json.loads(line)["line"] not in ("run", "close")), lines[-1]]
    (tmp_path / "both.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    found = seeing_all(act, tmp_path / "both.jsonl")
    assert found.lost == ()
    act.apply(found.plan, tmp_path)
    assert tenant(act)["groups"] == before


# --- the journal -----------------------------------------------------------------------------------------------------


def test_a_journal_keeps_ids_and_no_document_of_what_was_made(act: Acting, tmp_path: Path) -> None:
    [path] = made(act, group(f"{NEW}, description: Nobody reads this"), tmp_path)
    [entry] = journal.read(path).entries
    assert entry.ids["group.id"] == new_group(act)
    assert {len(each) for each in entry.seen.values()} == {32}
    [end] = [line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["line"] == "end"]
    assert "Nobody reads this" not in end


def test_every_word_by_which_calls_name_an_object_is_of_a_kind(act: Acting) -> None:
    assert {word.partition(".")[0] for word in WORDS} <= BY_NAME.keys()
    assert {"group.id", "permission-set.PermissionSetArn", "sync-app.id", "sync-job.id"} <= WORDS
    assert {"group", "sync-app", "aws-app"} <= BY_ID.keys()
