"""kill -9 at any write of a run: the next run finishes, nothing exists twice, and the journals tell the truth."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.gates.living import Living
from tests.remediation.forked import Run
from tests.remediation.homes import home
from tests.remediation.wrongs import named, populations
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome

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
ALL = ("--tenants=config.yml", "--remediate-unsafe", "-q")


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


def kill_at(living: Living, run: Run, number: int) -> None:
    """At the write of this number, which has just been carried out, or never will be."""
    counters = living.sandbox.state.log.counters
    assert run.wait_until(lambda: counters["writes"] >= number), run.text
    run.kill()


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
@pytest.mark.parametrize("number", [1, 2, 3, 6, WRITES])
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next(
    living: Living, tmp_path: Path, number: int, *, done: bool
) -> None:
    most = populations(living.state())
    secrets = home(tmp_path, living.connection, POLICIES, "one", "two", "shared", aws=True)
    environment = {**os.environ, **secrets}
    drift(living)
    living.forget_log()
    living.fault(*stall_at(number, done=done))
    kill_at(living, Run(tmp_path, environment, *ALL), number)
    living.fault()

    finished = Run(tmp_path, environment, *ALL)
    assert finished.end() == 0, finished.text
    assert populations(living.state()) <= most
    tell_the_truth(living, sorted((tmp_path / "xtcheck-journals").iterdir()), living.log())
    assert len({(entry["path"], json.dumps(entry["body"])) for entry in living.log() if entry["write"]}) == WRITES
