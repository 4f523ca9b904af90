"""kill -9 at any write of a run: the next run finishes, nothing exists twice, and the journals tell the truth."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT
from tests.forked import Process, begin
from tests.gates.living import Living
from tests.remediation.building import Building, building
from tests.remediation.homes import home
from tests.remediation.wrongs import collections, named, populations
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome
from xtcheck.sandbox import Sandbox

Json = Any

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

POLICIES = {
    "target.yml": """
applies-to: {role: target}
cross-tenant-access:
  partners:
    one: {state: present, trust-mfa: true, automatic-redemption-inbound: true, user-sync-inbound: true}
    two: {trust-mfa: true}
groups:
  DevOps – Shared Tenant:
    {state: present, membership: dynamic, membership-rule: (user.department -eq "DevOps"), processing: on}
""",
    "aws.yml": """
applies-to: {aws: main}
identity-center:
  permission-sets:
    ReadOnlyAccess: {state: present, session-duration: PT1H, inline-policy: none, tags: {}, provisioned: everywhere}
  accounts:
    "444455556666":
      assignments: [{group: DevOps – Shared Tenant, permission-set: ReadOnlyAccess}]
""",
}
EVERYTHING = ("--tenants=config.yml", "--remediate-unsafe", "-q")


def drift(living: Living) -> None:
    """Of each form of write one: made, made within that, made without a unique name, changed, taken out, put in."""
    tree = living.state()
    shared, center = tree["tenants"]["shared"], tree["aws"]["main"]
    one, two = (tree["tenants"][alias]["id"] for alias in ("one", "two"))
    [group] = [id_ for id_, group in shared["groups"].items() if group["displayName"].startswith("DevOps")]
    [arn] = center["permissionSets"]
    access, sets = "/tenants/shared/crossTenantAccessPolicy", f"/aws/main/permissionSets/{arn.replace('/', '~1')}"
    living.drift(
        {"op": "remove", "path": f"{access}/identitySynchronization/{one}"},
        {"op": "remove", "path": f"{access}/partners/{one}"},
        {"op": "replace", "path": f"{access}/partners/{two}/inboundTrust/isMfaAccepted", "value": False},
        {"op": "remove", "path": f"/tenants/shared/groups/{group}"},
        {"op": "replace", "path": f"{sets}/document/SessionDuration", "value": "PT8H"},
        {"op": "replace", "path": f"{sets}/inlinePolicy", "value": '{"Version": "2012-10-17", "Statement": []}'},
        {"op": "replace", "path": f"{sets}/tags", "value": [{"Key": "owner", "Value": "nobody"}]},
    )


WRITES = 8
"""How many it takes to put that right: five of objects, two of lists, and provisioning."""


def killed_at(sandbox: Sandbox, run: Process, number: int) -> bool:
    """Kill it at the write of this number, which is carried out by then, or never will be; False: it ended before."""
    counters = sandbox.state.log.counters
    died = run.wait_until(lambda: counters["writes"] >= number)
    run.kill()
    return died


def stall_at(number: int, *, done: bool) -> list[Json]:
    """The faults by which the write of this number is not answered any more."""
    before = [{"match": {"write": True}, "do": {"delay": 0}, "times": number - 1}] if number > 1 else []
    silent = {"stall": True, **({"lost": True} if done else {})}
    return [*before, {"match": {"write": True}, "do": silent}]


def tell_the_truth(living: Living, paths: list[Path], asked: list[Json]) -> None:
    """Everything that was sent is in the journals, under its id; what they call made has been asked for, and done."""
    accounts = [journal.read(path) for path in paths]
    assert [account.whole for account in accounts] == [False, *[True] * (len(accounts) - 1)]
    sent = {request for account in accounts for entry in account.entries for request in entry.requests}
    assert named(asked) <= sent
    first = accounts[0].entries
    assert [entry.outcome for entry in first] == [*[Outcome.APPLIED] * (len(first) - 1), ""]
    again = {entry.change.name for account in accounts[1:] for entry in account.entries}
    assert not again & {entry.change.name for entry in first[:-1]}


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
@pytest.mark.soak
def test_a_run_that_is_killed_at_any_write_is_finished_by_the_next(
    living: Living, tmp_path: Path, number: int, *, done: bool
) -> None:
    hold(living, tmp_path, number, done=done)


@pytest.mark.parametrize("number, done", [(WRITES, True)])
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next(
    living: Living, tmp_path: Path, number: int, *, done: bool
) -> None:
    hold(living, tmp_path, number, done=done)


def hold(living: Living, tmp_path: Path, number: int, *, done: bool) -> None:
    most = populations(living.state())
    secrets = home(tmp_path, living.connection, POLICIES, "one", "two", "shared", aws=True)
    environment = {**os.environ, **secrets}
    drift(living)
    living.forget_log()
    living.fault(*stall_at(number, done=done))
    run = begin(tmp_path, environment, *EVERYTHING)
    assert killed_at(living.sandbox, run, number), run.text
    living.fault()

    finished = begin(tmp_path, environment, *EVERYTHING)
    assert finished.end() == 0, finished.text
    assert populations(living.state()) <= most
    tell_the_truth(living, sorted((tmp_path / "xtcheck-journals").iterdir()), living.log())
    assert len({(entry["path"], json.dumps(entry["body"])) for entry in living.log() if entry["write"]}) == WRITES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interruption_at_a_write_ends_the_run_and_tells_what_was_made(
    living: Living, tmp_path: Path, number: signal.Signals
) -> None:
    secrets = home(tmp_path, living.connection, POLICIES, "one", "two", "shared", aws=True)
    drift(living)
    living.forget_log()
    living.fault(*stall_at(2, done=False))
    run = begin(tmp_path, {**os.environ, **secrets}, *EVERYTHING)
    counters = living.sandbox.state.log.counters
    assert run.wait_until(lambda: counters["writes"] >= 2)
    run.interrupt(number)
    assert run.end() == pytest.ExitCode.INTERRUPTED
    [path] = (tmp_path / "xtcheck-journals").iterdir()
    made, cut = journal.read(path).entries
    assert (made.outcome, cut.outcome) == (Outcome.APPLIED, "")
    summary = run.text.partition("= remediation =")[2]
    assert f"applied: 1 change\n  {made.change.name} (read back)\n" in summary
    assert f"  {cut.change.name} (the run ended before; the journal tells what was begun)\n" in summary
    assert f"journal: {Path('xtcheck-journals', path.name)}\n" in summary


# --- the scenario from nothing --------------------------------------------------------------------------------------

SHARED_ONLY = ("--xt-tenant=shared",)
"""What `make test` builds: the shared tenant's part."""


def twice(tree: Json) -> list[str]:
    """What is in a collection a second time, by its name or by what it says."""
    found = []
    for path, items in collections(tree):
        names = [str(plain(item)) for item in items]
        found += [f"{path}: {name}" for name in sorted({name for name in names if names.count(name) > 1})]
    return found


def plain(item: Json) -> Json:
    """What tells a thing from the others of its collection, but for ids and times."""
    if not isinstance(item, dict):
        return item
    named = item.get("displayName") or item.get("Name")
    return named or {name: item[name] for name in sorted(item) if name not in ("id", "createdDateTime", "CreatedDate")}


def build(made: Building, *arguments: str) -> Process:
    return begin(made.folder, made.environment, *made.command("--remediate-unsafe", *arguments)[2:], at=ROOT)


def die(made: Building, number: int, *arguments: str, done: bool) -> None:
    """A run that is killed at this write of its own; nothing exists twice, and its journal knows what was sent."""
    state = made.sandbox.state
    state.log.clear()
    state.faults.put(stall_at(number, done=done))
    run = build(made, *arguments)
    assert killed_at(made.sandbox, run, number), run.text
    assert twice(state.tree) == []
    asked = named([{**entry.document(), "write": entry.write} for entry in state.log.entries])
    account = journal.read(made.journals[-1])
    assert asked <= {id_ for entry in account.entries for id_ in entry.requests}
    assert not account.whole
    assert account.entries[-1].outcome == "", "what was under way is not called made"


def came_out(made: Building, *arguments: str) -> Json:
    """The rest, undisturbed; then nothing more is to be done. How much there is of everything in the end.

    What a killed run may have created, and nobody sees, is made again when its windows have passed, and not before.
    """
    made.sandbox.state.faults.put([])
    run = build(made, *arguments)
    run.end()
    if "an earlier run has sent it" in run.text:
        assert twice(made.sandbox.state.tree) == []
        for path in made.journals:
            os.utime(path, (0, 0))
        build(made, *arguments).end()
    made.sandbox.state.log.clear()
    build(made, *arguments).end()
    assert made.writes() == []
    assert twice(made.sandbox.state.tree) == []
    return populations(made.sandbox.state.tree)


def test_a_build_that_is_killed_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    with building(tmp_path) as made:
        for done in (False, True, False, True):
            die(made, 1, *SHARED_ONLY, done=done)
        assert len(made.sandbox.state.tree["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"]) == 2
        came_out(made, *SHARED_ONLY)


MIDDLE = 12
"""A write in the midst of the build, at which `make test` kills it; soak does at each."""


def test_a_build_that_is_killed_in_its_midst_is_finished_by_the_next(tmp_path: Path) -> None:
    with building(tmp_path) as made:
        die(made, MIDDLE, done=True)
        made.sandbox.state.faults.put([])
        before = len(made.writes())
        build(made).end()
        assert len(made.writes()) >= FROM_NOTHING - MIDDLE + before
        assert twice(made.sandbox.state.tree) == []
        cut, last = map(journal.read, made.journals)
        made_before = {entry.change.name for entry in cut.entries[:-1]}
        assert not made_before & {entry.change.name for entry in last.entries if entry.outcome == Outcome.APPLIED}
        assert {entry.outcome for entry in last.entries} == {Outcome.APPLIED}


FROM_NOTHING = 30
"""How many writes it takes at least to build all that an API can build."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What a build that nobody disturbs comes to."""
    with building(tmp_path_factory.mktemp("whole")) as made:
        build(made).end()
        assert len(made.writes()) >= FROM_NOTHING
        return came_out(made)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(1, FROM_NOTHING + 1))
def test_a_build_that_is_killed_at_any_write_comes_to_the_same_end(whole: Json, tmp_path: Path, number: int) -> None:
    """Killed before it is carried out; the next run, at the same one, when it has been; the third is left alone."""
    with building(tmp_path) as made:
        die(made, number, done=False)
        die(made, 1, done=True)
        assert came_out(made) == whole


# --- its third act --------------------------------------------------------------------------------------------------

THIRD_ACT = ("secrets", "start", "CreateAccountAssignment")
"""What it writes: the endpoint and the token of SCIM, the start of its job, and who may go into which account."""


@dataclass(frozen=True)
class TwoActs:
    """What an API can build is built, and a person has done the rest; ``end`` is what the third act comes to."""

    made: Building
    end: Json


@pytest.fixture(scope="module")
def two_acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoActs]:
    with building(tmp_path_factory.mktemp("acts")) as made:
        build(made).end()
        made.finish_by_hand()
        made.sandbox.state.snapshot()
        made.sandbox.state.log.clear()
        build(made).end()
        assert [each.rpartition("/")[2].split(" ")[-1] for each in made.writes()] == list(THIRD_ACT)
        end = came_out(made)
        made.sandbox.state.restore()
        yield TwoActs(made, end)


@pytest.mark.soak
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, len(THIRD_ACT) + 1), ids=THIRD_ACT)
def test_a_third_act_that_is_killed_at_any_write_comes_to_the_same_end(
    two_acts: TwoActs, number: int, *, done: bool
) -> None:
    made, known = two_acts.made, len(two_acts.made.journals)
    die(made, number, done=done)
    end = came_out(made)
    made.sandbox.state.restore()
    assert end == two_acts.end
    cut, *rest = [journal.read(path).entries for path in made.journals[known:]]
    assert len(cut) == number
    assert [entry.outcome for entries in rest for entry in entries] == [Outcome.APPLIED] * sum(map(len, rest))
    assert not {entry.change.name for entry in cut[:-1]} & {entry.change.name for entries in rest for entry in entries}
