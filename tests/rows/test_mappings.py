"""Mappings: every attribute of the real default schema, filters, and what nobody declared."""

from __future__ import annotations

import copy
import json

import pytest

from tests.documents.estates import checks
from tests.model.evidence import judged, verdict
from tests.model.test_samples import sample
from xtcheck.kinds.mappings import changes, user_mapping
from xtcheck.model import Json, Judgement, Verdict
from xtcheck.sandbox.graph.templates import synchronization_template
from xtcheck.values import MappingSource

LINK = "applies-to: {link: {from: one}}\nsynchronization: {%s}"
REAL = synchronization_template("Azure2Azure")["schema"]
"""The sandbox's template is a live dump, whole."""
TYPE = MappingSource()


def schema() -> Json:
    return copy.deepcopy(REAL)


def mapping(document: Json, attribute: str) -> Json:
    return next(
        item for item in user_mapping(document)["attributeMappings"] if item["targetAttributeName"] == attribute
    )


def documents(own: Json, template: Json = REAL) -> Json:
    jobs = [{"id": "job", "templateId": "Azure2Azure"}]
    return {"servicePrincipals?": [{"id": "sp"}], "templates/": template, "/schema": own, "jobs": jobs}


def as_policy(item: Json) -> str:
    read = TYPE.read(item)
    return json.dumps({form: value for form, value in read.items() if value is not None})


@pytest.mark.parametrize("attribute", [item["targetAttributeName"] for item in user_mapping(REAL)["attributeMappings"]])
def test_each_mapping_of_the_real_schema_can_be_stated_whole_and_is_compliant(attribute: str) -> None:
    stated = as_policy(mapping(schema(), attribute))
    assert verdict(LINK % f"mappings: {{{attribute}: {stated}}}", documents(schema())).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize(
    "part, value",
    [
        ("flowType", "ObjectAddOnly"),
        ("matchingPriority", 3),
        ("defaultValue", "x"),
        ("source", None),
        ("source", {"type": "Attribute", "name": "city", "expression": "[city]", "parameters": []}),
    ],
)
def test_a_change_of_any_part_is_a_drift_of_the_whole_statement(part: str, value: Json) -> None:
    own = schema()
    mapping(own, "department")[part] = value
    stated = "{direct: department, apply: always, matching: 0, default: null}"
    assert verdict(LINK % f"mappings: {{department: {stated}}}", documents(own)).verdict is Verdict.DRIFT
    if part != "source":
        short = verdict(LINK % "mappings: {department: {direct: department}}", documents(own))
        assert short.verdict is Verdict.COMPLIANT, "what is not stated is not compared"


BESIDE = {"flowType": "apply: always", "matchingPriority": "matching: 0", "defaultValue": "default: null"}
ODD: list[Json] = [2.5, True, {}, {"unknown": "x"}, [[]]]


@pytest.mark.parametrize(
    "part, value",
    [(part, value) for part in BESIDE for value in ODD]
    + [(part, value) for part in ("flowType", "matchingPriority") for value in ("Sometimes", None)],
    ids=str,
)
def test_what_the_documentation_does_not_know_beside_a_source_is_not_understood(part: str, value: Json) -> None:
    own = schema()
    mapping(own, "department")[part] = value
    asked = verdict(LINK % f"mappings: {{department: {{direct: department, {BESIDE[part]}}}}}", documents(own))
    assert asked.verdict is Verdict.UNKNOWN
    unasked = verdict(LINK % "mappings: {department: {direct: department}}", documents(own))
    assert unasked.verdict is Verdict.COMPLIANT, "what is not stated is not compared"
    assert "{" not in unasked.observed


# --- by meaning ------------------------------------------------------------------------------------------------------


def written(text: str, parameters: Json = None) -> Json:
    """A function as the source of a mapping, as Graph has it."""
    return {"type": "Function", "name": text.partition("(")[0], "expression": text, "parameters": parameters}


def stated(expression: str, there: Json) -> Judgement:
    """The verdict on a mapping of department."""
    own = schema()
    mapping(own, "department")["source"] = there
    return verdict(LINK % f"mappings: {{department: {expression}}}", documents(own))


@pytest.mark.parametrize(
    "expression, there",
    [
        ("{expression: 'Mid([city], 1, 8)'}", written('Mid( [city],"1","8" )')),
        ("""{expression: 'Replace([city], "x", , , "y", , )'}""", written('Replace([city],"x",,,"y")')),
        ("{constant: Seattle}", written('Append("Sea", "ttle")')),
        ("""{expression: 'Append("Sea", "ttle")'}""", {"type": "Constant", "expression": '"Seattle"'}),
    ],
)
def test_what_means_the_same_is_compliant_however_it_is_written(expression: str, there: Json) -> None:
    assert stated(expression, there).verdict is Verdict.COMPLIANT


def test_what_differs_is_shown_with_a_source_object_for_which_it_does() -> None:
    found = stated("""{expression: 'Append([city], "|One")'}""", written('Append([city], "|Two")'))
    assert found.verdict is Verdict.DRIFT
    assert found.differences == ('for city "Ana", "Ana|One" is expected and "Ana|Two" comes of it',)


def test_what_differs_also_in_its_options_shows_both() -> None:
    text = """{expression: 'Append([city], "|One")', matching: 1}"""
    found = stated(text, {"type": "Attribute", "expression": "[city]"})
    assert found.differences == (
        'for city "Ana", "Ana|One" is expected and "Ana" comes of it',
        "matching: 1 is expected, 0 is there",
    )


def test_what_is_neither_proved_is_unknown() -> None:
    found = stated("{expression: 'Coalesce([city])'}", {"type": "Attribute", "expression": "[city]"})
    assert found.verdict is Verdict.UNKNOWN
    assert "neither is it proved to mean the same nor was a difference found" in found.reason
    assert found.remedy == "if it means the same, write it in the policy as the tenant has it"


def test_a_policy_settles_the_point_on_which_a_difference_hangs() -> None:
    there = written('Append([city], "x")')
    text = """{expression: 'Coalesce(Append([city], "x"), "x")'%s}"""
    found = stated(text % "", there)
    assert found.verdict is Verdict.UNKNOWN
    assert "may be settled there: semantics: {null-argument: propagate or empty}" in found.remedy
    found = stated(text % ", semantics: {null-argument: propagate}", there)
    assert found.verdict is Verdict.DRIFT
    assert found.expected.endswith(", null-argument: propagate")
    assert found.differences == ('for every source object, "x" is expected and no value (null) comes of it',)


def test_what_cannot_be_read_is_unknown_and_a_drift_of_an_option_is_one_all_the_same() -> None:
    there = written('NewFunction([city], "x")')
    found = stated("""{expression: 'Append([city], "x")'}""", there)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason.startswith("the mapping's expression is not understood: 1:1: unknown function 'NewFunction'")
    drift = stated("""{expression: 'Append([city], "x")', default: y}""", there)
    assert drift.verdict is Verdict.DRIFT
    assert drift.differences == ("default: y is expected, none is there",)


def test_a_text_whose_tree_says_something_else_is_unknown() -> None:
    argument = {"key": "source", "value": {"type": "Attribute", "name": "mail", "expression": "[mail]"}}
    found = stated("{expression: 'ToLower([city])'}", written("ToLower([city])", [argument]))
    assert found.verdict is Verdict.UNKNOWN
    assert "the mapping's text and its tree disagree: the text has Attribute 'city'" in found.reason


def test_a_function_of_the_services_own_is_the_same_as_itself_only() -> None:
    text = "{expression: 'AltSecIdFromNetId([netId])'}"
    assert stated(text, written("AltSecIdFromNetId( [netId] )")).verdict is Verdict.COMPLIANT
    for there in (written("AltSecIdFromNetId([city])"), {"type": "Constant", "expression": '"x"'}):
        found = stated(text, there)
        assert found.verdict is Verdict.DRIFT
        assert found.differences[-1].endswith("it is the same as itself only")


def test_what_comes_from_the_environment_is_not_shown_by_what_it_yields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_PRIVATE", "hunter2")
    found = stated("""{expression: 'ToUpper(Append([city], "${env.XT_PRIVATE}"))'}""", written("ToUpper([city])"))
    assert found.verdict is Verdict.DRIFT
    assert found.differences == ()
    assert "hunter2" not in str(found).lower()


def test_a_mapping_of_the_template_that_cannot_be_read_is_undisturbed_when_its_text_is_the_same() -> None:
    own, template = schema(), schema()
    for document in (own, template):
        mapping(document, "city")["source"] = written("NewFunction([city])")
    assert undeclared(own, FORBIDDEN, template=template).verdict is Verdict.COMPLIANT
    mapping(own, "city")["source"] = written("NewFunction([state])")
    unknown = undeclared(own, FORBIDDEN, template=template)
    assert unknown.verdict is Verdict.UNKNOWN
    assert unknown.reason.startswith("city: the mapping's expression is not understood")
    mapping(own, "mail")["flowType"] = "ObjectAddOnly"
    drift = undeclared(own, FORBIDDEN, template=template)
    assert [line.partition(" direct")[0] for line in drift.differences[:1]] == ["mail:"]
    assert drift.differences[1].startswith("not known: city: the mapping's expression is not understood")
    excepted = LINK % "undeclared-mappings: {forbidden: {except: [mail]}}"
    assert undeclared(own, excepted, template=template).verdict is Verdict.UNKNOWN
    excepted = LINK % "undeclared-mappings: {forbidden: {except: [mail, city]}}"
    assert undeclared(own, excepted, template=template).verdict is Verdict.COMPLIANT


# --- undeclared ------------------------------------------------------------------------------------------------------


def undeclared(own: Json, *texts: str, template: Json = REAL) -> Json:
    """The verdict on undeclared mappings, which is the first statement of the first text."""
    check = next(check for check in checks(*texts) if check.setting.key == "undeclared-mappings")
    return judged(check, documents(own, template))


FORBIDDEN = LINK % "undeclared-mappings: forbidden"


def test_the_template_itself_is_undisturbed() -> None:
    assert undeclared(schema(), FORBIDDEN).verdict is Verdict.COMPLIANT
    assert changes(schema(), REAL) == []


def test_a_changed_added_or_removed_mapping_is_named() -> None:
    own = schema()
    mapping(own, "city")["flowType"] = "ObjectAddOnly"
    mappings = user_mapping(own)["attributeMappings"]
    mappings.append({**mapping(own, "mail"), "targetAttributeName": "mobile"})
    mappings.remove(mapping(own, "state"))
    found = undeclared(own, FORBIDDEN)
    assert list(found.differences) == [
        "city: direct city, apply on-create; the template has direct city",
        "mobile: mapped (direct mail); the template does not map it",
        "state: not mapped; the template maps direct state",
    ]


def test_white_space_of_an_expression_is_no_change() -> None:
    own = schema()
    mapping(own, "alternativeSecurityIds")["source"]["expression"] = "AltSecIdFromNetId( [netId] )"
    assert undeclared(own, FORBIDDEN).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize(
    "texts",
    [
        [LINK % "undeclared-mappings: {forbidden: {except: [city]}}"],
        [LINK % "undeclared-mappings: forbidden, mappings: {city: {constant: Seattle}}"],
        [FORBIDDEN, LINK % "mappings: {city: {constant: Seattle}}"],
        [LINK % "mappings: {city: {constant: Seattle}}", FORBIDDEN],
    ],
)
def test_what_any_policy_of_the_link_states_is_declared(texts: list[str]) -> None:
    own = schema()
    mapping(own, "city")["defaultValue"] = "x"
    assert undeclared(own, *texts).verdict is Verdict.COMPLIANT


def test_what_another_link_states_declares_nothing_here() -> None:
    own = schema()
    mapping(own, "city")["defaultValue"] = "x"
    other = "applies-to: {link: {from: two}}\nsynchronization: {mappings: {city: {constant: Seattle}}}"
    assert undeclared(own, FORBIDDEN, other).verdict is Verdict.DRIFT


def test_an_attribute_that_is_mapped_twice_is_not_understood() -> None:
    own = schema()
    user_mapping(own)["attributeMappings"].append(mapping(own, "city"))
    assert undeclared(own, FORBIDDEN).verdict is Verdict.UNKNOWN


def test_actions_that_the_template_does_not_have_are_undeclared_unless_a_policy_states_them() -> None:
    own = schema()
    user_mapping(own)["flowTypes"] = "Add, Update"
    found = undeclared(own, FORBIDDEN)
    assert (found.verdict, found.differences) == (
        Verdict.DRIFT, ("mapping-actions: create, update; the template has create, update, delete",),
    )  # fmt: skip
    excepted = LINK % "undeclared-mappings: {forbidden: {except: [mapping-actions]}}"
    stated = LINK % "mapping-actions: [create, update]"
    other = "applies-to: {link: {from: two}}\nsynchronization: {mapping-actions: [create, update]}"
    assert undeclared(own, excepted).verdict is Verdict.COMPLIANT
    assert undeclared(own, FORBIDDEN, stated).verdict is Verdict.COMPLIANT
    assert undeclared(own, FORBIDDEN, other).verdict is Verdict.DRIFT, "of another link"
    user_mapping(own)["flowTypes"] = "Add, Merge"
    assert undeclared(own, FORBIDDEN).verdict is Verdict.UNKNOWN


# --- the mapping of users as a whole ---------------------------------------------------------------------------------


def clause(attribute: str, operator: str, *values: str) -> Json:
    return {"sourceOperandName": attribute, "operatorName": operator, "targetOperand": {"values": list(values)}}


TWO = [
    {"name": "a", "clauses": [clause("department", "EQUALS", "DevOps"), clause("country", "IS NOT NULL")]},
    {"name": "b", "clauses": [clause("city", "REGEX MATCH", "^S")]},
]


@pytest.mark.parametrize(
    "groups, stated, expected",
    [
        ([], "[]", Verdict.COMPLIANT),
        (None, "[]", Verdict.COMPLIANT),
        (TWO, "[]", Verdict.DRIFT),
        (TWO, "['city REGEX MATCH ^S', 'department EQUALS DevOps AND country IS NOT NULL']", Verdict.COMPLIANT),
        (TWO, "['city REGEX MATCH ^s', 'department EQUALS DevOps AND country IS NOT NULL']", Verdict.DRIFT),
        (TWO, "{includes: ['city REGEX MATCH ^S']}", Verdict.COMPLIANT),
        ([{"name": "x", "clauses": []}], "[]", Verdict.DRIFT),
        ([{"name": "x"}], "[]", Verdict.UNKNOWN),
    ],
)
def test_scoping_filters_are_texts_and_the_built_in_one_is_not_among_them(
    groups: Json, stated: str, expected: Verdict
) -> None:
    own = schema()
    user_mapping(own)["scope"]["groups"] = groups
    assert verdict(LINK % f"scoping-filters: {stated}", documents(own)).verdict is expected


def test_no_scope_at_all_is_no_filter() -> None:
    own = schema()
    user_mapping(own)["scope"] = None
    assert verdict(LINK % "scoping-filters: []", documents(own)).verdict is Verdict.COMPLIANT
    assert verdict(LINK % "built-in-filter: kept", documents(own)).verdict is Verdict.DRIFT


def test_the_built_in_filter_is_compared_with_the_templates() -> None:
    own = schema()
    assert verdict(LINK % "built-in-filter: kept", documents(own)).verdict is Verdict.COMPLIANT
    user_mapping(own)["scope"]["inputFilterGroups"][0]["clauses"].pop()
    found = verdict(LINK % "built-in-filter: kept", documents(own))
    assert [line.partition(":")[0] for line in found.differences] == ["missing", "not the service's"]


@pytest.mark.parametrize(
    "enabled, expected", [(True, Verdict.COMPLIANT), (False, Verdict.DRIFT), ("x", Verdict.UNKNOWN)]
)
def test_a_mapping_may_be_switched_off(enabled: Json, expected: Verdict) -> None:
    own = schema()
    user_mapping(own)["enabled"] = enabled
    assert verdict(LINK % "mapping-enabled: true", documents(own)).verdict is expected


ALL = "[delete, create, update]"


@pytest.mark.parametrize(
    "texts, stated, expected",
    [
        ("Add,Update,Delete", ALL, Verdict.COMPLIANT),
        ("Add, Update, Delete", ALL, Verdict.COMPLIANT),
        ("Delete,Add,Update", ALL, Verdict.COMPLIANT),
        (None, ALL, Verdict.COMPLIANT),
        (None, "[create]", Verdict.DRIFT),
        ("Add,Update", ALL, Verdict.DRIFT),
        ("Update", ALL, Verdict.DRIFT),
        ("None", ALL, Verdict.DRIFT),
        ("None", "[]", Verdict.COMPLIANT),
        ("Add,Update", "[]", Verdict.DRIFT),
        ("Add,Update", "[update, create]", Verdict.COMPLIANT),
        ("Add,Update,Delete", "[update, create]", Verdict.DRIFT),
        ("Add,Update,Delete", "{includes: [delete]}", Verdict.COMPLIANT),
        ("Add,Update", "{includes: [delete]}", Verdict.DRIFT),
        ("Add,Update,Merge", ALL, Verdict.UNKNOWN),
        ("None,Add", "[create]", Verdict.UNKNOWN),
        ("", "[]", Verdict.UNKNOWN),
        (["Add"], "[create]", Verdict.UNKNOWN),
    ],
)
def test_what_a_mapping_does_is_compared_as_a_set(texts: Json, stated: str, expected: Verdict) -> None:
    own = schema()
    user_mapping(own)["flowTypes"] = texts
    found = verdict(LINK % f"mapping-actions: {stated}", documents(own))
    assert found.verdict is expected, found


def test_a_mapping_that_does_not_say_what_it_does_does_all() -> None:
    own = schema()
    del user_mapping(own)["flowTypes"]
    assert verdict(LINK % f"mapping-actions: {ALL}", documents(own)).verdict is Verdict.COMPLIANT
    assert undeclared(own, FORBIDDEN).verdict is Verdict.COMPLIANT


def test_an_action_that_lacks_is_named() -> None:
    own = schema()
    user_mapping(own)["flowTypes"] = "Add,Update"
    found = verdict(LINK % f"mapping-actions: {ALL}", documents(own))
    assert (found.observed, found.differences) == ("create, update", ("missing: delete",))


def test_a_schema_without_a_mapping_of_users_is_not_understood() -> None:
    own = sample("schema_azure2azure")
    for item in own["synchronizationRules"][0]["objectMappings"]:
        item["sourceObjectName"] = ""
    for statement in (
        "mapping-enabled: true", "mapping-actions: []", "scoping-filters: []", "undeclared-mappings: forbidden",
    ):  # fmt: skip
        assert verdict(LINK % statement, documents(own)).verdict is Verdict.UNKNOWN
