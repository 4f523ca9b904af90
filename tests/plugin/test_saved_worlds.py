"""``--xt-save-world`` and ``--xt-world``: a run's world is judged again, elsewhere and later, as it was."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.plugin import running
from tests.plugin.conftest import Drifted, Inside
from tests.plugin.running import ROOT, Json
from xtcheck.snapshot import open_world, save
from xtcheck.world import World

pytest_plugins = ["pytester"]

ALONE = """
import json, os, socket, sys
from pathlib import Path

def refuse(*arguments):
    raise AssertionError("a network was touched")

socket.socket.connect = socket.getaddrinfo = refuse

def pytest_sessionfinish(session):
    heavy = sorted({"msgraph_core", "boto3", "httpx", "azure.identity", "xtcheck.sandbox"} & set(sys.modules))
    Path(os.environ["SEEN"], f"{os.getpid()}.json").write_text(json.dumps(heavy))
"""


@pytest.fixture
def elsewhere(drifted: Drifted, tmp_path: Path) -> Path:
    """Config, policies and the saved world, on what may be another machine."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copy(ROOT / "sandbox.yml", folder)
    shutil.copytree(drifted.world, folder / "world")
    return folder


def report(folder: Path, name: str = "report.json") -> Json:
    return json.loads((folder / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.soak)], ids=["alone", "two workers"])
def test_it_is_judged_the_same_without_network_sdk_and_credentials(
    drifted: Drifted, elsewhere: Path, workers: tuple[str, ...]
) -> None:
    (elsewhere / "alone.py").write_text(ALONE, encoding="utf-8")
    (elsewhere / "seen").mkdir()
    ran = running.pytest(
        elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "--xt-report=json:report.json", "-p", "alone", *workers,
        PYTHONPATH=str(elsewhere), SEEN=str(elsewhere / "seen"),
    )  # fmt: skip
    assert (ran.code, ran.results()) == (drifted.ran.code, drifted.ran.results())
    again, then = report(elsewhere), drifted.report
    assert (again["checks"], again["tenants"]) == (then["checks"], then["tenants"])
    assert again["run"]["world"] == "drifted"
    assert again["run"]["saved"] | {"read": ""} == {"path": "world", "read": "", "version": "0.1.0", "redacted": False}
    assert {path.read_text(encoding="utf-8") for path in (elsewhere / "seen").iterdir()} == {"[]"}


def test_header_and_summary_say_which_world_and_how_old_it_is(inside: Inside, elsewhere: Path) -> None:
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "--collect-only", "-q", "-k", "none")
    result.assert_outcomes()
    shown = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "-k", "trust-mfa").stdout.str()
    assert "(saved world world, read 20" in shown
    assert "\njudged on: saved world world, read 20" in shown
    assert " ago)" in shown


def test_what_the_texts_say_is_the_same_too(inside: Inside, drifted: Drifted, elsewhere: Path) -> None:
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "-k", "trust-mfa and two")
    block = result.stdout.str().partition("DRIFT (critical)")[2].partition("\n___")[0]
    assert block
    assert block.partition("what to do")[0] in drifted.ran.text


def test_a_world_that_is_not_whole_is_a_usage_error(inside: Inside, elsewhere: Path) -> None:
    path = next((elsewhere / "world").rglob("organization.*.json"))
    path.write_bytes(path.read_bytes().replace(b"US", b"SE"))
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{path.name} of the saved world was changed*"])


def test_a_config_of_other_tenants_is_a_usage_error(inside: Inside, elsewhere: Path) -> None:
    config = elsewhere / "sandbox.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("a1c0de000001", "a1c0de00000a").replace('"1111', '"2222'), encoding="utf-8")
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*is of other tenants: one has the id *00000a in config.yml, and *000001 in the saved*"]
    )
    assert "main has the account 222222223333 in config.yml" in result.stderr.str()


NEW = """
applies-to: {role: target}
groups:
  Nobody asked for it: {state: present, members: []}
cross-tenant-access: {undeclared-partners: forbidden}
"""
CODE = """
import pytest

@pytest.mark.reads("partners", tenant="shared")
def test_known(evidence):
    assert len(evidence("partners", tenant="shared")) == 3

@pytest.mark.reads("group", tenant="shared", group="Nobody asked for it")
def test_unknown(evidence):
    pass
"""


def test_what_nobody_asked_for_then_is_unknown_now(inside: Inside, elsewhere: Path) -> None:
    (elsewhere / "policies" / "new.yml").write_text(NEW.replace("cross-", "# "), encoding="utf-8")
    (elsewhere / "policies" / "test_new.py").write_text(CODE, encoding="utf-8")
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "-k", "new", "--xt-report=json:report.json")
    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(["*is not in the saved world*", "*what to do read again with --xt-save-world*"])
    unknown = [check for check in report(elsewhere)["checks"] if check["verdict"] == "unknown"]
    assert len(unknown) == 3
    assert all("not in the saved world" in check["reason"] for check in unknown)


WAIVED = """
applies-to: {tenant: shared}
cross-tenant-access:
  partners:
    two: {trust-mfa: {expect: true, waiver: {reason: moving, owner: us, until: 2025-01-31}}}
"""


@pytest.mark.parametrize("day, outcome", [(31, "xfailed"), (32, "failed")])
def test_a_waiver_holds_on_the_world_s_day(inside: Inside, elsewhere: Path, day: int, outcome: str) -> None:
    shutil.rmtree(elsewhere / "policies")
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies" / "waived.yml").write_text(WAIVED, encoding="utf-8")
    world = open_world(elsewhere / "world")
    then = datetime(2025, 1 + (day > 31), day - 31 * (day > 31), 23, tzinfo=UTC)
    save(elsewhere / "then", World(dict(world.answers), then), world.manifest.origin)
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=then")
    assert result.parseoutcomes() == {outcome: 1}


@pytest.fixture
def writer(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'def pytest_addoption(parser):\n    parser.addoption("--remediate-plan", action="store_true")\n'
    (elsewhere / "writer.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(elsewhere))


@pytest.mark.usefixtures("writer")
def test_writing_to_a_saved_world_is_refused(inside: Inside, elsewhere: Path) -> None:
    result = inside(
        elsewhere,
        "--tenants=sandbox.yml",
        "--xt-world=world",
        "-p",
        "no:xtcheck.remediation.plugin",
        "-p",
        "writer",
        "--remediate-plan",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--remediate-plan changes tenants, and --xt-world reads none*"])


@pytest.mark.parametrize(
    "options, told",
    [
        (("--xt-redact",), "*say where with --xt-save-world=DIR*"),
        (("--xt-world=world", "--xt-save-world=world/../world"), "*are the same folder*"),
        (("--xt-save-world=policies",), "*it holds aws.yml, and is no saved world*"),
        (("--xt-world=policies",), "*policies is no saved world: it has no manifest.json*"),
    ],
    ids=["redact nothing", "into itself", "not empty", "no world"],
)
def test_mistaken_options_are_told_before_anything_is_read(
    inside: Inside, elsewhere: Path, options: tuple[str, ...], told: str
) -> None:
    result = inside(elsewhere, "--tenants=sandbox.yml", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


def test_a_world_that_cannot_be_kept_spoils_the_run_and_no_verdict(inside: Inside, elsewhere: Path) -> None:
    (elsewhere / "file").touch()
    options = ("--tenants=sandbox.yml", "--xt-world=world", "--xt-save-world=file/world", "-k", "user-sync and one")
    result = inside(elsewhere, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["ERROR: cannot save the world in *"])
    assert result.parseoutcomes()["passed"] >= 1


def test_a_redacted_copy_is_judged_by_what_lies_beside_it(inside: Inside, drifted: Drifted, elsewhere: Path) -> None:
    made = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=world", "--xt-save-world=ticket", "--xt-redact")
    made.stdout.fnmatch_lines(
        ["saved world, redacted: *ticket; judge it again: pytest --tenants=*config.yml --xt-world*"]
    )
    shutil.move(elsewhere / "ticket", elsewhere / "received")
    result = inside(elsewhere, "--tenants=received/config.yml", "--xt-world=received", "--xt-report=json:report.json")
    again, then = report(elsewhere), drifted.report
    assert again["run"]["saved"]["redacted"] is True
    fields = ("kind", "key", "verdict", "grade", "outcome", "severity")
    ours, theirs = (sorted([check[field] for field in fields] for check in each["checks"]) for each in (again, then))
    assert ours == theirs
    assert "sofia" not in (json.dumps(again) + result.stdout.str()).casefold()


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.soak)], ids=["alone", "two workers"])
def test_an_earlier_world_tells_since_when_something_differs(
    inside: Inside, elsewhere: Path, workers: tuple[str, ...]
) -> None:
    """What the drifted world shows today it showed two days before."""
    now = open_world(elsewhere / "world")
    save(elsewhere / "earlier", World(now.answers, now.now - timedelta(days=2)), now.manifest.origin)
    options = ("--tenants=sandbox.yml", "--xt-world=world", "--xt-since=earlier")
    shown = running.pytest(elsewhere, *options, "-k", "as-rule or synced-users or attributes", *workers).text
    assert "; since earlier, read 20" in shown
    assert "UTC, in the world before" in shown
    result = inside(elsewhere, "--tenants=sandbox.yml", "--xt-world=earlier", "--xt-since=world")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--xt-since names a world that was not read before that of --xt-world*"])
