"""How safely each row is put right: every row says so, and what the services cannot write is left to people."""

from __future__ import annotations

import pytest

from tests.model.test_kinds import each_row, row_id
from tests.model.test_values import parsed
from xtcheck.kinds import rows
from xtcheck.kinds.access import PARTNER
from xtcheck.kinds.mending import CREATES, less, mending, tightening
from xtcheck.model import Call, Each, Grade, Json, Kind, Safety, Setting
from xtcheck.permissions import chain
from xtcheck.policy.places import place_of
from xtcheck.values import Text

SAFE, UNSAFE, MANUAL = Safety
PEOPLE = {"list_users", "list_groups", "list_group_memberships", "list_group_memberships_for_member"}
"""The operations that show users, groups and memberships of an identity store: nothing of these is ever written."""

NO_API = {
    # Graph: PATCH /organization knows neither of these (organization-update).
    "tenant.display-name",
    "tenant.country",
    "tenant.initial-domain",
    "tenant.guest-billing",
    "tenant.entra-id-licence",
    "tenant.licensed-units",
    "synchronization.licences",
    # Set by the service, or refused to an app (crosstenantaccesspolicyconfigurationpartner-update).
    "cross-tenant-access.partners.<partner>.service-provider",
    "cross-tenant-access.partners.<partner>.in-multitenant-organization",
    "cross-tenant-access.partners.<partner>.group-sync-inbound",
    "cross-tenant-access.multitenant-organization",
    # The service's own (synchronization-synchronizationschedule).
    "synchronization.interval",
    "enterprise-app.interval",
    "synchronization.health",
    "enterprise-app.health",
    # An organization instance, its Region, its owner and its identity source are the console's (sso-admin).
    "identity-center.status",
    "identity-center.primary-region",
    "identity-center.owner-account",
    "identity-center.identity-source",
}
"""The rows that no public API writes, by the reference pages of both clouds and not by our tables."""

DIRECTIONS = {
    "tenant.guest-invitations": ("none", "everyone"),
    "cross-tenant-access.default.trust-mfa": ("false", "true"),
    "cross-tenant-access.default.b2b-direct-connect-inbound": (
        "{users-and-groups: {blocked: [AllUsers]}, applications: {blocked: [AllApplications]}}",
        "{users-and-groups: {allowed: [AllUsers]}, applications: {blocked: [Office365]}}",
    ),
    "cross-tenant-access.default.tenant-restrictions": (
        "{users-and-groups: {blocked: [AllUsers]}, applications: {allowed: [Office365]}}",
        "{users-and-groups: {allowed: [AllUsers]}, applications: {allowed: [AllApplications]}}",
    ),
    "cross-tenant-access.partners.<partner>.state": ("present", "absent"),
    "cross-tenant-access.partners.<partner>.trust-mfa": ("false", "inherit"),
    "cross-tenant-access.partners.<partner>.automatic-redemption-inbound": ("inherit", "true"),
    "cross-tenant-access.partners.<partner>.user-sync-inbound": ("false", "true"),
    "cross-tenant-access.partners.<partner>.b2b-collaboration-inbound": (
        "{users-and-groups: {blocked: [AllUsers]}, applications: {blocked: [AllApplications]}}",
        "inherit",
    ),
    "synchronization.accidental-deletion-threshold": ("50", "500"),
    "enterprise-app.accidental-deletion-threshold": ("500", "off"),
    "enterprise-app.assignment-required": ("true", "false"),
    "identity-center.permission-sets.<permission-set>.session-duration": ("PT45M", "PT1H"),
    "identity-center.permission-sets.<permission-set>.permissions-boundary": ("/Boundary", "none"),
    "groups.<group>.state": ("present", "absent"),
}
"""Of some rows two values as a policy writes them: towards the first a change is safe, towards the second not."""


def place(kind: Kind, setting: Setting) -> str:
    return ".".join(place_of(kind, setting))


@each_row
def test_every_row_says_what_mending_it_takes(kind: Kind, setting: Setting) -> None:
    """Where it follows neither from the row nor from its kind, say ``mending`` in one of them."""
    assert str(mending(kind, setting))


def test_a_row_that_says_nothing_is_a_fault_of_the_table() -> None:
    kind = Kind("other", "other thing", home="tenant")
    with pytest.raises(LookupError, match="other key: say what mending it takes"):
        mending(kind, Setting("key", Text(), "Its doc."))


def test_what_no_api_writes_is_left_to_people() -> None:
    found = {place(kind, setting): mending(kind, setting).worst for kind, setting in rows()}
    assert set(found) >= NO_API
    assert {name for name in NO_API if found[name] is not MANUAL} == set()


def test_what_is_not_exact_is_never_written() -> None:
    concluded = [(kind, setting) for kind, setting in rows() if setting.grade is not Grade.EXACT]
    assert concluded
    assert {mending(*row).worst for row in concluded} == {MANUAL}


def test_what_is_by_hand_says_why_and_where() -> None:
    left = [(setting, found) for kind, setting in rows() if (found := mending(kind, setting)).worst is MANUAL]
    assert [setting.key for setting, found in left if found.safely or not found.why or not setting.remedy] == []


def test_people_of_an_identity_store_are_never_written() -> None:
    people = [row for row in rows() if _shown_by(row[0]) in PEOPLE]
    assert people
    assert {mending(*row).worst for row in people} == {MANUAL}


def _shown_by(kind: Kind) -> str:
    """The operation that shows an object of a kind of AWS."""
    nearest = next((link.source for link in chain(kind) if link.source is not None), None)
    call = nearest.call if isinstance(nearest, Each) else nearest
    return call.operation if isinstance(call, Call) else ""


DIRECTED = [row for row in rows() if mending(*row).safely is not None]


def test_the_examples_of_directions_are_rows_with_a_direction() -> None:
    assert set(DIRECTIONS) <= {place(*row) for row in DIRECTED}


@pytest.mark.parametrize(
    "kind, setting", [row for row in DIRECTED if place(*row) in DIRECTIONS], ids=row_id
)  # fmt: skip
def test_one_direction_is_safe_and_the_other_is_not(kind: Kind, setting: Setting) -> None:
    one, other = (alone(parsed(setting.type, text)) for text in DIRECTIONS[place(kind, setting)])
    found = mending(kind, setting)
    assert (found.safety(other, one), found.safety(one, other)) == (SAFE, UNSAFE)


def alone(value: Json) -> Json:
    """The value itself where a policy may state several."""
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize("kind, setting", DIRECTED, ids=row_id)
def test_a_value_that_nobody_understands_is_not_safely_replaced_by_another(kind: Kind, setting: Setting) -> None:
    assert mending(kind, setting).safety("one thing", "something else") is UNSAFE


# --- the words themselves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after, safety",
    [
        ("none", "some", UNSAFE),
        ("most", "some", SAFE),
        ("all", "a list", SAFE),
        ("a list", "none", SAFE),
        ("a list", "some", UNSAFE),
        ("some", "a list", UNSAFE),
        ("none", "a list", UNSAFE),
        ("a list", "another", UNSAFE),
        ("some", "some", SAFE),
    ],
)
def test_what_is_not_on_a_scale_is_somewhere_between_its_ends(before: str, after: str, safety: Safety) -> None:
    assert tightening("none", "some", "most", "all").safety(before, after) is safety


@pytest.mark.parametrize("before, after, safety", [("none", "b", SAFE), ("b", "none", UNSAFE), ("b", "c", UNSAFE)])
def test_a_scale_may_have_no_tightest_end(before: str, after: str, safety: Safety) -> None:
    assert tightening(..., "none").safety(before, after) is safety


def test_what_cannot_be_measured_is_not_safely_less() -> None:
    length = less(lambda value: float(value) if value.isdecimal() else None, "the shorter, the tighter")
    assert [length.safety("3", "2"), length.safety("2", "3"), length.safety("3", "x"), length.safety("x", "3")] == [
        SAFE, UNSAFE, UNSAFE, UNSAFE,
    ]  # fmt: skip


def test_several_changes_are_as_safe_as_the_worst_of_them() -> None:
    assert max(SAFE, MANUAL, UNSAFE) is MANUAL
    assert max(SAFE, SAFE) is SAFE
    assert sorted([MANUAL, SAFE, UNSAFE]) == [SAFE, UNSAFE, MANUAL]
    assert SAFE <= UNSAFE < MANUAL
    assert MANUAL >= UNSAFE > SAFE


def test_creating_is_safe_and_deleting_is_not() -> None:
    assert str(mending(PARTNER, PARTNER.settings[0])) == "safe when it creates, unsafe when it deletes"
    assert (CREATES.safety("absent", "present"), CREATES.safety("present", "absent")) == (SAFE, UNSAFE)
