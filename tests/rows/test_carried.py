"""People in IAM Identity Center: their values, whom AWS must refuse, and their names in assertions, in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.rows import arrived
from tests.rows.arrived import (
    ONE,
    SHARED,
    TWO,
    Chain,
    added,
    attribute,
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
from xtcheck.provisioned.refusal import EMAIL
from xtcheck.sandbox.aws import ids
from xtcheck.sandbox.aws.world import STORE
from xtcheck.sandbox.worlds import blog, names
from xtcheck.sandbox.worlds.application import NAME_ID

POLICY = """
applies-to: aws
identity-center: {people: {attributes: %s, refusable-users: %s}}
enterprise-app: {name-id-of-people: %s}
"""
VALUES, REFUSED, NAMED = (
    "aws-main/people.attributes", "aws-main/people.refusable-users", "aws-main/enterprise-app.name-id-of-people",
)  # fmt: skip
SOFIA, NIKKI, MARY = "sofia@anyorganizationone.com", "nikki@anyorganizationone.com", "mary@anyorganizationtwo.com"
HERE = synced(ONE, "Sofia Martinez")
THERE = ids.user_id(STORE, SOFIA)
USER = ("aws", "main", "identityStores", STORE, "users", THERE)
DEVOPS = names.object_id(SHARED, "group", blog.DEVOPS)


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with arrived.chain() as made:
        yield made


def found(
    chain: Chain,
    folder: Path,
    *operations: Json,
    values: str = "as-mapped",
    refused: str = "forbidden",
    named: str = "same-as-user-name",
) -> Mapping[str, Judgement]:
    return chain.judged(POLICY % (values, refused, named), folder, *operations)


def here(field: str, value: Json, user: str = HERE) -> Json:
    return changed("shared", "users", user, field, value)


def there(value: Json, *path: str, user: str = THERE, op: str = "replace") -> Json:
    return {
        "op": op,
        "path": arrived.at("aws", "main", "identityStores", STORE, "users", user, *path),
        "value": value,
    }


def remapped(name: str, source: Json) -> list[Json]:
    return mapped("shared", SHARED, blog.AWS_APP, name, source=source)


def test_in_the_good_world_all_three_hold(chain: Chain, tmp_path: Path) -> None:
    judged = found(chain, tmp_path)
    assert {name: (each.verdict, each.grade) for name, each in judged.items()} == {
        VALUES: (Verdict.COMPLIANT, Grade.EXACT),
        REFUSED: (Verdict.COMPLIANT, Grade.EXACT),
        NAMED: (Verdict.COMPLIANT, Grade.INFERRED),
    }


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operations, line",
    [
        ([there("Lead", "Title")], 'title is "Lead", the mapping yields "DevOps Engineer"'),
        ([there("S.", "Name", "GivenName")], 'name.givenName is "S.", the mapping yields "Sofia"'),
        (
            [there([{"Value": "s@x.example", "Type": "work", "Primary": True}], "Emails")],
            f'emails[type eq "work"].value is "s@x.example", the mapping yields "{SOFIA}"',
        ),
        (
            [there({"aws:identitystore:enterprise": {"department": "Sales"}}, "Extensions")],
            'department is "Sales", the mapping yields "DevOps"',
        ),
        ([here("city", "Berlin")], 'addresses[type eq "work"].locality is "Seattle", the mapping yields "Berlin"'),
        (remapped("title", constant("Staff")), 'title is "DevOps Engineer", the mapping yields "Staff"'),
        ([there("", "Title")], 'title is empty, the mapping yields "DevOps Engineer"'),
        ([removed(*USER, "Title")], 'title is empty, the mapping yields "DevOps Engineer"'),
    ],
)
def test_a_value_that_is_another_is_named(chain: Chain, tmp_path: Path, operations: list[Json], line: str) -> None:
    judged = found(chain, tmp_path, *operations)[VALUES]
    assert judged.verdict is Verdict.DRIFT
    assert any(each.startswith(f"{SOFIA}: ") and each.endswith(line) for each in judged.differences)


def test_what_the_mapping_does_not_do_is_said_and_never_settling(chain: Chain, tmp_path: Path) -> None:
    flows = of_users("shared", SHARED, blog.AWS_APP, "flowTypes", "Add")
    well = found(chain, tmp_path, flows)[VALUES]
    assert well.verdict is Verdict.COMPLIANT
    assert well.observed.endswith("; the mapping does not update or delete (see mapping-actions)")
    judged = found(chain, tmp_path, there("Lead", "Title"), flows)[VALUES]
    assert "no cycle puts this right while the mapping does not update (see mapping-actions)" in judged.differences


def test_who_is_not_there_is_told_by_another_row(chain: Chain, tmp_path: Path) -> None:
    gone = removed("aws", "main", "identityStores", STORE, "users", THERE)
    assert found(chain, tmp_path, gone)[VALUES].verdict is Verdict.COMPLIANT


def test_what_the_identity_store_does_not_show_is_not_judged(chain: Chain, tmp_path: Path) -> None:
    odd = mapped("shared", SHARED, blog.AWS_APP, "title", targetAttributeName='roles[primary eq "True"].value')
    assert found(chain, tmp_path, *odd)[VALUES].verdict is Verdict.COMPLIANT


def test_an_open_point_makes_it_unknown_by_name(chain: Chain, tmp_path: Path) -> None:
    operations = remapped("title", function('Append([facsimileTelephoneNumber], "x")'))
    judged = found(chain, tmp_path, *operations)[VALUES]
    assert judged.verdict is Verdict.UNKNOWN
    assert SOFIA in judged.reason
    stated = "{as-mapped: {semantics: {null-argument: propagate}}}"
    assert found(chain, tmp_path, *operations, values=stated)[VALUES].verdict is Verdict.COMPLIANT


# --- whom AWS must refuse -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operations, why",
    [
        ([here("givenName", None)], "no name.givenName"),
        ([here("displayName", None)], "no displayName"),
        (remapped("userName", attribute("employeeId")), "no userName"),
        (remapped("userName", attribute("department")), "the user name DevOps is also that of"),
        *(([here("surname", f"Mar{sign}tinez")], "name.familyName has a character that AWS refuses")
          for sign in "\r\n<>;:%"),
        ([*remapped("title", constant("1")), *mapped("shared", SHARED, blog.AWS_APP, "title",
          targetAttributeName='phoneNumbers[type eq "home"].value'), here("businessPhones", ["+1 2065550100"])],
         "several phone numbers"),
        ([here("surname", "")], "no name.familyName"),
        ([here("displayName", "Sofia <DevOps>")], "displayName has a character that AWS refuses"),
        ([here("surname", "Martinez\tMaria")], "name.familyName has a character that AWS refuses"),
        ([here("mailNickname", "nikki")], f"the external id nikki is also that of {NIKKI}"),
        ([here("mail", NIKKI)], f"the e-mail {NIKKI} is also that of {NIKKI}"),
        (
            mapped("shared", SHARED, blog.AWS_APP, "title", targetAttributeName='emails[type eq "home"].value'),
            "several e-mail addresses",
        ),
        (mapped("shared", SHARED, blog.AWS_APP, "name.givenName", targetAttributeName="nickName"), "is not mapped"),
        ([*remapped(EMAIL, attribute("otherMails")), here("otherMails", ["a@x.example", "b@x.example"])],
         "several e-mail addresses"),
        ([*remapped("externalId", attribute("otherMails")), here("otherMails", ["a@x.example", "b@x.example"])],
         "several values of externalId"),
        (remapped("userName", constant("Administrator")), "is a name that AWS keeps for itself"),
        (remapped("userName", constant("x" * 129)), "more than 128 characters"),
        (
            [there({
                "IdentityStoreId": STORE, "UserId": "9067f1a2b3-00000000-1111-4222-8333-444444444444",
                "UserArn": ids.resource_arn("user", "9067f1a2b3-00000000-1111-4222-8333-444444444444"),
                "UserName": "breakglass", "DisplayName": "x", "Emails": [{"Value": SOFIA, "Type": "work"}],
                "UserStatus": "ENABLED", "Revision": "1",
            }, user="9067f1a2b3-00000000-1111-4222-8333-444444444444", op="add")],
            f"the e-mail {SOFIA} is that of breakglass, whom SCIM did not make",
        ),
    ],
)  # fmt: skip
def test_whom_aws_must_refuse_is_named_before_it_happens(
    chain: Chain, tmp_path: Path, operations: list[Json], why: str
) -> None:
    judged = found(chain, tmp_path, *operations)[REFUSED]
    assert judged.verdict is Verdict.DRIFT, judged
    assert any(line.startswith(f"{SOFIA}: ") and why in line for line in judged.differences), judged.differences
    assert SOFIA in [one["name"] for one in judged.people["refusable"]]


NOT_REFUSED = {
    "a bar": [here("displayName", "Sofia|AnyOrganizationOne")],
    "disabled": [here("givenName", None), here("accountEnabled", value=False)],
    "filtered out": [
        here("givenName", None),
        filtered("shared", SHARED, blog.AWS_APP, {"groups": [{"name": "f", "clauses": [{
            "sourceOperandName": "givenName", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}]}]}),
    ],
    "of nobody assigned": [here("givenName", None, synced(ONE, "Pat Candella"))],
}  # fmt: skip


@pytest.mark.parametrize("how", NOT_REFUSED)
def test_who_is_not_provisioned_is_not_refused(chain: Chain, tmp_path: Path, how: str) -> None:
    assert found(chain, tmp_path, *NOT_REFUSED[how])[REFUSED].verdict is Verdict.COMPLIANT


def test_a_policy_may_except_whom_aws_refuses(chain: Chain, tmp_path: Path) -> None:
    judged = found(chain, tmp_path, here("givenName", None), refused=f"{{forbidden: {{except: [{SOFIA}]}}}}")
    assert judged[REFUSED].verdict is Verdict.COMPLIANT


FAX = function("Append([surname], [facsimileTelephoneNumber])")
"""Undetermined of everybody here: nobody has a fax."""


@pytest.mark.parametrize(
    "attribute_, verdict",
    [
        ("name.familyName", Verdict.UNKNOWN),
        ("title", Verdict.UNKNOWN),
        ("externalId", Verdict.UNKNOWN),
        (EMAIL, Verdict.UNKNOWN),
        ('phoneNumbers[type eq "work"].value', Verdict.UNKNOWN),
        # AWS takes it whatever it is.
        ('addresses[type eq "work"].locality', Verdict.COMPLIANT),
    ],
)
def test_every_value_by_which_somebody_is_refused_must_be_known(
    chain: Chain, tmp_path: Path, attribute_: str, verdict: Verdict
) -> None:
    judged = found(chain, tmp_path, *remapped(attribute_, FAX))[REFUSED]
    assert judged.verdict is verdict, judged
    if verdict is Verdict.UNKNOWN:
        assert f"{SOFIA}, {NIKKI}, {MARY}: {attribute_} hangs on B-02" in judged.reason
        assert [one["name"] for one in judged.people["inconclusive"]] == [SOFIA, NIKKI, MARY]


@pytest.mark.parametrize("operations", [[], [here("givenName", None)]])
def test_who_is_excepted_hides_nobody_of_whom_it_is_not_known(
    chain: Chain, tmp_path: Path, operations: list[Json]
) -> None:
    stated = f"{{forbidden: {{except: [{SOFIA}]}}}}"
    judged = found(chain, tmp_path, *remapped("name.familyName", FAX), *operations, refused=stated)[REFUSED]
    assert judged.verdict is Verdict.UNKNOWN, judged
    assert judged.reason.startswith(f"{NIKKI}, {MARY}: name.familyName hangs on")
    everybody = f"{{forbidden: {{except: [{SOFIA}, {NIKKI}, {MARY}]}}}}"
    judged = found(chain, tmp_path, *remapped("name.familyName", FAX), *operations, refused=everybody)[REFUSED]
    assert judged.verdict is Verdict.COMPLIANT, judged


def test_a_refusal_tells_of_whom_it_is_not_known(chain: Chain, tmp_path: Path) -> None:
    judged = found(chain, tmp_path, *remapped("name.familyName", FAX), here("givenName", None))[REFUSED]
    assert judged.verdict is Verdict.DRIFT
    assert [line.partition(":")[0] for line in judged.differences] == [SOFIA, "not known"]


# --- scoping filters ------------------------------------------------------------------------------------------------


def enabled(operator: str, *values: str) -> Json:
    return filtered("shared", SHARED, blog.AWS_APP, {"groups": [{"name": "f", "clauses": [{
        "sourceOperandName": "accountEnabled", "operatorName": operator,
        "targetOperand": {"values": list(values)}}]}]})  # fmt: skip


BROKEN = [
    there("Lead", "Title"), here("givenName", None), *remapped("userName", attribute("originalUserPrincipalName"))
]  # fmt: skip


@pytest.mark.parametrize(
    "clause, verdict",
    [
        (enabled("IS TRUE"), Verdict.DRIFT),
        (enabled("EQUALS", "True"), Verdict.DRIFT),
        (enabled("NOT EQUALS", "False"), Verdict.DRIFT),
        (enabled("EQUALS", "true"), Verdict.UNKNOWN),
        (enabled("EQUALS", "False"), Verdict.COMPLIANT),
    ],
)
def test_whom_a_filter_lets_in_by_a_boolean_is_judged(
    chain: Chain, tmp_path: Path, clause: Json, verdict: Verdict
) -> None:
    judged = found(chain, tmp_path, clause, *BROKEN)
    assert {each.verdict for each in judged.values()} == {verdict}, judged
    if verdict is Verdict.UNKNOWN:
        assert all("whether the scoping filters let him in is not known" in each.reason for each in judged.values())
    if verdict is Verdict.COMPLIANT:
        assert all("the scoping filters leave out 3 of 3 assigned" in each.observed for each in judged.values())


OPEN = function('Append([facsimileTelephoneNumber], "x")')
"""An expression that says nothing documented of somebody who has no fax."""


def test_who_must_be_refused_and_what_is_written_may_hang_on_an_open_point(chain: Chain, tmp_path: Path) -> None:
    judged = found(chain, tmp_path, *remapped("name.givenName", OPEN), *remapped("userName", OPEN))
    assert {judged[name].verdict for name in (REFUSED, NAMED)} == {Verdict.UNKNOWN}
    assert "hangs on B-02 (an attribute without a value" in judged[REFUSED].reason
    assert "hangs on B-02 (an attribute without a value" in judged[NAMED].reason
    assert "{forbidden: {semantics: {…}}}" in judged[REFUSED].remedy


def test_a_policy_settles_it_there_too(chain: Chain, tmp_path: Path) -> None:
    stated = "{semantics: {null-argument: propagate}}"
    given = remapped("name.givenName", OPEN)
    judged = found(chain, tmp_path, *given, refused=f"{{forbidden: {stated}}}")[REFUSED]
    assert judged.verdict is Verdict.DRIFT
    assert judged.expected == "forbidden, null-argument: propagate"
    judged = found(chain, tmp_path, *remapped("userName", OPEN), named=f"{{same-as-user-name: {stated}}}")[NAMED]
    assert judged.verdict is Verdict.DRIFT
    assert "SCIM writes nothing" in judged.differences[0]


# --- names in assertions --------------------------------------------------------------------------------------------


def claimed(source: str) -> Json:
    claim = {"Source": "user", "ID": source, "SamlClaimType": NAME_ID}
    definition = {"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": [claim]}}
    return changed("shared", "claimsMappingPolicies", names.object_id(SHARED, "claims", blog.AWS_APP), "definition",
                   [json.dumps(definition)])  # fmt: skip


LOCAL = "sofia_anyorganizationone.com#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com"


@pytest.mark.parametrize(
    "operations, said",
    [
        (
            [changed("one", "users", person(ONE, "Sofia Martinez"), "userPrincipalName", "s.m@anyorganizationone.com")],
            f"SAML says s.m@anyorganizationone.com, SCIM writes {SOFIA}",
        ),
        ([claimed("localuserprincipalname")], f"SAML says {LOCAL}, SCIM writes {SOFIA}"),
        (remapped("userName", attribute("originalUserPrincipalName")), f"SAML says {SOFIA}, SCIM writes {LOCAL}"),
        ([claimed("employeeid")], f"SAML says nothing, SCIM writes {SOFIA}"),
        (
            [claimed("mail"), *remapped("userName", attribute("mail")), here("mail", None)],
            "SAML says nothing, SCIM writes nothing",
        ),
        (
            [
                claimed("mail"),
                *remapped("userName", attribute("otherMails")),
                here("mail", "weiß@x.example"),
                here("otherMails", ["weiss@x.example"]),
            ],
            "SAML says weiß@x.example, SCIM writes weiss@x.example",
        ),
        (
            [here("identities", [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}])],
            f"SAML says {LOCAL}, SCIM writes {SOFIA}",
        ),
    ],
)
def test_two_names_that_differ_are_told(chain: Chain, tmp_path: Path, operations: list[Json], said: str) -> None:
    judged = found(chain, tmp_path, *operations)[NAMED]
    assert (judged.verdict, judged.grade) == (Verdict.DRIFT, Grade.INFERRED), judged
    assert f"{SOFIA}: {said}" in judged.differences


@pytest.mark.parametrize(
    "operations",
    [
        [claimed("mail")],
        remapped("userName", attribute("mail")),
        [claimed("localuserprincipalname"), *remapped("userName", attribute("originalUserPrincipalName"))],
    ],
)
def test_what_is_made_of_different_attributes_may_be_the_same_text(
    chain: Chain, tmp_path: Path, operations: list[Json]
) -> None:
    assert found(chain, tmp_path, *operations)[NAMED].verdict is Verdict.COMPLIANT


ENTRA_ID = {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
STRANGER = "88888888-0000-4000-8000-000000000001"
HOME = person(ONE, "Sofia Martinez")


@pytest.mark.parametrize(
    "operations, why",
    [
        (
            [
                added({
                    "id": STRANGER, "userPrincipalName": "eve_elsewhere.example#EXT#@x",
                    "mail": "eve@elsewhere.example",
                    "accountEnabled": True, "displayName": "Eve", "businessPhones": [],
                    "userType": "Guest", "identities": [ENTRA_ID],
                }, "tenants", "shared", "users", STRANGER),
                added(STRANGER, "tenants", "shared", "members", DEVOPS, "-"),
            ],
            "eve@elsewhere.example: his name at home is not known",
        ),
        (
            [changed("one", "users", HOME, "userPrincipalName", "s.m@anyorganizationone.com"),
             changed("two", "users", person(TWO, "Mary Major"), "mail", SOFIA)],
            f"{SOFIA}, {MARY}: his name at home is not known",
        ),
        (
            [changed("one", "users", HOME, "userPrincipalName", SOFIA.replace("sofia", "Sofia"))],
            "differ in letter case alone",
        ),
        ([claimed("extensionattribute1")], "of which nothing is known here"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_known_is_unknown(chain: Chain, tmp_path: Path, operations: list[Json], why: str) -> None:
    judged = found(chain, tmp_path, *operations)[NAMED]
    assert judged.verdict is Verdict.UNKNOWN
    assert why in judged.reason


def test_who_is_excepted_hides_nobody_whose_name_is_not_known(chain: Chain, tmp_path: Path) -> None:
    nikki = synced(ONE, "Nikki Wolf")
    elsewhere = [
        here("userPrincipalName", "nikki_elsewhere.example#EXT#@SharedAADIdentitytoAWS.onmicrosoft.com", nikki),
        here("mail", "n@elsewhere.example", nikki),
    ]
    differs = changed("one", "users", HOME, "userPrincipalName", "sofia.new@anyorganizationone.com")
    for excepted, verdict in ((SOFIA, Verdict.UNKNOWN), (f"{SOFIA}, nikki@elsewhere.example", Verdict.COMPLIANT)):
        stated = f"{{same-as-user-name: {{except: [{excepted}]}}}}"
        judged = found(chain, tmp_path, *elsewhere, differs, named=stated)[NAMED]
        assert judged.verdict is verdict, judged


def test_a_person_may_attest_what_is_not_known(chain: Chain, tmp_path: Path) -> None:
    stated = "{expect: same-as-user-name, attested: {by: me, on: 2026-01-31, until: 2099-12-31}}"
    judged = found(chain, tmp_path, claimed("extensionattribute1"), named=stated)[NAMED]
    assert (judged.verdict, judged.grade) == (Verdict.COMPLIANT, Grade.ATTESTED)


def test_mary_is_of_the_other_tenant(chain: Chain, tmp_path: Path) -> None:
    mary = changed("two", "users", person(TWO, "Mary Major"), "userPrincipalName", "mm@anyorganizationtwo.com")
    judged = found(chain, tmp_path, mary)[NAMED]
    assert judged.differences == (f"{MARY}: SAML says mm@anyorganizationtwo.com, SCIM writes {MARY}",)
