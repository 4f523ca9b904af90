"""The rule of a dynamic group and its members, read from the sandbox after each way in which they can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.documents.estates import checks
from tests.gates import scenario
from xtcheck.clients import Clients
from xtcheck.config import overlay
from xtcheck.judge import judge
from xtcheck.model import Judgement, Verdict
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox, drift
from xtcheck.sandbox.graph import audits
from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.worlds import blog, names

Json = Any

SHARED = names.TENANTS["shared"]
DEVOPS = names.object_id(SHARED, "group", blog.DEVOPS)
GROUP, MEMBERS, USERS = (f"/tenants/shared/{part}" for part in (f"groups/{DEVOPS}", f"members/{DEVOPS}", "users"))


def synced(alias: str, name: str) -> str:
    source = names.TENANTS[alias]
    return names.synced_id(SHARED, source, names.object_id(source, "user", name))


SOFIA, NIKKI, PAT = (synced("one", name) for name in ("Sofia Martinez", "Nikki Wolf", "Pat Candella"))
MARY, CARLOS = synced("two", "Mary Major"), synced("two", "Carlos Salazar")
STATED = f"""
applies-to: {{role: target}}
groups:
  {blog.DEVOPS}:
    membership-rule: {blog.RULE}
    members: %s
"""


def replaced(path: str, value: Json) -> Json:
    return {"op": "replace", "path": path, "value": value}


class Looking:
    """A sandbox, and clients of it, for one question after the other."""

    def __init__(self, sandbox: Sandbox, runner: asyncio.Runner) -> None:
        self.sandbox, self._runner = sandbox, runner
        self.config = overlay(scenario.config(), sandbox.connection)
        self.clients = Clients(self.config.connections)

    def judged(self, stated: str = "as-rule") -> dict[str, Judgement]:
        """What comes of the rule and of the members, by the last word of their names."""
        asked = checks(STATED % stated, of=self.config.estate)
        world = self._runner.run(read([ref for check in asked for ref in check.wanted], self.clients.answer))
        return {check.statement.rpartition(".")[2]: judge(check, world) for check in asked}

    def drift(self, *operations: Json) -> None:
        drift.apply(self.sandbox.state, list(operations))

    def ago(self, hours: int) -> str:
        return stamp(self.sandbox.state.clock.now() - timedelta(hours=hours))

    def close(self) -> None:
        self._runner.run(self.clients.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def running() -> Iterator[Looking]:
    with Sandbox("blog") as sandbox, asyncio.Runner() as runner:
        found = Looking(sandbox, runner)
        found.judged()  # any request lets the engines plan when they run next
        sandbox.state.snapshot()
        yield found
        found.close()


@pytest.fixture
def blog_world(running: Looking) -> Iterator[Looking]:
    yield running
    running.sandbox.state.restore()


def test_all_is_well_in_the_scenario(blog_world: Looking) -> None:
    found = blog_world.judged()
    assert {name: judgement.verdict for name, judgement in found.items()} == {
        "membership-rule": Verdict.COMPLIANT, "as-rule": Verdict.COMPLIANT,
    }  # fmt: skip
    assert found["as-rule"].observed == "3 members: all as the rule selects"


def test_a_member_is_missing_and_another_is_extra(blog_world: Looking) -> None:
    blog_world.drift(replaced(MEMBERS, [SOFIA, PAT, MARY]))
    found = blog_world.judged()["as-rule"]
    assert (found.verdict, found.observed) == (Verdict.DRIFT, "3 members: 1 missing, 1 extra")
    assert [line for line in found.differences if line.startswith(("missing", "extra"))] == [
        "missing: Nikki Wolf|AnyOrganizationOne", "extra: Pat Candella|AnyOrganizationOne",
    ]  # fmt: skip
    assert found.differences[-1].startswith("not settling: a dynamic group follows")
    assert found.differences[-1].endswith(
        "the audit log, which may be minutes behind, shows no change within that time"
    )


def test_somebody_came_an_hour_ago_and_is_not_in_yet(blog_world: Looking) -> None:
    blog_world.drift(replaced(MEMBERS, [SOFIA, MARY]), replaced(f"{USERS}/{NIKKI}/createdDateTime", blog_world.ago(1)))
    found = blog_world.judged()["as-rule"]
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "23 h of that are left (Nikki Wolf|AnyOrganizationOne)" in found.reason
    assert blog_world.judged("{expect: as-rule, settle: PT30M}")["as-rule"].verdict is Verdict.DRIFT


def test_the_service_is_still_at_it(blog_world: Looking) -> None:
    status = {"status": "Running", "lastMembershipUpdated": blog_world.ago(100), "errorMessage": None}
    blog_world.drift(replaced(MEMBERS, [SOFIA, MARY]), replaced(f"{GROUP}/membershipRuleProcessingStatus", status))
    found = blog_world.judged()["as-rule"]
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "it is at it now" in found.reason


def test_the_rule_is_another_and_the_members_are_still_the_old_ones(blog_world: Looking) -> None:
    blog_world.drift(replaced(f"{GROUP}/membershipRule", f'{blog.RULE} or (user.department -eq "Finance")'))
    found = blog_world.judged()
    assert found["membership-rule"].differences[0] == (
        'a user with department "finance" is selected by the group\'s rule alone'
    )
    assert found["as-rule"].differences[0] == "missing: Pat Candella|AnyOrganizationOne"


def test_the_rule_is_written_otherwise(blog_world: Looking) -> None:
    blog_world.drift(replaced(f"{GROUP}/membershipRule", "user.department in ['devops']"))
    assert {judgement.verdict for judgement in blog_world.judged().values()} == {Verdict.COMPLIANT}


@pytest.mark.parametrize(
    "rule, said",
    [
        ('device.deviceOSType -eq "Windows"', "selects devices"),
        ("(user.department -eq “DevOps”)", "cannot be read: line 1, column 22: the typographic quotation mark"),
        ('user.department -match "(?<a-b>x)"', "whether the rule selects"),
    ],
)
def test_a_rule_that_is_none_of_users_or_in_doubt_is_unknown(blog_world: Looking, rule: str, said: str) -> None:
    blog_world.drift(replaced(f"{GROUP}/membershipRule", rule))
    found = blog_world.judged()["as-rule"]
    assert found.verdict is Verdict.UNKNOWN
    assert said in found.reason


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("membershipRuleProcessingState", "Paused", "processing is paused: the service does not follow the rule"),
        ("membershipRuleProcessingStatus", {"status": "Failed", "lastMembershipUpdated": None, "errorMessage": "ill"},
         "the service could not process the rule: ill"),
    ],
)  # fmt: skip
def test_what_the_service_does_not_follow_is_never_pending(
    blog_world: Looking, field: str, value: Json, said: str
) -> None:
    blog_world.drift(
        replaced(MEMBERS, [SOFIA, MARY]),
        replaced(f"{USERS}/{NIKKI}/createdDateTime", blog_world.ago(1)),
        replaced(f"{GROUP}/{field}", value),
    )
    found = blog_world.judged()["as-rule"]
    assert (found.verdict, found.differences[-1]) == (Verdict.DRIFT, said)


def test_somebody_has_changed_the_rule_and_the_audit_log_tells_when(blog_world: Looking) -> None:
    state = blog_world.sandbox.state
    tenant = state.tree["tenants"]["shared"]
    before = audits.taken(tenant)
    blog_world.drift(replaced(f"{GROUP}/membershipRule", f'{blog.RULE} or (user.department -eq "Finance")'))
    tenant = state.tree["tenants"]["shared"]
    audits.record(tenant, before, state.clock.now() - timedelta(hours=2), audits.by_app("somebody"))
    found = blog_world.judged()["as-rule"]
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "22 h of that are left (Pat Candella|AnyOrganizationOne)" in found.reason


def test_the_rule_asks_for_other_groups_and_is_frozen(blog_world: Looking) -> None:
    blog_world.drift(replaced(f"{GROUP}/membershipRule", "user.memberof -any (group.objectId -in ['1'])"))
    found = blog_world.judged()["as-rule"]
    assert found.verdict is Verdict.UNKNOWN
    assert "has not evaluated since 3 November 2026" in found.reason
    assert not [request for request in found.evidence if request.operation.startswith("/users?")]


def test_somebody_has_no_department_and_the_rule_is_negative(blog_world: Looking) -> None:
    blog_world.drift(
        replaced(f"{GROUP}/membershipRule", 'user.department -ne "IT" -and user.userPrincipalName -contains "#EXT#"'),
        replaced(MEMBERS, [SOFIA, NIKKI, MARY, CARLOS]),
        replaced(f"{USERS}/{PAT}/department", None),
    )
    found = blog_world.judged()["as-rule"]
    assert found.verdict is Verdict.UNKNOWN
    assert "whether the rule selects Pat Candella|AnyOrganizationOne (A-08" in found.reason
    settled = "{as-rule: {semantics: {null-negative: false}}}"
    assert blog_world.judged(settled)["as-rule"].verdict is Verdict.COMPLIANT


def test_direct_reports_are_read_of_their_manager_alone(blog_world: Looking) -> None:
    blog_world.drift(
        replaced(f"{GROUP}/membershipRule", f'Direct Reports for "{SOFIA}"'),
        *({"op": "add", "path": f"/tenants/shared/managers/{user}", "value": SOFIA} for user in (NIKKI, PAT)),
        replaced(MEMBERS, [NIKKI, SOFIA]),
    )
    found = blog_world.judged()["as-rule"]
    assert found.differences[:2] == (
        "missing: Pat Candella|AnyOrganizationOne", f"Pat Candella|AnyOrganizationOne is selected: reports to {SOFIA}",
    )  # fmt: skip
    assert not [request for request in found.evidence if request.operation.startswith("/users?")]


def test_the_group_is_no_longer_dynamic(blog_world: Looking) -> None:
    blog_world.drift(replaced(f"{GROUP}/groupTypes", []))
    assert blog_world.judged()["as-rule"].observed == "assigned one by one"
