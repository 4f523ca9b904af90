"""Since when something differs: by the audit log and by an earlier world, what may go by itself and what will not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.documents.estates import checks, estate
from tests.model.evidence import NOW, failed, told
from tests.rows import arrived
from tests.rows.arrived import ONE, Chain, added, changed, person, removed, synced
from tests.rows.test_rule_members import COLUMNS, SOFIA, STATED, SUCCEEDED, group, member, user
from xtcheck.judge import judge
from xtcheck.kinds.audits import TOLD, Updates
from xtcheck.model import Json, Judgement, Verdict
from xtcheck.reader import read
from xtcheck.sandbox import drift
from xtcheck.sandbox.worlds import blog, names
from xtcheck.settling import Start
from xtcheck.tables import Table
from xtcheck.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USERS, GROUPS = "'Update%20user'", "'Update%20group'"
NIKKI = user("Nikki")


def event(identifier: str, ago: timedelta, *names: str, **more: Json) -> Json:
    """An update of an object, as Graph tells it; of some properties, or of nobody says which."""
    own = [{"displayName": name, "oldValue": "[]", "newValue": '["x"]'} for name in names]
    beside = {"displayName": "TargetId.UserType", "oldValue": None, "newValue": '"Member"'}
    target = {"id": identifier, "modifiedProperties": [*own, beside]}
    return {"activityDateTime": stamp(NOW - ago), "result": "success", "targetResources": [target], **more}


def stamp(moment: datetime) -> str:
    """A time as the log writes it, with seven digits of a second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def page(*events: Json, more: bool = False) -> Json:
    return {"value": list(events), **({"@odata.nextLink": "https://graph/next"} if more else {})}


# --- what a page tells ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events, names, start",
    [
        ([], {"department"}, Start(None, NOW - 7 * DAY)),
        ([event("u", HOUR, "Department")], {"department"}, Start(NOW - HOUR, NOW - HOUR)),
        ([event("U", HOUR, "Mobile")], {"mobilePhone", "mobile"}, Start(NOW - HOUR, NOW - HOUR)),
        ([event("u", DAY, "City"), event("u", HOUR, "City")], {"city"}, Start(NOW - HOUR, NOW - HOUR)),
        ([event("u", HOUR, "JobTitle"), event("v", HOUR, "Department")], {"department"}, Start(None, NOW - 7 * DAY)),
        ([event("u", HOUR, "Department", result="failure")], {"department"}, Start(None, NOW - 7 * DAY)),
        # What is not said, or by a name that nobody knows, may be this.
        ([event("u", HOUR)], {"department"}, Start()),
        ([event("u", HOUR, "Dept")], {"department"}, Start()),
        ([event("u", HOUR), event("u", DAY, "Department")], {"department"}, Start(NOW - DAY)),
        # Licences, managers and the like have activities of their own.
        ([], {"department", "assignedPlans"}, Start()),
    ],
)
def test_a_page_tells_of_the_last_change_or_of_none(events: list[Json], names: set[str], start: Start) -> None:
    found = Updates(page(*events), NOW).start("u", names)
    assert (found.earliest, found.latest) == (start.earliest, start.latest)


def test_a_page_that_is_not_the_last_tells_of_the_time_since_its_oldest_event() -> None:
    found = Updates(page(event("v", 2 * DAY, "City"), event("v", HOUR, "City"), more=True), NOW)
    assert found.start("u", {"city"}).latest == NOW - 2 * DAY
    assert Updates(page(more=True), NOW).start("u", {"city"}) == Start()


def test_the_list_of_names_stands_in_where_no_property_has_an_entry() -> None:
    listed = {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"City, Department"'}
    told_so = {**event("u", HOUR), "targetResources": [{"id": "u", "modifiedProperties": [listed]}]}
    assert Updates(page(told_so), NOW).start("u", {"department"}).earliest == NOW - HOUR


@pytest.mark.parametrize("found", [None, {}, {"value": 1}, {"value": [{}]}, page({**event("u", HOUR), "result": []}),
                                   page({**event("u", HOUR), "activityDateTime": "soon"})])  # fmt: skip
def test_what_was_not_read_or_is_not_understood_tells_nothing(found: Json) -> None:
    assert Updates(found, NOW).start("u", {"department"}).earliest is None
    assert found is None or Updates(found, NOW).start("v", {"department"}).latest in (None, NOW - 7 * DAY)


def test_names_are_compared_in_small_letters() -> None:
    assert {name.lower() for name in TOLD} == TOLD


# --- a dynamic group ------------------------------------------------------------------------------------------------


def seen(
    folder: Path,
    members: list[Json],
    *,
    users: Json = None,
    groups: Json = None,
    people: list[Json] | None = None,
    before: Mapping[str, Json] | None = None,
    ago: timedelta = HOUR,
    stated: str = "as-rule",
) -> Judgement:
    """The verdict on a group of these members, by what the log tells, and by the members of a world before."""

    def documents(of: list[Json], name: str) -> dict[str, Json]:
        everybody = Table.of([SOFIA, NIKKI] if people is None else people, COLUMNS, folder / name)
        return {
            "beta:": SUCCEEDED, "/members": of, "/groups?": [group()], "/users?": everybody,
            USERS: failed() if users is None else users, GROUPS: failed() if groups is None else groups,
        }  # fmt: skip

    [check] = checks(STATED % stated, of=estate())
    refs = {**check.refs, **check.context}
    world = told(documents(members, "now"), refs)
    if before is not None:
        world.before = told({**documents([], "before"), **before}, refs, NOW - ago)
    return judge(check, world)


def test_somebody_whose_department_changed_an_hour_ago_is_pending(tmp_path: Path) -> None:
    found = seen(tmp_path, [member("Sofia")], users=page(event("nikki", HOUR, "Department")))
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "23 h of that are left (Nikki)" in found.reason


def test_another_property_s_change_excuses_nobody(tmp_path: Path) -> None:
    found = seen(tmp_path, [member("Sofia")], users=page(event("nikki", HOUR, "JobTitle")), groups=page())
    assert (found.verdict, found.differences[0]) == (Verdict.DRIFT, "missing: Nikki")
    assert found.differences[-1].startswith("not settling: a dynamic group follows")


def test_after_a_change_of_the_rule_everybody_is_pending(tmp_path: Path) -> None:
    found = seen(tmp_path, [], groups=page(event("g", 2 * HOUR, "MembershipRule")))
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "22 h of that are left (Nikki, Sofia)" in found.reason


def test_a_declared_time_caps_what_the_log_excuses(tmp_path: Path) -> None:
    log = page(event("nikki", HOUR, "Department"))
    found = seen(tmp_path, [member("Sofia")], users=log, groups=page(), stated="{expect: as-rule, settle: PT30M}")
    assert found.verdict is Verdict.DRIFT
    assert "not settling" in found.differences[-1]
    assert "within 30 min, and its last change, by the audit log, is longer ago" in found.differences[-1]


@pytest.mark.parametrize(
    "logs", [{}, {"users": page()}, {"groups": page()}, {"users": page(more=True), "groups": page()}]
)
def test_only_both_logs_together_tell_that_nothing_is_settling(tmp_path: Path, logs: dict[str, Json]) -> None:
    found = seen(tmp_path, [member("Sofia")], **logs)
    assert (found.verdict, found.differences[-1].partition(":")[0]) == (Verdict.DRIFT, "may be settling")


def test_what_an_earlier_world_shows_too_is_settling_only_within_the_window(tmp_path: Path) -> None:
    lacking = {"/members": [member("Sofia")]}
    found = seen(tmp_path, [member("Sofia")], before=lacking, ago=2 * DAY)
    assert (found.verdict, found.differences[-1].partition(":")[0]) == (Verdict.DRIFT, "not settling")
    assert "it was so at 2026-11-22 12:00 UTC, in the world before" in found.differences[-1]
    (tmp_path / "again").mkdir()
    found = seen(tmp_path / "again", [member("Sofia")], before=lacking, ago=HOUR)
    assert found.differences[-1].startswith("may be settling")


def test_what_an_earlier_world_does_not_show_began_after_it(tmp_path: Path) -> None:
    both = {"/members": [member("Sofia"), member("Nikki")]}
    found = seen(tmp_path, [member("Sofia")], before=both)
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True)
    assert "23 h of that are left (Nikki)" in found.reason


def test_somebody_who_was_pending_then_is_no_longer_when_the_time_is_over(tmp_path: Path) -> None:
    fresh = user("Nikki", createdDateTime=(NOW - 25 * HOUR).isoformat())
    found = seen(
        tmp_path, [member("Sofia")], people=[SOFIA, fresh], before={"/members": [member("Sofia")]}, ago=24 * HOUR
    )
    assert found.verdict is Verdict.DRIFT
    assert "in the world before" in found.differences[-1]


@pytest.mark.parametrize("before", [{"/members": failed()}, {"/groups?": []}, {"/groups?": [group(groupTypes=[])]},
                                    {"/groups?": [group("not a rule")]}])  # fmt: skip
def test_an_earlier_world_that_did_not_see_it_tells_nothing(tmp_path: Path, before: dict[str, Json]) -> None:
    found = seen(tmp_path, [member("Sofia")], before={"/members": [], **before}, ago=2 * DAY)
    assert found.differences[-1].startswith("may be settling")


def test_who_differed_otherwise_then_is_not_known(tmp_path: Path) -> None:
    then = user("Pat", "Finance")
    found = seen(
        tmp_path, [member("Sofia"), member("Nikki")], people=[SOFIA, NIKKI, user("Pat")], ago=2 * DAY,
        before={"/members": [member("Sofia"), member("Nikki"), member("Pat")],
                "/users?": Table.of([SOFIA, NIKKI, then], COLUMNS, tmp_path / "then")},
    )  # fmt: skip
    assert found.differences[0] == "missing: Pat"
    assert found.differences[-1].startswith("may be settling")


# --- what a job carries, in the sandbox -----------------------------------------------------------------------------

LINK = "applies-to: {link: {from: one}}\nsynchronization: {synced-users: as-mapped}"
PEOPLE = "applies-to: aws\nidentity-center: {people: {attributes: as-mapped}}"
SOFIA_HERE, SOFIA_THERE = person(ONE, "Sofia Martinez"), synced(ONE, "Sofia Martinez")
LEAD = changed("one", "users", SOFIA_HERE, "jobTitle", "Lead")
OFF = changed("one", "users", SOFIA_HERE, "accountEnabled", value=False)


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with arrived.chain() as made:
        yield made


def logged(chain: Chain, tenant: str, identifier: str, ago: timedelta, *names: str) -> Json:
    """An update in a tenant's audit log."""
    moment = chain.state.clock.now() - ago
    made = event(identifier, ago, *names, activityDisplayName="Update user", id="e", activityDateTime=stamp(moment))
    return added(made, "tenants", tenant, "directoryAudits", "e")


@pytest.mark.parametrize(
    "change, name, said",
    [
        (
            LEAD,
            "JobTitle",
            'jobTitle is "DevOps Engineer", the mapping yields "Lead"; pending: a cycle carries a change',
        ),
        (OFF, "AccountEnabled", "enabled; pending: a cycle carries a change"),
    ],
)
def test_what_changed_in_the_source_minutes_ago_is_pending(
    chain: Chain, tmp_path: Path, change: Json, name: str, said: str
) -> None:
    ten = timedelta(minutes=10)
    [found] = chain.judged(LINK, tmp_path, change, logged(chain, "one", SOFIA_HERE, ten, name)).values()
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True), found
    assert said in found.reason
    assert "40 min of that are left" in found.reason
    [found] = chain.judged(LINK, tmp_path, change, logged(chain, "one", SOFIA_HERE, HOUR, name)).values()
    assert (found.verdict, found.differences[-1].partition(":")[0]) == (Verdict.DRIFT, "may be settling")


def test_a_change_that_only_the_target_has_is_excused_by_no_other(chain: Chain, tmp_path: Path) -> None:
    there = changed("shared", "users", SOFIA_THERE, "department", "Sales")
    log = logged(chain, "one", SOFIA_HERE, timedelta(minutes=10), "JobTitle")
    [found] = chain.judged(LINK, tmp_path, there, log).values()
    assert found.verdict is Verdict.DRIFT


def test_what_changed_in_the_tenant_that_aws_trusts_is_pending_there(chain: Chain, tmp_path: Path) -> None:
    change = changed("shared", "users", SOFIA_THERE, "department", "Sales")
    log = logged(chain, "shared", SOFIA_THERE, timedelta(minutes=10), "Department")
    [found] = chain.judged(PEOPLE, tmp_path, change, log).values()
    assert (found.verdict, found.pending) == (Verdict.UNKNOWN, True), found
    assert "40 min of that are left" in found.reason


DIFFERENT = [changed("shared", "users", SOFIA_THERE, "department", "Sales")]
EARLIER = {
    "the same": (DIFFERENT, "not settling"),
    "another value": ([changed("shared", "users", SOFIA_THERE, "department", "HR")], "may be settling"),
    "another attribute": ([changed("shared", "users", SOFIA_THERE, "city", "Rome")], "pending"),
    "nothing": ([], "pending"),
    "missing": ([removed("tenants", "shared", "users", SOFIA_THERE)], "may be settling"),
}


@pytest.mark.parametrize("how", EARLIER)
def test_an_earlier_world_tells_since_when_a_value_differs(chain: Chain, tmp_path: Path, how: str) -> None:
    then, said = EARLIER[how]
    [check] = chain.checks(LINK, tmp_path)

    def world(operations: list[Json]) -> World:
        drift.apply(chain.state, operations)
        try:
            return chain.run(read(check.wanted, chain.clients.answer))
        finally:
            chain.state.restore()

    now, before = world(DIFFERENT), world(then)
    before.now = now.now - (2 * HOUR if said == "not settling" else timedelta(minutes=20))
    now.before = before
    found = judge(check, now)
    assert (found.verdict is Verdict.UNKNOWN) is found.pending is (said == "pending"), found
    assert said in (found.reason if found.pending else found.differences[-1])


def test_a_job_that_is_not_well_carries_nothing_that_would_be_pending(chain: Chain, tmp_path: Path) -> None:
    job = names.object_id(ONE, "principal", blog.SYNC_APP)
    ill = changed("one", "synchronization", job, "jobs/templateId=Azure2Azure/status/code", "Quarantine")
    ill["path"] = ill["path"].replace("~1", "/")
    log = logged(chain, "one", SOFIA_HERE, timedelta(minutes=10), "JobTitle")
    [found] = chain.judged(LINK, tmp_path, LEAD, log, ill).values()
    assert found.verdict is Verdict.DRIFT
    assert "no cycle puts this right" in found.differences[-1]
