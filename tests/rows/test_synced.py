"""Synchronized users: compliant, and broken in each way, in the sandbox; and what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rows import arrived
from tests.rows.arrived import (
    ONE,
    TWO,
    Chain,
    added,
    changed,
    constant,
    filtered,
    function,
    mapped,
    of_users,
    person,
    removed,
    synced,
)
from xtcheck.model import Grade, Json, Judgement, Verdict
from xtcheck.sandbox.state import stamp
from xtcheck.sandbox.worlds import blog, names

LINK = "applies-to: {link: {from: %s}}\nsynchronization: {synced-users: %s}"
SOFIA, NIKKI, JORGE = "sofia@anyorganizationone.com", "nikki@anyorganizationone.com", "jorge@anyorganizationone.com"
HERE = "sofia_anyorganizationone.com#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com"
SOFIA_THERE, NIKKI_THERE = synced(ONE, "Sofia Martinez"), synced(ONE, "Nikki Wolf")
SOFIA_HERE = person(ONE, "Sofia Martinez")
GROUP = names.object_id(ONE, "group", blog.AWS_USERS)
MAILBOX = [{"assignedDateTime": None, "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": "x"}]
NO_LOG = changed("one", "subscribedSkus", "capabilityStatus=Enabled", "capabilityStatus", "Suspended")
"""Without a premium licence nobody may read the provisioning log."""


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with arrived.chain() as made:
        yield made


def there(field: str, value: Json, user: str = SOFIA_THERE) -> Json:
    return changed("shared", "users", user, field, value)


def here(field: str, value: Json, user: str = SOFIA_HERE) -> Json:
    return changed("one", "users", user, field, value)


def found(chain: Chain, folder: Path, *operations: Json, source: str = "one", stated: str = "as-mapped") -> Judgement:
    [judgement] = chain.judged(LINK % (source, stated), folder, *operations).values()
    return judgement


@pytest.mark.parametrize("source, grade", [("one", Grade.EXACT), ("two", Grade.INFERRED)])
def test_in_the_good_world_everybody_has_arrived(chain: Chain, tmp_path: Path, source: str, grade: Grade) -> None:
    """Tenant two does not let its scope be read, so that it is taken to be those who are assigned."""
    judgement = found(chain, tmp_path, source=source)
    assert (judgement.verdict, judgement.grade) == (Verdict.COMPLIANT, grade), judgement


def test_without_the_log_people_are_found_by_their_addresses_which_is_inferred(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, NO_LOG)
    assert (judgement.verdict, judgement.grade) == (Verdict.COMPLIANT, Grade.INFERRED)
    assert "by address" in judgement.observed


BROKEN = {
    "missing": [removed("tenants", "shared", "users", SOFIA_THERE)],
    "another value": [there("department", "Sales")],
    "the source changed": [here("jobTitle", "Lead")],
    "no value": [there("city", None)],
    "the expression": [there("displayName", "Sofia Martinez")],
    "not shown in address lists": [there("showInAddressList", value=False)],
    "another mail": [there("mail", "sofia@elsewhere.example")],
    "disabled there": [there("accountEnabled", value=False)],
    "disabled here": [here("accountEnabled", value=False)],
    "left the group": [removed("tenants", "one", "members", GROUP, "0")],
    "left the source": [
        removed("tenants", "one", "users", SOFIA_HERE),
        removed("tenants", "one", "members", GROUP, "0"),
    ],
    "filtered": [
        filtered("one", ONE, blog.SYNC_APP, {
            "groups": [{"name": "f", "clauses": [{
                "sourceOperandName": "jobTitle", "operatorName": "NOT EQUALS",
                "targetOperand": {"values": ["DevOps Engineer"]},
            }]}],
            "inputFilterGroups": [], "categoryFilterGroups": [],
        })
    ],
    "user type": [*mapped("one", ONE, blog.SYNC_APP, "userType", flowType="Always"), there("userType", "Guest")],
}  # fmt: skip
LINES = {
    "missing": [f"missing (1, in scope, and not in the target): {SOFIA}"],
    "another value": [f'{SOFIA}: department is "Sales", the mapping yields "DevOps"'],
    "the source changed": [f'{SOFIA}: jobTitle is "DevOps Engineer", the mapping yields "Lead"'],
    "no value": [f'{SOFIA}: city is empty, the mapping yields "Seattle"'],
    "the expression": [
        f'{SOFIA}: displayName is "Sofia Martinez", the mapping yields "Sofia Martinez|AnyOrganizationOne"'
    ],
    "not shown in address lists": [f'{SOFIA}: showInAddressList is "False", the mapping yields "True"'],
    "another mail": [f'{SOFIA}: mail is "sofia@elsewhere.example", the mapping yields "{SOFIA}"'],
    "disabled there": [f"disabled (1, disabled in the target, enabled in the source): {SOFIA}"],
    "disabled here": [f"enabled (1, enabled in the target, disabled in the source): {SOFIA}"],
    "left the group": [f"leftovers (1, out of scope, and still in the target): {HERE}"],
    "left the source": [f"orphans (1, made by this job, and nobody's of the source): {HERE}"],
    "filtered": [f"leftovers (1, out of scope, and still in the target): {HERE}"],
    "user type": [f'{SOFIA}: userType is "Guest", the mapping yields "Member"'],
}


@pytest.mark.parametrize("how", BROKEN)
def test_each_way_of_differing_is_told_apart_with_its_people(chain: Chain, tmp_path: Path, how: str) -> None:
    judgement = found(chain, tmp_path, *BROKEN[how])
    assert judgement.verdict is Verdict.DRIFT, judgement
    assert list(judgement.differences[:1]) == LINES[how]
    assert judgement.grade is Grade.EXACT


@pytest.mark.parametrize("how", ["missing", "another value", "left the group", "left the source"])
def test_without_the_log_the_same_is_inferred(chain: Chain, tmp_path: Path, how: str) -> None:
    judgement = found(chain, tmp_path, *BROKEN[how], NO_LOG)
    assert (judgement.verdict, judgement.grade) == (Verdict.DRIFT, Grade.INFERRED)
    assert list(judgement.differences[:1]) == LINES[how]


def test_the_record_has_everybody(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, there("department", "Sales"), removed("tenants", "shared", "users", NIKKI_THERE))
    people = {part: [one["name"] for one in several] for part, several in judgement.people.items() if several}
    assert people == {"missing": [NIKKI], "different": [SOFIA]}


def test_a_value_that_differs_may_be_settling(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, there("department", "Sales"))
    assert any(
        line.startswith("may be settling: a cycle carries a change within 50 min") for line in judgement.differences
    )


def test_settle_none_lets_nothing_be_excused(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, there("department", "Sales"), stated="{expect: as-mapped, settle: PT0S}")
    assert not any("settling" in line for line in judgement.differences)


def test_while_the_job_is_not_well_nothing_is_settling(chain: Chain, tmp_path: Path) -> None:
    job = names.object_id(ONE, "principal", blog.SYNC_APP)
    off = changed("one", "synchronization", job, "jobs/templateId=Azure2Azure/status/code", "Quarantine")
    off["path"] = off["path"].replace("~1", "/")
    judgement = found(chain, tmp_path, there("department", "Sales"), off)
    assert any("no cycle puts this right" in line for line in judgement.differences)


def flows(texts: str) -> Json:
    """The mapping of users does only this."""
    return of_users("one", ONE, blog.SYNC_APP, "flowTypes", texts)


@pytest.mark.parametrize(
    "how, texts, action",
    [
        ("missing", "Update, Delete", "create"),
        ("another value", "Add,Delete", "update"),
        ("disabled there", "Add,Delete", "update"),
        ("left the group", "Add,Update", "delete"),
        ("left the source", "Add,Update", "delete"),
    ],
)
def test_what_the_mapping_does_not_do_is_never_settling(
    chain: Chain, tmp_path: Path, how: str, texts: str, action: str
) -> None:
    before = found(chain, tmp_path, *BROKEN[how])
    assert not any("no cycle puts this right" in line for line in before.differences)
    judgement = found(chain, tmp_path, *BROKEN[how], flows(texts))
    assert judgement.verdict is Verdict.DRIFT
    assert f"no cycle puts this right while the mapping does not {action} (see mapping-actions)" in (
        judgement.differences
    )


def test_who_has_just_come_never_arrives_where_nobody_is_created(chain: Chain, tmp_path: Path) -> None:
    came = here("createdDateTime", stamp(chain.state.clock.now() - timedelta(minutes=5)))
    gone = removed("tenants", "shared", "users", SOFIA_THERE)
    assert found(chain, tmp_path, came, gone).verdict is Verdict.UNKNOWN
    assert found(chain, tmp_path, came, gone, flows("Update")).verdict is Verdict.DRIFT


@pytest.mark.parametrize(
    "operation, note",
    [
        (flows("Add,Update"), "the mapping does not delete (see mapping-actions)"),
        (flows("None"), "the mapping does not create or update or delete (see mapping-actions)"),
        (of_users("one", ONE, blog.SYNC_APP, "enabled", value=False), "the mapping is off (see mapping-enabled)"),
    ],
)
def test_where_everybody_has_arrived_it_is_said_what_the_mapping_leaves_undone(
    chain: Chain, tmp_path: Path, operation: Json, note: str
) -> None:
    judgement = found(chain, tmp_path, operation)
    assert judgement.verdict is Verdict.COMPLIANT
    assert judgement.observed.endswith(f"; {note}")


def test_a_job_that_has_expired_carries_nothing(chain: Chain, tmp_path: Path) -> None:
    job = names.object_id(ONE, "principal", blog.SYNC_APP)
    path = "jobs/templateId=Azure2Azure/schedule/expiration"
    off = changed("one", "synchronization", job, path, "2020-01-01T00:00:00Z")
    off["path"] = off["path"].replace("~1", "/")
    judgement = found(chain, tmp_path, there("department", "Sales"), off)
    assert "no cycle puts this right while the job is off: expired (see provisioning)" in judgement.differences


NOT_FAILED = {
    "letter case": ([there("city", "SEATTLE")], "in letter case alone"),
    "on creation only": ([there("userType", "Guest")], "on creation only"),
    "mail of a mailbox": ([there("mail", "s@x.example"), there("assignedPlans", MAILBOX)], "with a mailbox"),
    "list of a mailbox": (
        [there("showInAddressList", value=False), there("assignedPlans", MAILBOX)], "with a mailbox",
    ),
    "not shown": ([there("showInAddressList", None)], "not shown"),
    "null": ([there("streetAddress", "Main Street 1")], "as-mapped"),
    "disabled before": (
        [here("accountEnabled", value=False), removed("tenants", "shared", "users", SOFIA_THERE)], "never made",
    ),
    "external": ([here("userPrincipalName", "sofia_x.example#EXT#@one.example"),
                  removed("tenants", "shared", "users", SOFIA_THERE)], "as-mapped"),
    "internal guest": ([here("userType", "Guest"), removed("tenants", "shared", "users", SOFIA_THERE)], "as-mapped"),
    "none": ([*mapped("one", ONE, blog.SYNC_APP, "city", source=None), there("city", "Berlin")], "as-mapped"),
    "left alone": ([
        added("true", "tenants", "one", "synchronization", names.object_id(ONE, "principal", blog.SYNC_APP), "secrets",
              "SkipOutOfScopeDeletions"),
        removed("tenants", "one", "members", GROUP, "0"),
    ], "1 out of scope are there"),
    "if empty": ([*mapped("one", ONE, blog.SYNC_APP, "city", flowType="AttributeAddOnly"), there("city", "Berlin")],
                 "as-mapped"),
    "guest of another organization": ([added({
        "id": "77777777-0000-4000-8000-000000000001", "userPrincipalName": "eve_elsewhere.example#EXT#@shared.example",
        "accountEnabled": True, "userType": "Member", "mail": "eve@elsewhere.example", "displayName": "Eve",
    }, "tenants", "shared", "users", "77777777-0000-4000-8000-000000000001")], "as-mapped"),
}  # fmt: skip


@pytest.mark.parametrize("how", NOT_FAILED)
def test_what_the_service_is_documented_not_to_write_is_no_drift(chain: Chain, tmp_path: Path, how: str) -> None:
    operations, words = NOT_FAILED[how]
    judgement = found(chain, tmp_path, *operations)
    assert judgement.verdict is Verdict.COMPLIANT, judgement
    assert words in judgement.observed


def enabled(operator: str, *values: str) -> Json:
    clause = {"sourceOperandName": "accountEnabled", "operatorName": operator,
              "targetOperand": {"values": list(values)}}  # fmt: skip
    return filtered("one", ONE, blog.SYNC_APP, {"groups": [{"name": "f", "clauses": [clause]}]})


@pytest.mark.parametrize("clause", [enabled("IS TRUE"), enabled("EQUALS", "True"), enabled("NOT EQUALS", "False")])
def test_whom_a_filter_lets_in_by_a_boolean_lacks(chain: Chain, tmp_path: Path, clause: Json) -> None:
    judgement = found(chain, tmp_path, clause, *BROKEN["missing"])
    assert list(judgement.differences[:1]) == LINES["missing"]


def test_whom_filters_leave_out_is_said(chain: Chain, tmp_path: Path) -> None:
    gone = [removed("tenants", "shared", "users", synced(ONE, name))
            for name in ("Sofia Martinez", "Nikki Wolf", "Pat Candella")]  # fmt: skip
    judgement = found(chain, tmp_path, enabled("EQUALS", "False"), *gone)
    assert judgement.verdict is Verdict.COMPLIANT
    assert "0 people" in judgement.observed
    assert "the scoping filters leave out 3 of 3 assigned" in judgement.observed


# --- what is not known ----------------------------------------------------------------------------------------------

COMPANY = [
    *mapped("one", ONE, blog.SYNC_APP, "city", source=function('Append([employeeType], "x")')),
    here("employeeType", "7", person(ONE, "Nikki Wolf")),
    here("employeeType", "8", person(ONE, "Pat Candella")),
    *(there("city", text, synced(ONE, name)) for name, text in (("Nikki Wolf", "7x"), ("Pat Candella", "8x"))),
]
"""An expression that says nothing documented of somebody who has no employee type."""


def test_whose_value_hangs_on_an_open_point_is_unknown_by_name(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, *COMPANY)
    assert judgement.verdict is Verdict.UNKNOWN
    assert f"not known: {SOFIA}: city hangs on B-02" in judgement.reason


@pytest.mark.parametrize("reading, verdict", [("propagate", Verdict.COMPLIANT), ("empty", Verdict.DRIFT)])
def test_a_policy_may_settle_it(chain: Chain, tmp_path: Path, reading: str, verdict: Verdict) -> None:
    stated = f"{{as-mapped: {{semantics: {{null-argument: {reading}}}}}}}"
    assert found(chain, tmp_path, *COMPANY, stated=stated).verdict is verdict


def test_a_policy_may_except_somebody(chain: Chain, tmp_path: Path) -> None:
    stated = f"{{as-mapped: {{except: [{SOFIA}]}}}}"
    assert found(chain, tmp_path, *COMPANY, stated=stated).verdict is Verdict.COMPLIANT
    assert found(chain, tmp_path, there("city", "Berlin"), stated=stated).verdict is Verdict.COMPLIANT


def test_who_has_just_come_may_still_arrive(chain: Chain, tmp_path: Path) -> None:
    now = stamp(chain.state.clock.now() - timedelta(minutes=5))
    judgement = found(chain, tmp_path, removed("tenants", "shared", "users", SOFIA_THERE), here("createdDateTime", now))
    assert (judgement.verdict, judgement.pending) == (Verdict.UNKNOWN, True)
    assert f"pending: {SOFIA}" in judgement.reason
    assert "45 min of that are left" in judgement.reason


def test_who_cannot_be_told_apart_is_unknown_without_the_log(chain: Chain, tmp_path: Path) -> None:
    twin = [here("mail", NIKKI), here("mail", NIKKI, person(ONE, "Nikki Wolf")),
            removed("tenants", "shared", "users", SOFIA_THERE)]  # fmt: skip
    judgement = found(chain, tmp_path, *twin, NO_LOG)
    assert judgement.verdict is Verdict.UNKNOWN
    assert "several share an address" in judgement.reason


@pytest.mark.parametrize(
    "operations, cause",
    [
        (mapped("one", ONE, blog.SYNC_APP, "city", flowType="Sometimes"), "flowType of city is 'Sometimes'"),
        (mapped("one", ONE, blog.SYNC_APP, "city", source=function("Append([city]")), "cannot be read"),
        (mapped("one", ONE, blog.SYNC_APP, "city", source=function('Append([netId], "x")')), "netId, which no"),
        (
            [filtered("one", ONE, blog.SYNC_APP, {"groups": [{"name": "f", "clauses": [{
                "sourceOperandName": "city", "operatorName": "&", "targetOperand": {"values": ["1"]}}]}]})],
            "whether the scoping filters let him in is not known",
        ),
    ],
)  # fmt: skip
def test_what_is_not_understood_never_passes(chain: Chain, tmp_path: Path, operations: list[Json], cause: str) -> None:
    judgement = found(chain, tmp_path, *operations)
    assert judgement.verdict is Verdict.UNKNOWN, judgement
    assert cause in judgement.reason


def test_a_constant_is_the_same_for_everybody(chain: Chain, tmp_path: Path) -> None:
    judgement = found(chain, tmp_path, *mapped("one", ONE, blog.SYNC_APP, "city", source=constant("Berlin")))
    assert sum('city is "Seattle"' in line for line in judgement.differences) == 3


def test_with_the_scope_of_everybody_who_is_not_assigned_lacks_too(chain: Chain, tmp_path: Path) -> None:
    job = names.object_id(ONE, "principal", blog.SYNC_APP)
    everybody = changed("one", "synchronization", job, "secrets", {"SyncAll": "true"})
    everybody["path"] += "/SyncAll"
    everybody["value"] = "true"
    judgement = found(chain, tmp_path, everybody)
    assert judgement.differences[0] == f"missing (1, in scope, and not in the target): {JORGE}"


def test_other_tenants_people_are_none_of_a_links(chain: Chain, tmp_path: Path) -> None:
    mary = synced(TWO, "Mary Major")
    assert found(chain, tmp_path, removed("tenants", "shared", "users", mary)).verdict is Verdict.COMPLIANT
    assert found(chain, tmp_path, removed("tenants", "shared", "users", mary), source="two").verdict is Verdict.DRIFT
