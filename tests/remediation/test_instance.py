"""What belongs to an Identity Center instance is written as a whole or by item, and what is not says why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as checks_of
from tests.gates import scenario
from tests.gates.places import INSTANCE
from tests.remediation.acting import Acting
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.guard import Known, refusals

Json = Any

WHERE = f"/aws/main/instances/{INSTANCE.replace('/', '~1')}"
WORKLOADS, MANAGEMENT = "444455556666", "111122223333"
DEVOPS = "DevOps – Shared Tenant"


def stated(words: str) -> Sequence[Check]:
    return checks_of(f"applies-to: {{aws: main}}\nidentity-center: {{{words}}}", of=scenario.config().estate)


def planned(act: Acting, words: str) -> Plan:
    checks = stated(words)
    return act.plan(act.reading(checks), Safety.UNSAFE, checks)


def left(act: Acting, words: str) -> list[str]:
    plan = planned(act, words)
    assert plan.changes == ()
    return [each.why for each in plan.by_hand]


def mended(act: Acting, words: str, folder: Path) -> Path:
    results, path = act.apply(planned(act, words), folder)
    assert results
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    checks = stated(words)
    assert {judge(check, act.reading(checks)).verdict for check in checks} == {Verdict.COMPLIANT}
    return path


def center(act: Acting) -> Json:
    return act.living.state()["aws"]["main"]


def test_permission_sets_are_switched_on_for_good(act: Acting, tmp_path: Path) -> None:
    assert left(act, "permission-sets-enabled: false") == ["AWS switches permission sets on, and never off again"]
    act.living.drift({"op": "replace", "path": f"{WHERE}/PermissionSetsEnabled", "value": False})
    path = mended(act, "permission-sets-enabled: true", tmp_path)
    found = act.undoing(path)
    assert (found.plan.changes, found.lost) == ((), ("aws-main/instance: the service never takes this back",))


def test_a_region_comes_and_goes_but_never_the_primary_one(act: Acting, tmp_path: Path) -> None:
    assert left(act, "regions: [eu-west-1]") == ["us-east-1 is the primary Region, in which the instance was enabled"]
    act.living.drift(
        {"op": "replace", "path": f"{WHERE}/EncryptionConfigurationDetails/KeyType", "value": "CUSTOMER_MANAGED_KEY"}
    )
    path = mended(act, "regions: [us-east-1, eu-west-1]", tmp_path)
    act.taken_back(path, tmp_path)
    assert [each["RegionName"] for each in center(act)["instances"][INSTANCE]["Regions"]] == ["us-east-1"]


def test_an_administrator_is_registered_by_id_after_the_other_one_is_gone(act: Acting, tmp_path: Path) -> None:
    assert left(act, "delegated-administrators: [Workloads]") == [
        "an account is registered by its id of twelve digits, and Workloads is a name"
    ]
    other = {**center(act)["accounts"][WORKLOADS], "Id": "777788889999", "Name": "Other"}
    act.living.drift(
        {"op": "add", "path": "/aws/main/accounts/777788889999", "value": other},
        {"op": "replace", "path": "/aws/main/delegatedAdministrators", "value": [other]},
    )
    path = mended(act, f'delegated-administrators: ["{WORKLOADS}"]', tmp_path)
    assert [each["Id"] for each in center(act)["delegatedAdministrators"]] == [WORKLOADS]
    act.taken_back(path, tmp_path)
    assert [each["Id"] for each in center(act)["delegatedAdministrators"]] == ["777788889999"]


def test_addresses_of_scim_are_written_only_where_endpoints_are_asked_for_and_the_rest_stays(
    act: Acting, tmp_path: Path
) -> None:
    assert left(act, "scim-allow-list: [203.0.113.0/24]") == [
        "SCIM is let in by address only where VPC endpoints are asked of everybody who calls"
    ]
    [store] = center(act)["identityStores"]
    had = {"VpceAccessRequired": True, "ApiAllowSourceIps": ["198.51.100.0/24"]}
    act.living.drift({"op": "add", "path": f"/aws/main/identityStores/{store}/networkConfiguration",
                      "value": {**had, "ScimAllowSourceIps": ["192.0.2.0/24"]}})  # fmt: skip
    path = mended(act, "scim-allow-list: [203.0.113.0/24]", tmp_path)
    kept = center(act)["identityStores"][store]["networkConfiguration"]
    assert kept == {**had, "ScimAllowSourceIps": ["203.0.113.0/24"]}
    act.taken_back(path, tmp_path)
    kept = center(act)["identityStores"][store]["networkConfiguration"]
    assert kept == {**had, "ScimAllowSourceIps": ["192.0.2.0/24"]}


def test_attributes_for_access_control_are_switched_on_and_off_again(act: Acting, tmp_path: Path) -> None:
    words = "access-control-attributes: [{key: team, source: '${path:enterprise.department}'}]"
    path = mended(act, words, tmp_path)
    assert list(center(act)["accessControlAttributes"]) == [INSTANCE]
    act.taken_back(path, tmp_path)
    assert center(act)["accessControlAttributes"] == {}


def entitled(who: str, account: str = WORKLOADS) -> str:
    return f'accounts: {{"{account}": {{entitlements: [{{{who}, role: role/Builder}}]}}}}'


def test_an_entitlement_is_made_for_who_is_named_and_taken_back(act: Acting, tmp_path: Path) -> None:
    assert left(act, entitled("group: Nobody")) == [
        "no groups of the identity store answer to Nobody; it follows Entra"
    ]
    path = mended(act, entitled(f"group: {DEVOPS}"), tmp_path)
    [made] = center(act)["accountAccess"]["entitlements"].values()
    assert made["entitlement"]["principalRole"]["roleArn"] == f"arn:aws:iam::{WORKLOADS}:role/Builder"
    act.taken_back(path, tmp_path)
    assert center(act)["accountAccess"]["entitlements"] == {}


def test_without_an_application_nothing_can_hold_an_entitlement(act: Acting) -> None:
    act.living.drift({"op": "replace", "path": "/aws/main/accountAccess/applications", "value": {}})
    assert left(act, entitled(f"group: {DEVOPS}")) == [
        "the instance has no application of account access manager: somebody must set it up"
    ]


@pytest.mark.parametrize(
    "words, who, why",
    [
        (entitled(f"group: {DEVOPS}", MANAGEMENT), "user/somebody", "it is the management account"),
        (entitled(f"group: {DEVOPS}"), "assumed-role/Builder/me", "it is what xtcheck itself signs in by"),
        (f'delegated-administrators: ["{WORKLOADS}"]', "user/me", "it is what xtcheck itself signs in by"),
    ],
)
def test_what_would_cut_or_widen_our_own_way_in_is_refused(act: Acting, words: str, who: str, why: str) -> None:
    checks = stated(words)
    world = act.reading(checks)
    plan = act.plan(world, Safety.UNSAFE, checks)
    entrance = Entrance("aws-main", f"arn:aws:sts::{WORKLOADS}:{who}")
    known = Known(checks, world, {"aws-main": entrance}, managed=act.managed(plan, world))
    found = refusals(plan, Remediation(Path("journals")), known)
    assert any(refusal.why.startswith(why) for refusal in found), found
