"""A Graph user as the provisioning engine sees it, one by one and as a table; and what is doubtful in an expression."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions import parse
from xtcheck.languages.expressions.findings import findings
from xtcheck.languages.expressions.source_view import (
    NOT_SHOWN,
    RENAMED,
    property_of,
    source_columns,
    source_view,
    stripped,
)
from xtcheck.sandbox.graph.templates import synchronization_template

Json = Any

USER: Json = {
    "id": "1",
    "displayName": "Ana",
    "userPrincipalName": "ana_orgone.com#EXT#@shared.onmicrosoft.com",
    "userType": "Member",
    "businessPhones": ["+1", "+2"],
    "officeLocation": "B1",
    "mobilePhone": None,
    "accountEnabled": True,
    "onPremisesExtensionAttributes": {"extensionAttribute1": "x", "extensionAttribute15": None},
    "employeeOrgData": {"costCenter": "C", "division": None},
    "manager": {"id": "2"},
    "extension_0123456789abcdef0123456789abcdef_badge": "7",
}


@pytest.mark.parametrize(
    "name, flows",
    [
        ("ana_orgone.com#EXT#@shared.onmicrosoft.com", "ana@orgone.com"),
        ("ana_maria_orgone.com#EXT#@shared.onmicrosoft.com", "ana_maria@orgone.com"),
        ("ana_orgone.com#ext#@shared.onmicrosoft.com", "ana@orgone.com"),
        ("ana#EXT#@shared.onmicrosoft.com", "ana"),
        ("ana_b@orgone.com", "ana_b@orgone.com"),
        ("", ""),
    ],
)
def test_the_name_of_a_guest_flows_without_its_suffix(name: str, flows: str) -> None:
    assert stripped(name) == flows


def test_a_user_of_graph_is_seen_under_the_names_of_the_source() -> None:
    assert source_view(USER) == {
        "objectId": "1",
        "displayName": "Ana",
        "userPrincipalName": "ana@orgone.com",
        "originalUserPrincipalName": "ana_orgone.com#EXT#@shared.onmicrosoft.com",
        "telephoneNumber": "+1",
        "physicalDeliveryOfficeName": "B1",
        "mobile": None,
        "accountEnabled": True,
        "IsSoftDeleted": False,
        "extensionAttribute1": "x",
        "extensionAttribute15": None,
        "employeeOrgData.costCenter": "C",
        "employeeOrgData.division": None,
        "manager": {"id": "2"},
        "extension_0123456789abcdef0123456789abcdef_badge": "7",
    }


def test_a_deleted_user_is_soft_deleted() -> None:
    assert source_view({"deletedDateTime": "2026-01-01T00:00:00Z"})["IsSoftDeleted"] is True
    assert parse("Not([IsSoftDeleted])").evaluate(source_view(USER)) == "True"


def defined() -> list[str]:
    """The attributes of users that the source directory of a real schema defines, where the mappings name them."""
    schema = synchronization_template("Azure2Azure")["schema"]
    mappings = [mapping for rule in schema["synchronizationRules"] for mapping in rule["objectMappings"]]
    sources = [attribute["source"] for mapping in mappings for attribute in mapping["attributeMappings"]]
    return sorted({source["name"] for source in sources if source and source["type"] == "Attribute"})


@pytest.mark.parametrize("attribute", defined())
def test_graph_shows_each_attribute_that_a_real_schema_maps_directly(attribute: str) -> None:
    assert property_of(attribute)


@pytest.mark.parametrize("attribute", [*sorted(NOT_SHOWN), "userType", "nothing"])
def test_what_graph_does_not_show_is_said(attribute: str) -> None:
    with pytest.raises(XtcheckError, match=f"no user property for the source attribute '{attribute}'"):
        property_of(attribute)


UPNS = st.none() | st.text(alphabet="a_@.#EXT\n", max_size=12) | st.just("a_b.c#EXT#@d")
USERS = st.lists(
    st.fixed_dictionaries(
        {
            "userPrincipalName": UPNS,
            "businessPhones": st.lists(st.sampled_from(["+1", "+2"]), max_size=2),
            "deletedDateTime": st.none() | st.just("2026-01-01T00:00:00Z"),
            "officeLocation": st.none() | st.text(max_size=3),
            "onPremisesExtensionAttributes": st.none() | st.just({"extensionAttribute1": "x"}),
        }
    ),
    min_size=1,
    max_size=5,
)


@given(users=USERS)
def test_a_table_of_users_is_seen_as_its_users_are(users: list[Json]) -> None:
    schema: Any = {
        "userPrincipalName": pl.String,
        "businessPhones": pl.List(pl.String),
        "deletedDateTime": pl.String,
        "officeLocation": pl.String,
        "onPremisesExtensionAttributes": pl.Struct({"extensionAttribute1": pl.String}),
    }
    names = ["userPrincipalName", "originalUserPrincipalName", "telephoneNumber", "IsSoftDeleted",
             "physicalDeliveryOfficeName", "extensionAttribute1"]  # fmt: skip
    seen = source_columns(pl.DataFrame(users, schema=schema), names).to_dicts()
    assert seen == [{name: source_view(user).get(name) for name in names} for user in users]


def test_what_was_not_read_of_a_user_is_no_column() -> None:
    users = pl.DataFrame({"id": ["1", "2"]})
    assert source_columns(users, ["IsSoftDeleted"]).to_dicts() == [{"IsSoftDeleted": False}] * 2
    with pytest.raises(XtcheckError, match="the property mobilePhone of the users was not read"):
        source_columns(users, ["mobile"])
    assert RENAMED["mobile"] == "mobilePhone"


# --- findings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, said",
    [
        ('Append([displayName], "x")', []),
        ("[mail]", ["note: this is a direct mapping of mail: the portal wants a function call here"]),
        ('"true"', ["note: this is a constant mapping: the portal wants a function call here"]),
        ('Append("a\\+", [a])',
         ["warning: a backslash escapes neither a backslash nor a quotation mark; it is kept (B-01)"]),
        ('Append([userType], "x")', ["error: userType is not available as a source attribute"]),
        ("Trim([a])", ["warning: Trim is documented for Cloud Sync only"]),
        ("AltSecIdFromNetId([netId])",
         ["note: AltSecIdFromNetId is the service's own function; its rule is not published (internal)"]),
        ('IIF(IsPresent([a]), [a], "x")',
         [('warning: IIF with IsNull, IsNullOrEmpty or IsPresent is documented not to work; use Switch with the key "" '
          "(B-05)")]),
        ("ToLower(SelectUniqueValue([a], [b]))",
         ["error: SelectUniqueValue works for provisioning from HR to Active Directory only (target)",
          "error: SelectUniqueValue cannot stand in another function"]),
        ('Replace([a], "b", "c", , "d")',
         [("error: Replace has no form with these arguments beside its source: oldValue, regexPattern, "
           "replacementValue (B-13)")]),
        ("Mid([a], 2)", ["warning: Mid without a length is documented for Cloud Sync only"]),
        ('FormatDateTime([a], "yyyyMMdd", "yyyy")',
         ["note: FormatDateTime without styles is documented for Cloud Sync and by Graph's list"]),
        ('InStr([a], "b")',
         ["note: how InStr compares is not documented; name vbTextCompare or vbBinaryCompare (B-06)"]),
        ("DefaultDomain()", ["warning: which tenant's default domain is meant is not documented (B-04)"]),
        ("Now()", ["note: the value depends on the time of the cycle: it cannot be checked later (now)"]),
        ("Guid()", ["note: Guid is random: the value cannot be checked later (random)"]),
        ('Switch(IsNull([a]), , "True", "x")',
         ['warning: Switch on IsNull, IsNullOrEmpty or IsPresent is advised against; use the key ""']),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_found(text: str, said: list[str]) -> None:
    assert [str(finding) for finding in findings(parse(text))] == said


def test_the_known_defect_of_switch_is_told() -> None:
    (found,) = findings(parse('Switch([a], "x", "b", "y")'))
    assert found.text.startswith("known defect of Switch where Entra ID is the source")


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("businessPhones", 5, "businessPhones: Microsoft Graph has a list there, not 5"),
        ("businessPhones", "1", 'businessPhones: Microsoft Graph has a list there, not "1"'),
        ("onPremisesExtensionAttributes", "x", 'onPremisesExtensionAttributes: .* an object there, not "x"'),
        ("employeeOrgData", ["x"], "employeeOrgData: .* an object there"),
    ],
)
def test_a_document_that_graph_cannot_send_is_refused(name: str, value: Json, said: str) -> None:
    with pytest.raises(XtcheckError, match=said):
        source_view({name: value})
