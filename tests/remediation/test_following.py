"""A change without the call by which it takes effect is never called put right: by its run, a later one, or an undo."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.forked import begin
from tests.gates import scenario
from tests.gates.living import Living
from tests.plugin.running import Ran, python
from tests.plugin.running import pytest as run_pytest
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_crash import killed_at, stall_at
from xtcheck.model import Check, Safety
from xtcheck.remediation.changes import Outcome
from xtcheck.remediation.halfway import not_called
from xtcheck.writing import Done, Told, Write

Json = Any

SET = "applies-to: {{aws: main}}\nidentity-center: {{permission-sets: {{ReadOnlyAccess: {{{}}}}}}}\n"
DURATION = SET.format("session-duration: PT30M")
SCOPE = "applies-to: link\nsynchronization: {scope: assigned}\n"
OLD = "LATEST_PERMISSION_SET_NOT_PROVISIONED"
NO_PROVISIONING = {
    "match": {"service": "sso-admin", "path": "ProvisionPermissionSet"},
    "do": {"status": 400, "code": "AccessDeniedException", "message": "no"},
}
NO_RESTART = {
    "match": {"service": "graph", "path": "*/restart"},
    "do": {"status": 403, "code": "Forbidden", "message": "no"},
}
UNDO = ("-m", "xtcheck", "undo", "run.jsonl", "--tenants=config.yml")


def stated(text: str) -> list[Check]:
    return list(checks_of(text, of=scenario.config().estate))


def run(folder: Path, secrets: dict[str, str], *arguments: str) -> Ran:
    return run_pytest(folder, "--tenants=config.yml", *(arguments or ("--remediate-unsafe",)), **secrets)


def journal_of(folder: Path) -> None:
    [path] = (folder / "xtcheck-journals").iterdir()
    path.rename(folder / "run.jsonl")


# --- permission sets -------------------------------------------------------------------------------------------------


@pytest.fixture(name="center")
def _center(living: Living, tmp_path: Path) -> dict[str, str]:
    return home(tmp_path, living.connection, {"aws.yml": DURATION}, "one", "shared", aws=True)


def held(living: Living) -> str:
    [found] = living.state()["aws"]["main"]["permissionSets"].values()
    [state] = found["provisioned"].values()
    return str(state)


def outdate(living: Living) -> None:
    [arn] = living.state()["aws"]["main"]["permissionSets"]
    path = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/provisioned/444455556666"
    living.drift({"op": "replace", "path": path, "value": OLD})


def test_a_permission_set_that_was_not_provisioned_is_not_put_right_until_the_next_run(
    living: Living, tmp_path: Path, center: dict[str, str]
) -> None:
    living.fault(NO_PROVISIONING)
    ran = run(tmp_path, center, "--remediate-unsafe", "--xt-report=json:out.json")
    assert (ran.code, ran.results()) == (1, {"failed": 1}), ran.text
    assert "NOT IN EFFECT (normal): it is as declared, and the call by which that takes effect was not made" in ran.text
    assert "outdated-accounts.ReadOnlyAccess: failed, sso:ProvisionPermissionSet is denied" in ran.text
    assert "; applied: change aws-main/permission-set.ReadOnlyAccess (read back)\n" in ran.text
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    [check] = report["checks"]
    assert (report["run"]["exit"], check["outcome"], check["verdict"]) == (1, "failed", "compliant")
    [step] = report["run"]["remediation"]["steps"]
    assert step["step"].endswith("Permission sets > Update: provision it again, or run again")
    assert held(living) == OLD

    living.fault()
    again = run(tmp_path, center)
    assert (again.code, held(living)) == (0, "LATEST_PERMISSION_SET_PROVISIONED"), again.text
    assert "applied: change aws-main/outdated-accounts.ReadOnlyAccess (read back)\n" in again.text


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.soak
def test_a_run_that_is_killed_before_it_provisions_is_finished_by_the_next(
    living: Living, tmp_path: Path, center: dict[str, str]
) -> None:
    living.forget_log()
    living.fault(*stall_at(2, done=False))
    killed = begin(tmp_path, {**os.environ, **center}, "--tenants=config.yml", "--remediate-unsafe", "-q")
    assert killed_at(living.sandbox, killed, 2), killed.text
    living.fault()
    assert held(living) == OLD
    ran = run(tmp_path, center)
    assert (ran.code, held(living)) == (0, "LATEST_PERMISSION_SET_PROVISIONED"), ran.text


def planned(act: Acting, text: str, allowed: Safety = Safety.UNSAFE) -> tuple[list[str], list[str]]:
    checks = stated(text)
    found = act.plan(act.reading(checks), allowed, checks)
    return [change.name for change in found.changes], [change.name for change in found.held]


PROVISION = "change aws-main/outdated-accounts.ReadOnlyAccess"


def test_an_older_state_in_accounts_is_held_back_where_only_what_is_safe_is_asked_for(act: Acting) -> None:
    outdate(act.living)
    assert planned(act, SET.format("session-duration: PT1H"), Safety.SAFE) == ([], [PROVISION])


@pytest.mark.parametrize("words", ["state: present", "tags: {}"])
def test_what_takes_no_provisioning_does_not_ask_for_it(act: Acting, words: str) -> None:
    outdate(act.living)
    assert PROVISION not in planned(act, SET.format(words))[0]


def test_what_is_not_as_declared_is_not_given_to_accounts(act: Acting) -> None:
    """A managed policy is declared by a name that does not tell its ARN: a person attaches it, and provisions then."""
    outdate(act.living)
    assert planned(act, SET.format("session-duration: PT1H, managed-policies: [NoSuchPolicy]"))[0] == []


def test_where_a_policy_states_that_accounts_hold_the_latest_state_that_row_decides(act: Acting) -> None:
    outdate(act.living)
    waiver = "waiver: {reason: on Monday, owner: ann, until: 2999-01-01}"
    words = f"session-duration: PT1H, provisioned: {{expect: everywhere, {waiver}}}"
    assert planned(act, SET.format(words)) == ([], [])


@pytest.mark.soak
def test_an_undo_goes_on_until_accounts_have_what_they_had(
    living: Living, tmp_path: Path, center: dict[str, str]
) -> None:
    assert run(tmp_path, center).code == 0
    journal_of(tmp_path)
    living.fault(NO_PROVISIONING)
    assert python(tmp_path, *UNDO, **center).code == 1
    assert held(living) == OLD

    living.fault()
    ran = python(tmp_path, *UNDO, **center)
    assert (ran.code, held(living)) == (0, "LATEST_PERMISSION_SET_PROVISIONED"), ran.text
    assert "does not come back" not in ran.text

    twice = python(tmp_path, *UNDO, **center)
    assert (twice.code, "plan: 0 changes\n" in twice.text) == (0, True), twice.text
    assert "does not come back" not in twice.text


# --- jobs ------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="link")
def _link(living: Living, tmp_path: Path) -> dict[str, str]:
    """Whoever writes reads too, for the least that shows the scope also writes it."""
    secrets = home(tmp_path, living.connection, {"link.yml": SCOPE}, "one", "shared")
    config = json.loads((tmp_path / "config.yml").read_text(encoding="utf-8"))
    config["tenants"]["one"] |= {"read-secrets": True, "credential": config["tenants"]["one"]["write-credential"]}
    names = ("provisioning-secrets", "provisioning", "following")
    config["remediation"]["windows"] |= {name: {"every": 0.05, "for": 0.2} for name in names}
    (tmp_path / "config.yml").write_text(json.dumps(config), encoding="utf-8")
    return secrets


def everybody(living: Living) -> None:
    """The scope is everybody, as the job, which runs, knows it."""
    [(app, _)] = living.state()["tenants"]["one"]["synchronization"].items()
    path = f"/tenants/one/synchronization/{app}/secrets/SyncAll"
    living.drift({"op": "replace", "path": path, "value": "true"})


def runs_with(living: Living) -> set[str]:
    """The scope with which the job runs: that which is set, unless it has not been restarted since."""
    [found] = living.state()["tenants"]["one"]["synchronization"].values()
    return set(found.get("scopes", {}).values()) or {found["secrets"]["SyncAll"]}


def test_a_scope_whose_job_was_not_restarted_is_not_put_right_and_the_restart_is_a_step(
    living: Living, tmp_path: Path, link: dict[str, str]
) -> None:
    everybody(living)
    living.fault(NO_RESTART)
    ran = run(tmp_path, link)
    assert (ran.code, ran.results()) == (1, {"failed": 1}), ran.text
    assert "mending    change one/sync-restart: failed, permission is missing: status 403" in ran.text
    by_hand = ran.text.partition("by hand:\n")[2]
    assert "Configurations > Provisioning > Restart provisioning, if the job runs; no later run sees" in by_hand
    assert "because change one/sync-restart was not made (failed: permission is missing" in by_hand


def test_an_undo_restarts_the_job_again_where_nothing_shows_that_it_was(
    living: Living, tmp_path: Path, link: dict[str, str]
) -> None:
    (tmp_path / "policies" / "link.yml").write_text(SCOPE.replace("assigned", "all"), encoding="utf-8")
    assert run(tmp_path, link).code == 0
    assert runs_with(living) == {"true"}
    journal_of(tmp_path)
    living.fault(NO_RESTART)
    assert (python(tmp_path, *UNDO, **link).code, runs_with(living)) == (1, {"true"})

    living.fault()
    ran = python(tmp_path, *UNDO, **link)
    assert "is back: one/sync-secrets is as it was; nothing shows whether restart of the" in ran.text
    assert (ran.code, runs_with(living)) == (0, {"false"}), ran.text


def test_what_was_never_sent_is_not_followed_by_anything(act: Acting, tmp_path: Path) -> None:
    everybody(act.living)
    checks = stated(SCOPE)
    _, path = act.apply(act.plan(act.reading(checks), Safety.UNSAFE, checks), tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    cut = tmp_path / "cut.jsonl"
    cut.write_text("\n".join(line for line in lines[:3] if '"send"' not in line) + "\n", encoding="utf-8")
    everybody(act.living)
    found = act.undoing(cut)
    assert (found.plan.changes, found.back) == ((), ("one/sync-secrets is as it was",))


def test_a_change_that_came_late_and_whose_call_was_dropped_is_told(act: Acting, tmp_path: Path) -> None:
    """The service says done and shows nothing; what needs the change is dropped, and is a step that is left."""

    async def send(write: Write) -> Told:
        return Done(("1",)) if write.operation.endswith("/secrets") else await act.send(write)

    everybody(act.living)
    checks = stated(SCOPE)
    world = act.reading(checks)
    results, _ = act.apply(act.plan(world, Safety.UNSAFE, checks), tmp_path, send)
    assert [each.outcome for each in results] == [Outcome.FAILED, Outcome.DROPPED]
    [left] = not_called(results, checks, world)
    assert left.check == "one--shared/synchronization.scope"
    assert "was not made (dropped: it needs what was not made" in left.why
