"""A journal tells the truth wherever it ends; a lock lets one run in; a kept plan is made as it was, or not at all."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from tests.remediation.test_faults import DRIFTS, checks_of, planned
from tests.remediation.wrongs import named
from xtcheck.errors import XtcheckError
from xtcheck.model import Safety
from xtcheck.remediation import journal, kept
from xtcheck.remediation.changes import Outcome, Plan, Result, change_json, change_of
from xtcheck.remediation.journal import Journal
from xtcheck.remediation.kept import Ground
from xtcheck.remediation.lock import Busy, locked
from xtcheck.writing import Told, Write

Json = Any

CHANGED = "a setting is changed"
PLACES = {"shared": "the tenant of the test"}
GROUND = Ground(PLACES)


@pytest.fixture
def made(act: Acting) -> Plan:
    act.living.drift(DRIFTS[CHANGED](act.living.state()))
    return planned(act, CHANGED)


def test_a_change_is_the_same_after_it_was_written_down(made: Plan) -> None:
    [change] = made.changes
    assert change_of(json.loads(json.dumps(change_json(change)))) == change


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_only_this_user_reads_a_journal(act: Acting, made: Plan, tmp_path: Path) -> None:
    _, path = act.apply(made, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_names_the_requests_that_the_tenants_audit_log_has(act: Acting, made: Plan, tmp_path: Path) -> None:
    act.living.forget_log()
    [result], path = act.apply(made, tmp_path)
    [entry] = journal.read(path).entries
    assert entry.requests == result.requests
    assert set(entry.requests) == named(act.living.log())


@pytest.mark.parametrize("what", [{"status": 403}, {"lost": True}], ids=str)
def test_a_write_to_aws_is_found_by_its_id_whether_or_not_it_was_answered(
    act: Acting, tmp_path: Path, what: dict[str, object]
) -> None:
    length = next(check for check in scenario.checks() if check.setting.key == "session-duration")
    checks = [replace(length, expected="PT45M")]
    made = act.plan(act.living.good, checks=checks)
    act.living.forget_log()
    act.living.fault({"match": {"write": True}, "do": what})
    result, *_ = act.apply(replace(made, changes=made.changes[:1]), tmp_path)[0]
    ours = named(act.living.log())
    assert ours
    assert ours <= set(result.requests)


def test_a_journal_is_on_disk_before_anything_is_sent(act: Acting, made: Plan, tmp_path: Path) -> None:
    seen = []

    async def send(write: object) -> object:
        account = journal.read(tmp_path / f"journal-{act._journals}.jsonl")
        seen.append([(entry.change.name, entry.outcome) for entry in account.entries])
        return await act.send(write)  # type: ignore[arg-type]

    act.apply(made, tmp_path, send)  # type: ignore[arg-type]
    assert seen == [[(made.changes[0].name, "")]]


@pytest.mark.parametrize("cut", [1, 40])
def test_a_journal_that_was_cut_off_tells_what_was_begun(act: Acting, made: Plan, tmp_path: Path, cut: int) -> None:
    _, path = act.apply(made, tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    begun = next(number for number, line in enumerate(lines) if '"line": "begin"' in line)
    path.write_text("\n".join([*lines[: begun + 1], lines[begun + 1][:cut]]), encoding="utf-8")
    account = journal.read(path)
    assert [entry.outcome for entry in account.entries] == [""]
    assert not account.whole
    [back] = act.undoing(path).plan.changes
    assert [place.after for place in back.places] == [place.before for place in made.changes[0].places]


def test_a_journal_can_be_cut_off_at_any_byte(act: Acting, made: Plan, tmp_path: Path) -> None:
    change = replace(made.changes[0], mends=("DevOps – Shared Tenant",))
    _, path = act.apply(replace(made, changes=(change,)), tmp_path)
    whole = path.read_bytes()
    assert max(whole) > 127, "a letter of several bytes is cut, too"
    begun = whole.index(b"\n", whole.index(b'"line": "begin"'))
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        account = journal.read(path)
        assert [entry.change.name for entry in account.entries] == [change.name] * (length > begun)
        assert not account.whole


@pytest.mark.parametrize("text", ["\n", "{}", "nothing\n", '{"line": "run", "format": 99}\n', "[]\n"])
def test_what_is_no_journal_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(XtcheckError, match=r"journal"):
        journal.read(path)


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.touch()
    with pytest.raises(XtcheckError, match="nothing was changed"):
        Journal(path, {}, hidden={})


def test_what_came_from_the_environment_is_in_no_journal_and_no_plan(made: Plan, tmp_path: Path) -> None:
    [change] = made.changes
    write = replace(change.write, body={"description": "a hunter2 b"})
    secret = replace(made, changes=(replace(change, write=write),))
    with Journal(tmp_path / "journal.jsonl", {}, hidden={"hunter2": "${env.XT_X}"}) as kept_:
        kept_.begin(secret.changes[0])
    kept.save(tmp_path / "plan.json", secret, Safety.UNSAFE, {"hunter2": "${env.XT_X}"}, GROUND)
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "hunter2" not in text
        assert "a ${env.XT_X} b" in text


# --- kept plans -----------------------------------------------------------------------------------------------------


def test_a_kept_plan_is_the_plan(act: Acting, made: Plan, tmp_path: Path) -> None:
    kept.save(tmp_path / "plan.json", made, Safety.UNSAFE, {}, GROUND)
    document = kept.load(tmp_path / "plan.json")
    assert kept.moved(document, made, {}, GROUND) == []
    assert kept.moved(document, planned(act, CHANGED), {}, GROUND) == []


def test_a_kept_plan_that_would_be_another_now_is_told_apart(act: Acting, made: Plan, tmp_path: Path) -> None:
    kept.save(tmp_path / "plan.json", made, Safety.UNSAFE, {}, GROUND)
    document = kept.load(tmp_path / "plan.json")
    name = made.changes[0].name
    assert kept.moved(document, Plan(), {}, GROUND) == [f"{name} is no longer to be made"]
    other = replace(made.changes[0], places=())
    assert kept.moved(document, Plan((other,)), {}, GROUND) == [f"{name} is not what it was"]
    kept.save(tmp_path / "empty.json", Plan(), Safety.UNSAFE, {}, GROUND)
    assert kept.moved(kept.load(tmp_path / "empty.json"), made, {}, GROUND) == [f"{name} is to be made besides"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1}', '{"format": 1, "allowed": "all"}'])
def test_what_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(XtcheckError, match="plan"):
        kept.load(tmp_path / "plan.json")


def test_a_kept_plan_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"format": 1, "allowed": "safe", "changes": []}', encoding="utf-8")
    with pytest.raises(XtcheckError, match="has format 1; this version reads 3: make a new plan"):
        kept.load(tmp_path / "plan.json")


@pytest.mark.parametrize("lacking", ["safety", "name", "write", "places", "object"])
def test_a_kept_plan_of_which_a_change_was_edited_is_refused(made: Plan, tmp_path: Path, lacking: str) -> None:
    path = tmp_path / "plan.json"
    kept.save(path, made, Safety.UNSAFE, {}, GROUND)
    document = json.loads(path.read_text(encoding="utf-8"))
    for edited in ("", ...):
        change = {name: value for name, value in document["changes"][0].items() if name != lacking}
        change |= {} if edited is ... else {lacking: edited}
        path.write_text(json.dumps({**document, "changes": [change]}), encoding="utf-8")
        with pytest.raises(XtcheckError, match=r"change 1 \(.*\) (lacks|is not as it was written)"):
            kept.load(path)


def test_a_kept_plan_is_for_the_tenants_that_it_was_made_for(made: Plan, tmp_path: Path) -> None:
    kept.save(tmp_path / "plan.json", made, Safety.UNSAFE, {}, GROUND)
    document = kept.load(tmp_path / "plan.json")
    told = kept.moved(document, made, {}, Ground({"shared": "another"}))
    assert told == ["shared was the tenant of the test, and is now another"]


def test_a_kept_plan_is_for_objects_as_they_were_also_in_what_nobody_states(
    act: Acting, made: Plan, tmp_path: Path
) -> None:
    [change] = made.changes
    name = "automaticUserConsentSettings"

    def ground() -> Ground:
        return kept.ground_of(made, act.world(checks_of(CHANGED)), {"shared": "it"}, {})

    def drift(value: Json) -> None:
        path = f"/tenants/shared/crossTenantAccessPolicy/partners/{change.ref.key}/{name}"
        act.living.drift({"op": "replace", "path": path, "value": value})

    drift({"inboundAllowed": True, "outboundAllowed": None})
    kept.save(tmp_path / "plan.json", made, Safety.UNSAFE, {}, ground())
    document = kept.load(tmp_path / "plan.json")
    assert kept.moved(document, made, {}, ground()) == []
    drift({"inboundAllowed": True})
    assert kept.moved(document, made, {}, ground()) == [], "null is as not there"
    drift(None)
    assert kept.moved(document, made, {}, ground()) == [f"{change.name} is of an object that changed: {name}"]


def test_a_kept_plan_names_its_places(act: Acting, made: Plan) -> None:
    identities = {place: found.identity for place, found in act.living.config.connections.items()}
    assert kept.ground_of(made, act.living.good, identities, {}).places == {"shared": identities["shared"]}
    length = next(check for check in scenario.checks() if check.setting.key == "session-duration")
    found = act.plan(act.living.good, checks=[replace(length, expected="PT45M")])
    [place] = kept.ground_of(found, act.living.good, identities, {}).places.values()
    assert place.startswith("111122223333 with arn:aws:sso:::instance/ssoins-")


def test_a_kept_plan_lets_nobody_guess_what_came_from_the_environment(made: Plan, tmp_path: Path) -> None:
    """The same secret has another digest in each file."""
    [change] = made.changes
    secret = replace(made, changes=(replace(change, write=replace(change.write, body={"description": "on"})), change))
    digests = []
    for path in (tmp_path / "one.json", tmp_path / "two.json"):
        kept.save(path, secret, Safety.UNSAFE, {"on": "${env.XT_X}"}, GROUND)
        document = kept.load(path)
        digests.append(document["digests"][0])
        assert document["digests"][1] == "", "nothing of it is masked"
        assert kept.moved(document, secret, {"on": "${env.XT_X}"}, GROUND) == []
    assert digests[0] != digests[1]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_only_this_user_reads_a_kept_plan_whatever_was_there(made: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.touch()
    path.chmod(0o644)
    kept.save(path, made, Safety.UNSAFE, {}, GROUND)
    assert path.stat().st_mode & 0o777 == 0o600


# --- locks ----------------------------------------------------------------------------------------------------------

HOLD = """
import sys
from xtcheck.remediation.lock import locked
with locked(["tenant-of-the-test"]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_two_runs_never_write_to_one_tenant_and_a_dead_run_holds_nothing(tmp_path: Path) -> None:
    elsewhere = {**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=elsewhere
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(Busy, match="another run of xtcheck is writing to tenant-of-the-test"),
            locked(["tenant-of-the-test"]),
        ):
            pass
        with locked(["another-tenant"]):
            pass
        other.kill()
    with locked(["tenant-of-the-test"]):
        pass


# --- undo -----------------------------------------------------------------------------------------------------------


def test_undoing_twice_changes_nothing(act: Acting, made: Plan, tmp_path: Path) -> None:
    _, path = act.apply(made, tmp_path)
    act.apply(act.undoing(path).plan, tmp_path)
    again = act.undoing(path)
    assert (again.plan.changes, again.lost) == ((), ())
    assert again.back == ("shared/partner.one is as it was",)


def test_what_was_changed_since_is_not_taken_back(act: Acting, tmp_path: Path) -> None:
    made = _with_two_places(act)
    _, path = act.apply(made, tmp_path)
    tree = act.living.state()
    partner = f"/tenants/shared/crossTenantAccessPolicy/partners/{tree['tenants']['one']['id']}"
    blocked = {"usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]},
               "applications": {"accessType": "allowed",
                                "targets": [{"target": "AllApplications", "targetType": "application"}]}}  # fmt: skip
    act.living.drift({"op": "replace", "path": f"{partner}/b2bCollaborationInbound", "value": blocked})
    found = act.undoing(path)
    assert found.lost == ("shared/partner.one: b2bCollaborationInbound changed since, and is left as it is",)
    [change] = found.plan.changes
    assert [place.path for place in change.places if place.changes] == ["inboundTrust.isMfaAccepted"]


def _with_two_places(act: Acting) -> Plan:
    tree = act.living.state()
    partner = f"/tenants/shared/crossTenantAccessPolicy/partners/{tree['tenants']['one']['id']}"
    everybody = {"usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
                 "applications": {"accessType": "allowed",
                                  "targets": [{"target": "AllApplications", "targetType": "application"}]}}  # fmt: skip
    act.living.drift(
        DRIFTS[CHANGED](tree), {"op": "replace", "path": f"{partner}/b2bCollaborationInbound", "value": everybody}
    )
    made = planned(act, CHANGED)
    assert {place.path for place in made.changes[0].places if place.changes} == {
        "inboundTrust.isMfaAccepted", "b2bCollaborationInbound",
    }  # fmt: skip
    return made


def test_what_came_from_the_environment_is_never_written_by_its_name(act: Acting, tmp_path: Path) -> None:
    """The journal of a change from a secret holds its name: neither that nor anything else is put in its place."""
    made = _with_two_places(act)
    [change] = made.changes
    places = tuple(replace(place, before="hunter2") if place.changes else place for place in change.places)
    path = tmp_path / "journal.jsonl"
    with Journal(path, {"shared": "x"}, hidden={"hunter2": "${env.XT_X}"}) as kept_:
        kept_.begin(replace(change, places=places))
    found = act.undoing(path)
    assert found.plan.changes == ()
    [lost] = found.lost
    assert lost.startswith("shared/partner.one: what came from the environment is in no journal")


@pytest.mark.parametrize("secret", ['pa"ss\\word', "p\u00e4sswort", "with\nline"])
def test_a_secret_inside_a_text_that_is_json_itself_is_in_no_journal(made: Plan, tmp_path: Path, secret: str) -> None:
    [change] = made.changes
    body = {"policy": json.dumps({"Recipients": secret}), "plain": secret}
    path = tmp_path / "journal.jsonl"
    with Journal(path, {}, hidden={secret: "${env.XT_X}"}) as kept_:
        kept_.begin(replace(change, write=replace(change.write, body=body)))
    [_, line] = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    body = line["change"]["write"]["body"]
    assert body == {"policy": '{"Recipients": "${env.XT_X}"}', "plain": "${env.XT_X}"}


def test_a_journal_that_cannot_go_on_ends_the_run_and_what_was_made_is_known(
    act: Acting, made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing is sent that is not in the journal, and nothing that was sent is forgotten."""
    [change] = made.changes
    second = replace(change, ref=replace(change.ref, label="second"))
    sent: list[Write] = []
    results: list[Result] = []

    async def send(write: Write) -> Told:
        sent.append(write)
        monkeypatch.setattr(os, "write", full)
        return await act.send(write)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(XtcheckError, match=r"cannot go on with the journal .*No space left on device"):
        act.apply(replace(made, changes=(change, second)), tmp_path, send, tell=results.append)
    assert len(sent) == 1
    assert [(result.change, result.outcome) for result in results] == [(change, Outcome.APPLIED)]


def test_what_came_of_a_change_is_kept_though_nobody_listens_any_more(act: Acting, made: Plan, tmp_path: Path) -> None:
    def gone(_: Result) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        act.apply(made, tmp_path, tell=gone)
    [path] = tmp_path.glob("*.jsonl")
    [entry] = journal.read(path).entries
    assert entry.outcome == Outcome.APPLIED


@pytest.mark.skipif(os.name != "posix", reason="folders of POSIX")
@pytest.mark.parametrize(
    "call, error",
    [
        ("open", PermissionError(errno.EACCES, "Permission denied")),
        ("fsync", OSError(errno.EINVAL, "Invalid argument")),
    ],
    ids=["it may not be listed", "it is kept by itself"],
)
def test_a_folder_that_is_not_kept_on_demand_takes_a_journal(
    call: str, error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_folders(call, error, monkeypatch)
    with Journal(tmp_path / "a.jsonl", PLACES, hidden={}) as kept:
        kept.finish()
    assert journal.read(tmp_path / "a.jsonl").whole


@pytest.mark.skipif(os.name != "posix", reason="folders of POSIX")
def test_of_a_journal_that_its_folder_may_lose_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_folders("fsync", OSError(errno.EIO, "Input/output error"), monkeypatch)
    with pytest.raises(XtcheckError, match=r"cannot write the journal .*: Input/output error; nothing was changed"):
        Journal(tmp_path / "a.jsonl", PLACES, hidden={})
    assert [*tmp_path.iterdir()] == []


def refuse_folders(call: str, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a call of the system fail when it is about a folder."""
    real = getattr(os, call)

    def refusing(what: int | Path, *more: int) -> object:
        if os.path.isdir(what):  # noqa: PTH112  # it may be a descriptor
            raise error
        return real(what, *more)

    monkeypatch.setattr(os, call, refusing)


def test_what_was_never_sent_is_not_taken_back(act: Acting, made: Plan, tmp_path: Path) -> None:
    act.living.put_right()
    [result], path = act.apply(made, tmp_path)
    assert result.outcome is Outcome.STALE
    found = act.undoing(path)
    assert (found.plan.changes, found.lost, found.back) == ((), (), ())
