"""What came from the environment is shown by its name, and nothing that names an object or a call becomes another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gates.living import Living
from tests.plugin.running import Ran, python
from tests.plugin.running import pytest as run_pytest
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_faults import DRIFTS, planned
from tests.remediation.test_secrets import everything
from xtcheck.remediation.changes import Change, Place, change_json, change_of
from xtcheck.remediation.masking import Veil

SET = "applies-to: {{aws: main}}\nidentity-center: {{permission-sets: {{ReadOnlyAccess: {{{}: '{}'}}}}}}"
POLICY = """{"Version":"2012-10-17",  "Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}"""
OTHER = POLICY.replace("s3:ListBucket", "*")
UNSAFE = ("--tenants=config.yml", "--remediate-unsafe")


@pytest.fixture
def living(running: Living) -> Iterator[Living]:
    yield running
    running.put_right()


def furnished(living: Living, folder: Path, setting: str, text: str) -> dict[str, str]:
    """A folder for an Identity Center whose one permission set is declared to have a text in a setting."""
    return home(folder, living.connection, {"aws.yml": SET.format(setting, text)}, "one", "shared", aws=True)


@pytest.fixture
def change(act: Acting) -> Change:
    act.living.drift(DRIFTS["a setting is changed"](act.living.state()))
    [found] = planned(act, "a setting is changed").changes
    return found


@pytest.mark.parametrize("word", ["on", "set", "shared", "change", "graph", "partner", "policies", "PATCH", "inbound"])
def test_no_word_of_the_environment_becomes_part_of_what_names_a_change(change: Change, word: str) -> None:
    masked = Veil({word: "${env.XT_X}"}).change(change)
    assert change_of(json.loads(json.dumps(change_json(masked)))) == masked
    assert (masked.name, masked.ref, str(masked.write)) == (change.name, change.ref, str(change.write))
    assert [place.path for place in masked.places] == [place.path for place in change.places]


@pytest.mark.parametrize(
    "value, shown",
    [
        ("on", "${env.A}"),
        ("none of one", "none of one"),
        (["on", {"is": "on"}], ["${env.A}", {"is": "${env.A}"}]),
        ('{"Recipients": "on"}', '{"Recipients": "${env.A}"}'),
        ("xhunter2x", "x${env.B}x"),
        (json.dumps(json.loads(POLICY), indent=1), "${env.C}"),
        ({"inside": json.loads(POLICY)}, {"inside": "${env.C}"}),
        ("Team on", "Team ${env.A}"),
        (True, True),
    ],
)
def test_a_value_is_masked_as_a_whole_or_where_a_text_is_too_long_for_chance(value: object, shown: object) -> None:
    hidden = {"on": "${env.A}", "hunter2": "${env.B}", POLICY: "${env.C}", "Team on": "Team ${env.A}"}
    assert Veil(hidden).value(value) == shown


def test_what_a_service_says_is_masked_and_the_names_of_changes_in_it_are_not(change: Change) -> None:
    veil = Veil({"shared": "${env.A}", "on": "${env.B}"})
    veil.change(change)
    said = f"it needs {change.name}; the value 'on' of 'xsharedx' is not done"
    assert veil.text(said) == f"it needs {change.name}; the value '${{env.B}}' of 'x${{env.A}}x' is not done"


def test_an_item_that_came_from_the_environment_is_nowhere_in_its_change(change: Change) -> None:
    path = '[{"id": "4711", "@": "ann"}]'
    item = replace(change, item="ann", places=(Place(path, None, {"id": "4711", "name": "ann"}),), needs=(),
                   write=replace(change.write, operation="/members/ann/$ref", body={"to": ["ann"]}))  # fmt: skip
    veil = Veil({"ann": "${env.XT_X}"})
    after = replace(change, needs=(item.name,))
    shown = json.dumps([change_json(veil.change(each)) for each in (item, after)])
    assert "ann" not in shown
    assert veil.change(after).needs == (veil.change(item).name,)


@pytest.mark.parametrize(
    "team", ["on", *(pytest.param(word, marks=pytest.mark.soak) for word in ("change", "aws", "permission"))]
)
def test_a_run_with_a_common_word_from_the_environment_is_made_and_told(
    living: Living, tmp_path: Path, team: str
) -> None:
    secrets = furnished(living, tmp_path, "description", "${env.TEAM}")
    made = run_pytest(tmp_path, *UNSAFE, TEAM=team, **secrets)
    assert made.results() == {"remediated": 1}, made.text
    assert '    Description: null -> "${env.TEAM}"\n' in made.text
    assert "  change aws-main/permission-set.ReadOnlyAccess: unsafe (" in made.text
    [journal] = (tmp_path / "xtcheck-journals").iterdir()
    undone = python(tmp_path, "-m", "xtcheck", "undo", str(journal), "--tenants=config.yml", TEAM=team, **secrets)
    assert "aws-main/permission-set.ReadOnlyAccess: what came from the environment is in no journal" in undone.text
    assert "Traceback" not in undone.text


def test_a_document_from_the_environment_that_is_written_anew_is_shown_nowhere(living: Living, tmp_path: Path) -> None:
    secrets = furnished(living, tmp_path, "inline-policy", "${env.POL}")
    options = ("--xt-report=json:out.json", "--junitxml=out.xml", "--alluredir=allure", "-vv", "-rA")
    planned = run_pytest(tmp_path, *UNSAFE, "--xt-save-plan=plan.json", "--remediate-plan", *options, POL=POLICY,
                         **secrets)  # fmt: skip
    assert "  expected   ${env.POL}\n" in planned.text
    made = run_pytest(tmp_path, *UNSAFE, "--xt-apply-plan=plan.json", *options, POL=POLICY, **secrets)
    assert made.results() == {"remediated": 1}, made.text
    for said in (planned.text, made.text, everything(tmp_path)):
        assert "listbucket" not in said.lower()


ALONG = "applies-to: {aws: main}\nidentity-center: {permission-sets: {ReadOnlyAccess: {%s}}}"
DESCRIBED = ALONG % "description: '${env.XT_DESC}', session-duration: PT1H"
DURATION = ("-k", "session-duration")
TEXT = "Nobody Reads This"


def described(living: Living, folder: Path) -> dict[str, str]:
    """A folder whose permission set has the declared description, and another duration."""
    [arn] = living.state()["aws"]["main"]["permissionSets"]
    document = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/document"
    living.drift(
        {"op": "add", "path": f"{document}/Description", "value": TEXT},
        {"op": "replace", "path": f"{document}/SessionDuration", "value": "PT8H"},
    )
    return home(folder, living.connection, {"aws.yml": DESCRIBED}, "one", "shared", aws=True) | {"XT_DESC": TEXT}


def documents(living: Living) -> list[object]:
    return [each["document"] for each in living.state()["aws"]["main"]["permissionSets"].values()]


def undo(folder: Path, *more: str, **environment: str) -> Ran:
    journal, *_ = sorted((folder / "xtcheck-journals").iterdir())
    return python(folder, "-m", "xtcheck", "undo", str(journal), "--tenants=config.yml", *more, **environment)


def test_what_is_sent_along_for_what_is_not_selected_is_shown_by_its_name(living: Living, tmp_path: Path) -> None:
    secrets = described(living, tmp_path)
    before = documents(living)
    shown = run_pytest(tmp_path, *UNSAFE, *DURATION, "--remediate-plan", "--xt-save-plan=p.json", **secrets)
    made = run_pytest(tmp_path, *UNSAFE, *DURATION, "--xt-apply-plan=p.json", "--xt-report=json:out.json", **secrets)
    assert made.results() == {"deselected": 1, "remediated": 1}, made.text
    undone = [undo(tmp_path, *more, **secrets) for more in (["--plan"], [])]
    assert documents(living) == before, undone[-1].text
    for said in (shown.text, made.text, *(each.text for each in undone), everything(tmp_path)):
        assert TEXT not in said


def test_what_a_journal_has_by_its_name_stays_so_when_no_policy_speaks_of_it_any_more(
    living: Living, tmp_path: Path
) -> None:
    secrets = described(living, tmp_path)
    before = documents(living)
    run_pytest(tmp_path, *UNSAFE, **secrets)
    (tmp_path / "policies" / "aws.yml").write_text(ALONG % "session-duration: PT1H", encoding="utf-8")
    undone = undo(tmp_path, **secrets)
    assert documents(living) == before, undone.text
    assert TEXT not in undone.text + everything(tmp_path)


def test_a_service_that_repeats_it_in_an_undo_is_quoted_without_it_before_anything_is_cut(
    living: Living, tmp_path: Path
) -> None:
    secrets = described(living, tmp_path)
    run_pytest(tmp_path, *UNSAFE, **secrets)
    message = "x" * 195 + TEXT
    living.fault({"match": {"service": "sso-admin", "path": "UpdatePermissionSet"},
                  "do": {"status": 400, "code": "ValidationException", "message": message}})  # fmt: skip
    undone = undo(tmp_path, **secrets)
    assert (undone.code, "x" * 150 in undone.text) == (1, True), undone.text
    for said in (undone.text, everything(tmp_path)):
        assert TEXT[:3] not in said


def test_undo_says_what_is_mistaken_in_policies_before_it_writes_anything(living: Living, tmp_path: Path) -> None:
    secrets = described(living, tmp_path)
    run_pytest(tmp_path, *UNSAFE, **secrets)
    living.forget_log()
    del secrets["XT_DESC"]
    unset = undo(tmp_path, **secrets)
    assert (unset.code, "the environment variable XT_DESC is not set" in unset.text) == (2, True), unset.text
    assert living.log() == []
    assert len([*(tmp_path / "xtcheck-journals").iterdir()]) == 1


def kept_and_made(living: Living, folder: Path, setting: str, then: str, now: str) -> Ran:
    secrets = furnished(living, folder, setting, "${env.XT_TEXT}")
    run_pytest(folder, *UNSAFE, "--xt-save-plan=plan.json", "--remediate-plan", XT_TEXT=then, **secrets)
    return run_pytest(folder, *UNSAFE, "--xt-apply-plan=plan.json", XT_TEXT=now, **secrets)


@pytest.mark.parametrize(
    "setting, then, now",
    [
        pytest.param("description", "Reviewed text", "Another text", marks=pytest.mark.soak),
        ("inline-policy", POLICY, OTHER),
    ],
)
def test_a_kept_plan_is_not_made_with_another_text_of_the_environment(
    living: Living, tmp_path: Path, setting: str, then: str, now: str
) -> None:
    before = living.state()
    made = kept_and_made(living, tmp_path, setting, then, now)
    assert made.code == 1
    assert "is not what it was: ${env.XT_TEXT} has another value" in made.text
    assert living.state() == before
