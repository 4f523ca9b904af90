"""In which role somebody is assigned: by Default Access, or a role that nobody can have, nobody is provisioned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.evidence import verdict
from tests.rows.center import ROLE
from xtcheck.kinds.app_roles import NO_ROLE
from xtcheck.model import Judgement, Verdict

Json = Any

LINK = "applies-to: {link: {from: one}}\nsynchronization: {assigned: %s}"
AWS = "applies-to: aws\nenterprise-app: {assigned: %s}"
COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN
OFF = {**ROLE, "id": "off", "displayName": "Old", "isEnabled": False}
DAEMON = {**ROLE, "id": "daemon", "displayName": "Daemon", "allowedMemberTypes": ["Application"]}
ROLES = [ROLE, OFF, DAEMON]


def given(role: str, *, kind: str = "Group", id_: str = "g", name: str = "DevOps") -> Json:
    return {"principalType": kind, "principalId": id_, "principalDisplayName": name, "appRoleId": role}


def judged(statement: str, *assignments: Json, roles: Json = ROLES) -> list[Judgement]:
    """The verdicts on both apps."""
    app = {"id": "sp", "appId": "a", "displayName": "App", "appRoles": roles}
    documents = {"servicePrincipals?": [app], "appRoleAssignedTo": list(assignments)}
    return [verdict(text % statement, documents) for text in (LINK, AWS)]


@pytest.mark.parametrize(
    "role, how",
    [
        (NO_ROLE, "in the role Default Access, by which nobody is provisioned"),
        ("off", "in the role Old, which is disabled, so that nobody is provisioned"),
        ("daemon", "in the role Daemon, which is for applications, so that nobody is provisioned"),
        ("gone", "in a role that the app does not have (gone), by which nobody is provisioned"),
    ],
)
def test_a_role_by_which_nobody_is_provisioned_is_named(role: str, how: str) -> None:
    for stated in ("{groups: [DevOps]}", "{includes: {groups: [DevOps]}}"):
        for found in judged(stated, given(role)):
            assert (found.verdict, found.differences) == (DRIFT, (f"groups: DevOps is assigned only {how}",))
            assert "is added once more, in the role " in found.remedy
    for found in judged("{groups: [], users: []}", given(role)):
        assert (found.verdict, found.differences) == (DRIFT, (f"groups undeclared: DevOps ({how})",))


@pytest.mark.parametrize("roles", [[NO_ROLE, "r"], ["r", NO_ROLE], ["R"], ["r", "off"]])
def test_one_right_role_is_enough(roles: list[str]) -> None:
    assert [found.verdict for found in judged("{groups: [DevOps]}", *map(given, roles))] == [COMPLIANT] * 2


def test_each_principal_is_looked_at_by_itself() -> None:
    person = given(NO_ROLE, kind="User", id_="u", name="Sofia")
    for found in judged("{groups: [DevOps], users: [Sofia]}", given("r"), person):
        assert [line.partition(" is ")[0] for line in found.differences] == ["users: Sofia"]


def test_an_app_without_roles_has_no_other_than_default_access() -> None:
    assert [found.verdict for found in judged("{groups: [DevOps]}", given(NO_ROLE), roles=[])] == [COMPLIANT] * 2
    assert [found.verdict for found in judged("{groups: [DevOps]}", given("r"), roles=[])] == [DRIFT] * 2


@pytest.mark.parametrize("roles", [None, {}, "r", [None], [{"id": "r"}]])
def test_roles_that_are_not_shown_make_no_verdict(roles: Json) -> None:
    assert [found.verdict for found in judged("{groups: [DevOps]}", given("r"), roles=roles)] == [UNKNOWN] * 2


def test_an_assignment_without_a_role_is_not_understood() -> None:
    lacking = {name: value for name, value in given("r").items() if name != "appRoleId"}
    assert [found.verdict for found in judged("{groups: [DevOps]}", lacking)] == [UNKNOWN] * 2
