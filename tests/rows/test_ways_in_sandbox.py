"""The ways into accounts, read from the sandbox by the clients as they are: an entitlement, and a delegate's view."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.plugin import running
from xtcheck import config, policy
from xtcheck.clients import Clients
from xtcheck.judge import judge
from xtcheck.model import Judgement, Verdict
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox

Json = Any

MANAGEMENT, WORK = "111122223333", "444455556666"
APPLICATION = f"arn:aws:account-access:us-east-1:{MANAGEMENT}:application/aam-0123456789abcdef"
INSTANCE = "arn:aws:sso:::instance/ssoins-7223f1a2b3c4d5e6"
DEVOPS = "9067f1a2b3-6bc79c9c-88bd-5c0e-b0bb-2c38514adab9"
MOMENT = "2026-08-01T12:00:00Z"
POLICY = f"""
applies-to: aws
identity-center:
  management-account-permission-sets: []
  accounts:
    "{MANAGEMENT}": {{entitlements: [], people: {{}}, assignments: []}}
    "{WORK}": {{entitlements: []}}
  access:
    sofia@anyorganizationone.com: {{accounts: ["{WORK}"], "{WORK}": [ReadOnlyAccess], "{MANAGEMENT}": []}}
"""


def added(part: str, key: str, value: Json) -> Json:
    return {"op": "add", "path": f"/aws/main/{part}/{key.replace('/', '~1')}", "value": value}


def entitled(role: str) -> list[Json]:
    """An application of account access manager, and an entitlement of the DevOps group to a role."""
    source = {"identityCenter": {"instanceArn": INSTANCE}}
    application = {"identitySource": source, "status": "ACTIVE", "createdAt": MOMENT, "updatedAt": MOMENT}
    summary = {"principal": {"identityCenter": {"groupId": DEVOPS}}, "roleArn": role, "account": role.split(":")[4]}
    entitlement = {
        "applicationArn": APPLICATION, "entitlementId": "ent-1", "entitlement": {"principalRole": summary},
        "createdAt": MOMENT,
    }  # fmt: skip
    return [
        added("accountAccess/applications", APPLICATION, application),
        added("accountAccess/entitlements", "ent-1", entitlement),
    ]


def judged(folder: Path, sandbox: Sandbox, account: str = MANAGEMENT, *, text: str = POLICY) -> Mapping[str, Judgement]:
    """What a policy comes to for the credentials of an account, by statement."""
    running.write(folder, running.config(), {"aws.yml": text})
    declared = (folder / "config.yml").read_text(encoding="utf-8").replace(f'"{MANAGEMENT}"', f'"{account}"')
    (folder / "config.yml").write_text(declared, encoding="utf-8")
    loaded = config.overlay(config.load(folder / "config.yml"), sandbox.connection)
    policies = policy.load([(folder / "policies/aws.yml", "aws.yml")], loaded.estate)
    checks = [check for several in policies.checks.values() for check in several]
    assert not policies.mistakes

    async def world() -> Any:
        async with Clients(loaded.connections) as clients:
            return await read([ref for check in checks for ref in check.wanted], clients.answer)

    found = asyncio.run(world())
    return {check.statement: judge(check, found) for check in checks}


def test_an_entitlement_is_a_way_in_that_no_assignment_shows(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{MANAGEMENT}:role/Operator"
    with Sandbox("blog", drift=entitled(role)) as sandbox:
        found = judged(tmp_path, sandbox)
    lines = {statement: judgement.differences for statement, judgement in found.items() if judgement.differences}
    held = found.keys() - lines
    through = "entitled through group DevOps – Shared Tenant"
    assert lines.pop(f"account.{MANAGEMENT}.people") == tuple(
        f"undeclared: {name}@anyorganization{of}.com by role/Operator, {through}"
        for name, of in (("sofia", "one"), ("nikki", "one"), ("mary", "two"))
    )
    assert lines == {
        f"account.{MANAGEMENT}.entitlements": (f"undeclared: group DevOps – Shared Tenant, role {role}",),
        "access.sofia@anyorganizationone.com.accounts": (f"undeclared: {MANAGEMENT} (role/Operator, {through})",),
        f"access.sofia@anyorganizationone.com.{MANAGEMENT}": (f"undeclared: role/Operator ({through})",),
    }
    assert {found[statement].verdict for statement in held} == {Verdict.COMPLIANT}


@pytest.fixture
def delegate() -> Any:
    """The world as a delegated administrator sees it who is refused what the management account holds."""
    sandbox = Sandbox("blog")
    aws = sandbox.state.tree["aws"]["main"]
    caller, _ = aws["callers"].values()
    aws["account"] = caller["account"] = WORK
    aws["delegatedAdministrators"].append({"Id": WORK})
    match = {"service": "sso-admin", "path": "ListPermissionSetsProvisionedToAccount"}
    sandbox.state.faults.put([{"match": match, "do": {"status": 400, "code": "AccessDeniedException"}}])
    with sandbox:
        yield sandbox


def test_what_a_delegate_is_refused_or_not_shown_is_unknown_with_the_way_to_see_it(
    tmp_path: Path, delegate: Sandbox
) -> None:
    found = judged(tmp_path, delegate, WORK)
    assert {judgement.verdict for judgement in found.values()} == {Verdict.UNKNOWN}
    refused = found[f"account.{MANAGEMENT}.assignments"]
    assert refused.reason.startswith("sso:ListPermissionSetsProvisionedToAccount is denied: AccessDeniedException")
    assert refused.remedy.startswith(f"declare account {MANAGEMENT}, the management account, with a credential")
    assert found["identity-center.management-account-permission-sets"].remedy == refused.remedy
    delegate.state.faults.put([])
    unseen = judged(tmp_path, delegate, WORK)[f"account.{WORK}.entitlements"]
    assert unseen.reason.startswith(f"no application of account access manager is shown to account {WORK}")
    assert f"delegate account-access.amazonaws.com to {WORK}" in unseen.remedy


def test_of_an_account_that_does_not_exist_nothing_is_compliant(tmp_path: Path) -> None:
    gone = "123456789012"
    stated = (
        "{assignments: [], people: {}, entitlements: [], direct-user-assignments: forbidden, orphaned-assignments: "
        "forbidden, provisioned-without-assignment: forbidden}"
    )
    text = f"""
applies-to: aws
identity-center:
  accounts: {{"{gone}": {stated}}}
  access: {{sofia@anyorganizationone.com: {{"{gone}": []}}}}
"""
    with Sandbox("blog") as sandbox:
        found = judged(tmp_path, sandbox, text=text)
    assert len(found) == 7
    assert {judgement.verdict for judgement in found.values()} == {Verdict.UNKNOWN}
    assert f"Could not find an account with ID {gone}" in found[f"account.{gone}.entitlements"].reason
