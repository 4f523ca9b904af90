"""``python -m xtcheck undo`` as a person starts it: what limits it, and what Ctrl-C leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gates.living import Living
from tests.plugin.running import python, unmeasured
from tests.remediation.acting import Acting
from tests.remediation.homes import home
from tests.remediation.test_crash import stall_at
from tests.remediation.test_taking_back import planned, stated
from xtcheck.commands.line import main
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome

POLICY = """
applies-to: {tenant: shared}
cross-tenant-access: {partners: {one: {trust-mfa: true}, two: {trust-mfa: true}}}
"""
UNDO = ("-m", "xtcheck", "undo", "run.jsonl", "--tenants=config.yml")


def drift(living: Living) -> None:
    tree = living.state()
    partners = "/tenants/shared/crossTenantAccessPolicy/partners"
    for alias in ("one", "two"):
        path = f"{partners}/{tree['tenants'][alias]['id']}/inboundTrust/isMfaAccepted"
        living.drift({"op": "replace", "path": path, "value": False})


@pytest.fixture(name="secrets")
def _secrets(act: Acting, tmp_path: Path) -> dict[str, str]:
    """A folder with the journal of a run that has changed both partners of a tenant."""
    secrets = home(tmp_path, act.living.connection, {"target.yml": POLICY}, "one", "two", "shared")
    drift(act.living)
    results, path = act.apply(planned(act, stated(POLICY)), tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED] * 2
    path.rename(tmp_path / "run.jsonl")
    act.living.forget_log()
    return secrets


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("xtcheck-journals/*"))


def test_taking_back_has_the_limits_of_a_run(act: Acting, secrets: dict[str, str], tmp_path: Path) -> None:
    config = json.loads((tmp_path / "config.yml").read_text(encoding="utf-8"))
    config["remediation"] |= {"most-share": "99%", "share-from": 2}
    (tmp_path / "config.yml").write_text(json.dumps(config), encoding="utf-8")
    both = "shared/partner.two, shared/partner.one"  # the last one first
    why = f"refused: 2 of 2 objects of shared ({both}), and config.yml allows 99%; "
    shown = python(tmp_path, *UNDO, "--plan", **secrets)
    assert (shown.code, f"would be {why}" in shown.text) == (1, True), shown.text
    ran = python(tmp_path, *UNDO, **secrets)
    assert ran.code == 1
    assert f"\n{why}" in ran.text
    assert journals(tmp_path) == []
    assert not any(entry["write"] for entry in act.living.log())


def test_what_is_waived_by_now_is_not_taken_back(act: Acting, secrets: dict[str, str], tmp_path: Path) -> None:
    waiver = "{reason: it stays for now, owner: identity team, until: 2099-12-31}"
    text = POLICY.replace("one: {trust-mfa: true}", f"one: {{trust-mfa: {{expect: true, waiver: {waiver}}}}}")
    (tmp_path / "policies" / "target.yml").write_text(text, encoding="utf-8")
    why = "refused: change shared/partner.one: it would change what is waived: shared/partner.one.trust-mfa; "
    shown = python(tmp_path, *UNDO, "--plan", **secrets)
    assert (shown.code, f"would be {why}" in shown.text) == (1, True), shown.text
    ran = python(tmp_path, *UNDO, **secrets)
    assert (ran.code, ran.text.count("refused: "), f"\n{why}" in ran.text) == (1, 1, True), ran.text
    assert journals(tmp_path) == []
    assert not any(entry["write"] for entry in act.living.log())


@pytest.mark.usefixtures("secrets")
def test_ctrl_c_before_anything_was_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xtcheck.engine.read_world", interrupted)
    assert main(UNDO[2:]) == 130
    assert capsys.readouterr().out == "interrupted: nothing was written\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interruption_tells_what_was_taken_back_and_where_the_journal_is(
    act: Acting, secrets: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    act.living.fault(*stall_at(2, done=False))
    counters = act.living.sandbox.state.log.counters
    with subprocess.Popen(
        [sys.executable, *UNDO], cwd=tmp_path, env={**unmeasured(), **secrets}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        end = time.monotonic() + 60
        while counters["writes"] < 2 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        [path] = journals(tmp_path)
        process.send_signal(number)
        text, _ = process.communicate(timeout=60)
    act.living.fault()
    made, cut = journal.read(path).entries
    assert (process.returncode, made.outcome, cut.outcome) == (130, Outcome.APPLIED, "")
    name = Path("xtcheck-journals", path.name)
    assert text.endswith(
        f"journal: {tmp_path / name}\n"
        f"applied: {made.change.name} (read back)\n"
        "interrupted: 1 of 2 changes ended\n"
        f"cut short: {cut.change.name} (it may have been done, or may still be)\n"
        f"the same command goes on; undo with {tmp_path / name} takes back what this one did\n"
    )

    ran = python(tmp_path, *UNDO, **secrets)
    assert (ran.code, f"is back: {made.change.target} is as it was\n" in ran.text) == (0, True), ran.text
