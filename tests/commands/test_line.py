"""The command line: what it prints, and how it says no."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest

from tests.plugin import running
from tests.plugin.running import ROOT
from tests.plugin.test_unreadable import live_config
from xtcheck import __version__
from xtcheck.commands.line import main
from xtcheck.iam import partition
from xtcheck.sandbox import Sandbox

POLICY = "applies-to: {role: source}\ncross-tenant-access: {undeclared-partners: forbidden}\n"


def test_python_m_xtcheck_is_the_command_line(tmp_path: Path) -> None:
    ran = running.python(tmp_path, "-m", "xtcheck", "--version")
    assert (ran.code, ran.text) == (0, f"xtcheck {__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["sandbx"], ["docs", "--chek"], ["sandbox", "--port=x"]])
def test_a_mistaken_command_line_is_refused_with_what_would_be_right(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m xtcheck" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "sandbox", "docs", "permissions"])
def test_help_is_for_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert f"usage: python -m xtcheck {command}".strip() in capsys.readouterr().out


# --- docs -----------------------------------------------------------------------------------------------------------


def test_the_generated_files_of_the_checkout_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check", "--root", str(ROOT)]) == 0
    assert capsys.readouterr().out == ""


def test_stale_and_missing_files_are_named_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("docs", "policies"):
        shutil.copytree(ROOT / name, tmp_path / name)
    stale = tmp_path / "docs" / "settings.md"
    stale.write_text("old", encoding="utf-8")
    (tmp_path / "policies" / "schema.json").unlink()
    assert main(["docs", "--check", "--root", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["docs/settings.md", "policies/schema.json"]
    assert all("run python -m xtcheck docs" in line for line in told)
    assert stale.read_text(encoding="utf-8") == "old"


def test_docs_writes_what_lacks_and_then_all_is_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = shutil.copytree(ROOT / "docs" / "areas", tmp_path / "docs" / "areas")
    assert main(["docs", "--root", str(tmp_path)]) == 0
    assert main(["docs", "--check", "--root", str(tmp_path)]) == 0
    files = (path for path in tmp_path.rglob("*") if path.is_file() and path.parent != pages)
    written = {path.relative_to(tmp_path).as_posix() for path in files}
    assert {line.removesuffix(": written") for line in capsys.readouterr().out.splitlines()} == written


# --- permissions ----------------------------------------------------------------------------------------------------


def test_permissions_are_the_least_that_the_policies_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["permissions", "--tenants", "sandbox.yml"]) == 0
    told = capsys.readouterr().out
    blocks = {block.partition(":")[0]: block.splitlines()[1:] for block in told.split("\n\n")}
    tenants = {
        place: {line.split()[0] for line in blocks[place] if line[2] != " "} for place in ("one", "two", "shared")
    }
    assert tenants["one"] - tenants["two"] == {"Synchronization.ReadWrite.All"}, "only where read-secrets opts in"
    assert "Policy.Read.All" in tenants["shared"]
    line = next(line for line in blocks["one"] if "Policy.Read.All" in line)
    assert re.search(r"\d+ checks \(cross-tenant access \d+\)$", line), "what would be unknown without it"
    assert "it writes; with Synchronization.Read.All in its place" in told
    policy = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert_reads_only(policy)
    assert main(["permissions", "--tenants", "sandbox.yml", "--aws-policy"]) == 0
    assert json.loads(capsys.readouterr().out) == policy, "ready to be attached"


def assert_reads_only(policy: running.Json) -> None:
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert len(actions) == len(set(actions))
    assert all(re.fullmatch(r"[a-z-]+:(Get|List|Describe|Is|Lookup)\w+", action) for action in actions)
    assert len(json.dumps(policy, separators=(",", ":"))) < 6144, "the limit of a managed policy (IAM quotas)"
    assert len({statement["Sid"] for statement in policy["Statement"]}) == len(policy["Statement"])


def test_the_policy_is_for_the_instance_the_partition_and_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    instance, key = "arn:aws-cn:sso:::instance/ssoins-7223f1a2b3c4d5e6", "arn:aws-cn:kms:cn-north-1:111122223333:key/1"
    entry = {"federated-from": "shared", "account": running.ACCOUNT, "region": "cn-north-1", "instance": instance}
    center = "applies-to: aws\nidentity-center: {status: active, people: {users: as-assigned}}\n"
    document = running.config(aws={"main": entry, "other": {**entry, "account": "444455556666"}})
    running.write(tmp_path, document, {"p.yml": center})
    monkeypatch.chdir(tmp_path)
    assert main(["permissions", "--tenants", "config.yml", "--aws-policy"]) == 2
    assert "--aws-policy needs the name of an AWS entry; declared: main, other" in capsys.readouterr().err
    assert main(["permissions", "--tenants", "config.yml", "--aws-policy", "other", "--kms-key", key]) == 0
    statements = {each["Sid"]: each for each in json.loads(capsys.readouterr().out)["Statement"]}
    assert statements["IdentityCenter"]["Resource"] == instance
    store = "arn:aws-cn:identitystore::*:identitystore/*"
    assert statements["IdentityStore"]["Resource"] == [store, "arn:aws-cn:identitystore:::user/*"]
    assert statements["IdentityStoreKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "identitystore.cn-north-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:identitystore:identitystore-arn": store},
    }


def test_regions_are_in_the_partitions_that_aws_puts_them_in() -> None:
    session = botocore.session.get_session()
    known = {
        region: name
        for name in session.get_available_partitions()
        for region in session.get_available_regions("sso-admin", name)
    }
    assert len(known) > 30
    assert {region: partition(region) for region in known} == known


def test_permissions_as_json_name_the_checks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["permissions", "--tenants", "sandbox.yml", "--json"]) == 0
    found = {entry["place"]: entry for entry in json.loads(capsys.readouterr().out)}
    writing = [each for place in ("one", "two") for each in found[place]["permissions"] if each["writes"]]
    [secrets] = writing
    assert secrets["permission"] == "Synchronization.ReadWrite.All"
    assert "one--shared/synchronization.scope" in secrets["by"]
    assert secrets["checks"] == len(secrets["by"])
    assert_reads_only(found["aws-main"]["policy"])


def test_what_putting_right_needs_is_told_apart_from_what_reading_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["permissions", "--tenants", "sandbox.yml", "--write"]) == 0
    told = capsys.readouterr().out
    [both] = [block for block in told.split("\n\n") if block.startswith("one, two (each):\n")]
    assert re.search(r"\n  Policy\.ReadWrite\.CrossTenantAccess +puts right \d+ checks \(", both)
    assert "Read.All" not in told, "reading has a credential of its own"
    policy = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert main(["permissions", "--tenants", "sandbox.yml", "--write", "--aws-policy"]) == 0
    assert json.loads(capsys.readouterr().out) == policy
    statements = {each["Sid"]: each for each in policy["Statement"]}
    assert "*" not in statements["IdentityCenter"]["Resource"]
    reads = re.compile(r"sso:Describe\w+Status")  # how a call that is carried out later ended
    assert main(["permissions", "--tenants", "sandbox.yml", "--write", "--json"]) == 0
    found = {entry["place"]: entry["permissions"] for entry in json.loads(capsys.readouterr().out)}
    actions = {action for each in policy["Statement"] for action in each["Action"]}
    assert {each["permission"] for each in found["aws-main"]} == actions
    for each in (each for several in found.values() for each in several):
        assert each["writes"] is not bool(reads.fullmatch(each["permission"]))
        assert each["checks"] == len(each["by"]) > 0
    assert main(["permissions", "--tenants", "sandbox.yml", "--write", "--live"]) == 2
    assert "leave --live and --kms-key out" in capsys.readouterr().err


def test_who_reads_only_the_head_of_it_gets_no_traceback(tmp_path: Path) -> None:
    running.write(tmp_path, running.config(), {"p.yml": POLICY})
    command = [sys.executable, "-m", "xtcheck", "permissions", "--tenants", "config.yml"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_live_signs_in_reads_nothing_and_says_no_when_something_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox("blog") as sandbox:
        document, secrets = live_config(sandbox)
        running.write(tmp_path, document, {"p.yml": POLICY.replace("source", "target")})
        monkeypatch.chdir(tmp_path)
        for name, secret in secrets.items():
            monkeypatch.setenv(name, secret)
        line = ["permissions", "--tenants", "config.yml", "--live"]
        assert main(line) == 0
        assert "preflight: 1 of 1 place can be read as the selected checks need" in capsys.readouterr().out
        client = next(iter(sandbox.state.tree["tenants"]["shared"]["clients"].values()))
        client["roles"] = ["User.Read.All"]
        assert main([*line, "--json"]) == 1
        [entry] = json.loads(capsys.readouterr().out)
        assert [each["permission"] for each in entry["live"]["missing"]] == ["Policy.Read.All"]
        assert {each.service for each in sandbox.state.log.entries} == {"login"}


@pytest.mark.parametrize(
    "config, policy, told",
    [
        (None, POLICY, "config.yml:1:1: cannot read the file"),
        ({"topology": "mesh"}, POLICY, "in a mesh every tenant has the role both"),
        ({}, POLICY.replace("undeclared", "undclared"), "p.yml:2:"),
    ],
    ids=["no config", "mistaken config", "mistaken policy"],
)
def test_a_mistake_is_told_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: running.Json,
    policy: str,
    told: str,
) -> None:
    if config is not None:
        running.write(tmp_path, running.config(**config), {"p.yml": policy})
    monkeypatch.chdir(tmp_path)
    assert main(["permissions", "--tenants", "config.yml"]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.startswith("xtcheck: ")
    assert printed.out == ""
