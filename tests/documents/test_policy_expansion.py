"""From documents to checks: whom a document means, what its keys and variables stand for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.estates import GUID, ONE, SHARED, TWO, checks, estate, load, names
from xtcheck import policy
from xtcheck.estate import Link
from xtcheck.model import Attestation, Severity, Waiver
from xtcheck.plugin.items import escaped

STATE = "\nsynchronization: {state: present}"
PARTNERS = "applies-to: {role: target}\ncross-tenant-access:\n  partners:\n    "
LINK = "applies-to: link\nsynchronization:\n  "
TWO_LINKS = ["one--shared/synchronization.state", "two--shared/synchronization.state"]


@pytest.mark.parametrize(
    "applies, subjects",
    [
        ("{role: source}", ["one", "two"]),
        ("{role: target}", ["shared"]),
        ("{tenant: two}", ["two"]),
        ("{tenant: [two, shared]}", ["two", "shared"]),
    ],
)
def test_a_document_means_tenants_by_role_or_alias(applies: str, subjects: list[str]) -> None:
    found = checks(f"applies-to: {applies}\ngroups: {{A: {{state: present}}}}")
    assert [check.scope.subject for check in found] == subjects


@pytest.mark.parametrize(
    "applies, found",
    [
        ("link", TWO_LINKS),
        ("{link: {from: two}}", TWO_LINKS[1:]),
        ("{link: {from: [two, one]}}", TWO_LINKS),
        ("{link: {to: shared}}", TWO_LINKS),
        ("{link: {from: one, to: shared}}", TWO_LINKS[:1]),
    ],
)
def test_a_document_means_links_by_their_ends(applies: str, found: list[str]) -> None:
    assert names(f"applies-to: {applies}{STATE}") == found


@pytest.mark.parametrize("applies", ["aws", "{aws: main}", "{aws: [main]}"])
def test_a_document_means_aws_entries(applies: str) -> None:
    assert names(f"applies-to: {applies}\nidentity-center: {{status: active}}") == ["aws-main/identity-center.status"]


def test_a_tenant_that_is_both_is_meant_by_either_role() -> None:
    both = estate(links=(Link("one", "shared"),))
    tenants = {alias: tenant for alias, tenant in both.tenants.items() if alias == "one"}
    object.__setattr__(tenants["one"], "role", "both")
    for role in ("source", "target"):
        assert "one/group.A.state" in names(f"applies-to: {{role: {role}}}\ngroups: {{A: {{state: present}}}}", of=both)


def test_explicit_links_are_the_only_ones() -> None:
    assert names(f"applies-to: link{STATE}", of=estate(links=(Link("two", "shared"),))) == TWO_LINKS[1:]


@pytest.mark.parametrize(
    "key, meant",
    [
        ("each-source", [("one", ONE), ("two", TWO)]),
        ("one", [("one", ONE)]),
        (TWO, [("two", TWO)]),
        (GUID, [(GUID.lower(), GUID.lower())]),
        ("${tenant.alias}${tenant.alias}", None),
    ],
)
def test_a_partner_is_named_by_word_alias_or_tenant_id(key: str, meant: list[tuple[str, str]] | None) -> None:
    policies = load(PARTNERS + f"{key}: {{state: present}}")
    found = [check.scope for several in policies.checks.values() for check in several]
    assert [(scope.labels["partner"], scope.slots["partner"]) for scope in found] == (meant or [])
    assert bool(policies.mistakes) == (meant is None)


def test_each_target_means_the_targets_of_the_links() -> None:
    text = "applies-to: {role: source}\ncross-tenant-access: {partners: {each-target: {state: present}}}"
    assert [check.scope.slots["partner"] for check in checks(text)] == [SHARED, SHARED]


def test_names_of_objects_keep_every_character() -> None:
    (check,) = checks("applies-to: {role: target}\ngroups: {'DevOps – Shared [1]::x': {state: present}}")
    assert check.refs["group"].key == "DevOps – Shared [1]::x"


def test_an_account_keeps_its_leading_zeros() -> None:
    text = "applies-to: aws\nidentity-center: {accounts: {001234567012: {assignments: []}}}"
    assert names(text) == ["aws-main/account.001234567012.assignments"]


@pytest.mark.parametrize(
    "variable, value",
    [
        ("source.alias", "one"), ("source.id", ONE), ("source.label", "AnyOrganizationOne"),
        ("target.alias", "shared"), ("target.id", SHARED), ("target.label", "Shared"),
    ],
)  # fmt: skip
def test_variables_of_a_link_are_its_ends(variable: str, value: str) -> None:
    first, _ = checks(LINK + f"target-tenant: ${{{variable}}}")
    assert first.expected == value


@pytest.mark.parametrize(
    "variable, value",
    [
        ("aws.alias", "main"), ("aws.account", "111122223333"), ("aws.region", "us-east-1"), ("tenant.alias", "shared"),
        ("aws.scim-issuer", "https://scim.aws.com/abc-123"),
    ],
)  # fmt: skip
def test_variables_of_an_aws_entry_are_its_own_and_its_tenants(variable: str, value: str) -> None:
    (check,) = checks(f"applies-to: aws\nidentity-center: {{primary-region: '${{{variable}}}'}}")
    assert check.expected == value


def test_a_variable_may_stand_inside_a_text_and_in_a_name() -> None:
    (check,) = checks("applies-to: {tenant: one}\ngroups: {'A ${tenant.label}': {description: 'x ${tenant.id} y'}}")
    assert (check.refs["group"].key, check.expected) == ("A AnyOrganizationOne", f"x {ONE} y")


def test_an_equal_statement_in_two_files_is_one_check_with_two_places() -> None:
    text = PARTNERS + "one: {trust-mfa: true}"
    (check,) = checks(text, text)
    assert [str(check.mark), *map(str, check.also)] == ["0.yml:4:22", "1.yml:4:22"]


def test_an_equal_statement_by_alias_and_by_word_is_one_check() -> None:
    (check, _) = checks(PARTNERS + f"each-source: {{state: present}}\n    {ONE}: {{state: present}}")
    assert [mark.line for mark in (check.mark, *check.also)] == [4, 5]


def counted(sources: int) -> dict[str, int]:
    """How many checks the project's own policies state, by file, when there are so many sources."""
    folder = Path(__file__).resolve().parents[2] / "policies"
    policies = policy.load([(path, path.name) for path in policy.files(folder)], estate(sources=sources))
    assert not policies.mistakes
    return {path.name: len(several) for path, several in policies.checks.items()}


def test_a_hundred_sources_need_no_more_policy_than_two() -> None:
    two, three, hundred = counted(2), counted(3), counted(100)
    each_more = {name: three[name] - count for name, count in two.items()}
    assert hundred == {name: count + 98 * each_more[name] for name, count in two.items()}
    assert [name for name, more in each_more.items() if not more] == ["aws.yml"]


def test_a_statement_may_bring_its_own_severity_controls_and_waiver() -> None:
    options = "severity: minor, controls: ['cis@3.0:5.1.6.1'], waiver: {reason: r, owner: o, until: 2027-01-31}"
    check, _ = checks(LINK + f"provisioning: {{expect: off, {options}}}")
    assert check.expected == "off"
    assert (check.severity, check.controls) == (Severity.MINOR, ("cis@3.0:5.1.6.1",))
    assert check.waiver == Waiver("r", "o", date(2027, 1, 31))


def test_a_statement_without_options_has_those_of_its_row() -> None:
    check, _ = checks(LINK + "provisioning: on")
    assert (check.severity, check.controls, check.waiver, check.attestation) == (Severity.CRITICAL, (), None, None)


def test_what_is_attested_keeps_who_and_when() -> None:
    check, _ = checks(LINK + "scope: {expect: all, attested: {by: me, on: 2026-01-31, until: 2027-01-31}}")
    assert check.attestation == Attestation("me", date(2026, 1, 31), date(2027, 1, 31))


def test_what_needs_an_opt_in_is_read_only_where_it_is_given() -> None:
    with_, without = checks(LINK + "scope: all", of=estate(secrets=True))
    assert (bool(with_.refs), with_.closed) == (True, "")
    assert not without.refs
    assert without.closed.startswith("set read-secrets: true")


def test_a_statement_about_what_a_cloud_lacks_is_moot() -> None:
    china = estate()
    object.__setattr__(china.tenants["one"], "cloud", "china")
    check, _ = checks(f"applies-to: link{STATE}", of=china)
    assert check.moot == "one is in the cloud china, which has no cross-tenant synchronization app"
    assert not check.refs


def test_documents_of_one_file_are_read_in_their_order() -> None:
    found = names(f"applies-to: {{link: {{from: two}}}}{STATE}\n---\napplies-to: {{link: {{from: one}}}}{STATE}")
    assert found == TWO_LINKS[::-1]


@given(st.text(max_size=12), st.text(max_size=12))
def test_escaping_a_name_for_node_ids_keeps_different_names_different(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)


@given(st.text(alphabet="[]:%>5BD3A\n\x7f a", max_size=12))
def test_an_escaped_name_holds_nothing_that_pytest_trips_over(name: str) -> None:
    assert not set(escaped(name)) & set("[]>\n\x7f")
    assert "::" not in escaped(name)


@given(st.text(alphabet="ab:%[", max_size=6), st.text(alphabet="ab:%[", max_size=6))
def test_escaping_short_names_keeps_different_names_different(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)
