"""A schema is edited without loss: only declared places differ, mean what is declared, and go back as they were."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.languages.trees import TEXTS, trees
from xtcheck import paths
from xtcheck.errors import Unwritable
from xtcheck.estate import Estate, Scope, Tenant
from xtcheck.kinds import BY_NAME, scoping
from xtcheck.kinds.mapping_writes import NEW, TYPE, filters_of, sends_declared
from xtcheck.kinds.schema_places import SchemaPlaces, object_mapping, place
from xtcheck.languages.expressions.tree import printed
from xtcheck.model import Seen
from xtcheck.sandbox.graph.templates import synchronization_template

Json = Any

SAMPLE = json.loads((Path(__file__).parents[1] / "data" / "schema_azure2azure.json").read_text(encoding="utf-8"))
WHOLE = synchronization_template("Azure2Azure")["schema"]
PLACES = SchemaPlaces()
SENDS = sends_declared("sync-schema")
[ROW] = BY_NAME["sync-schema"].settings
FREE = [
    each["targetAttributeName"]
    for each in object_mapping(SAMPLE, "User")["attributeMappings"]
    if not each["matchingPriority"]
]
ODD = ["mobile", "name.givenName", 'emails[type eq "work"].value', "urn:a:b:2.0:User:c/d~1", ""]


def declared(schema: Json, name: str, expected: Json) -> dict[str, Json]:
    tenant = Tenant("one", "1", "source", "One")
    scope = Scope(Estate({"one": tenant}, (), {}), tenant=tenant, slots={"attribute": name})
    return dict(SENDS(expected, Seen({"sync-schema": schema}, scope, None)))  # type: ignore[arg-type]


def differing(one: Json, other: Json, path: str = "") -> Iterator[str]:
    """The JSON Pointers at which two documents differ, order and nulls and all."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for name in one:
            yield from differing(one[name], other[name], f"{path}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from differing(mine, theirs, f"{path}/{index}")
    elif json.dumps(one) != json.dumps(other):
        yield path


OPTIONS = st.fixed_dictionaries(
    {}, optional={"apply": st.sampled_from(["always", "on-create"]), "default": st.none() | TEXTS}
)
SOURCES = (
    st.builds(lambda text: {"constant": text}, TEXTS)
    | st.builds(lambda name: {"direct": name}, st.sampled_from(["displayName", "department", "mail"]))
    | trees().map(printed).filter(lambda text: "(" in text).map(lambda text: {"expression": text})
)
STATED = st.builds(lambda source, options: {**source, **options}, SOURCES, OPTIONS)


@given(name=st.sampled_from([*FREE, *ODD]), expected=STATED)
def test_only_what_is_declared_differs_and_it_means_that_and_goes_back(name: str, expected: Json) -> None:
    before = copy.deepcopy(SAMPLE)
    try:
        values = declared(SAMPLE, name, expected)
    except Unwritable:
        assume(False)
    after = PLACES.changed(SAMPLE, values)
    assert before == SAMPLE, "what was read stays as it is"

    [(rule, mapping)] = [
        (index, number)
        for index, each in enumerate(SAMPLE["synchronizationRules"])
        for number, one in enumerate(each["objectMappings"])
        if one["enabled"] and one["sourceObjectName"] == "User"
    ]
    attributes = f"/synchronizationRules/{rule}/objectMappings/{mapping}/attributeMappings"
    moved = set(differing(SAMPLE, after))
    if name in FREE:
        index = [each["targetAttributeName"] for each in object_mapping(SAMPLE, "User")["attributeMappings"]].index(
            name
        )
        own = ("source", "flowType", "defaultValue")
        assert all(path.startswith(tuple(f"{attributes}/{index}/{field}" for field in own)) for path in moved)
    else:
        assert moved == {attributes}
        assert list(differing(SAMPLE, PLACES.changed(after, dict.fromkeys(values)))) == []

    found = paths.get(after, paths.parse(ROW.path, {"attribute": name}))
    assert isinstance(found, paths.Found)
    assert TYPE.differences(expected, TYPE.read(found.value)) is None
    back = {path: PLACES.at(SAMPLE, path) for path in values}
    assert list(differing(SAMPLE, PLACES.changed(after, back))) == []


def test_a_new_mapping_has_the_documented_fields() -> None:
    [(path, entry)] = declared(SAMPLE, "mobile", {"direct": "mobile"}).items()
    assert path == "User/attributes/mobile"
    assert {name: value for name, value in entry.items() if name not in ("source", "targetAttributeName")} == NEW


def test_an_attribute_that_the_target_does_not_have_is_left_to_a_person() -> None:
    assert declared(WHOLE, "mobile", {"direct": "mobile"})
    with pytest.raises(Unwritable, match="has no attribute colour"):
        declared(WHOLE, "colour", {"direct": "mobile"})


@pytest.mark.parametrize(
    "expected", [{"direct": "mail"}, {"expression": "AltSecIdFromNetId([netId])", "apply": "always"}]
)
def test_what_people_are_found_by_is_left_to_a_person(expected: Json) -> None:
    with pytest.raises(Unwritable, match="is how people are found"):
        declared(SAMPLE, "alternativeSecurityIds", expected)


def test_nobody_begins_to_be_found_by_another_attribute() -> None:
    with pytest.raises(Unwritable, match="is how people are found"):
        declared(SAMPLE, FREE[0], {"direct": FREE[0], "matching": 2})
    assert declared(SAMPLE, "mobile", {"direct": "mobile", "matching": 2}), "a new one is what the policy says"


def test_places_that_are_not_there_are_nothing_and_are_not_written() -> None:
    twice = copy.deepcopy(SAMPLE)
    twice["synchronizationRules"] *= 2
    documents: list[Json] = [{}, {"synchronizationRules": []}, twice, None]
    for document in documents:
        assert PLACES.at(document, "User/enabled") is None
        with pytest.raises(Unwritable):
            PLACES.changed(document, {"User/enabled": True})


def test_switching_a_mapping_off_does_not_lose_the_other_places_of_it() -> None:
    name = object_mapping(SAMPLE, "User")["attributeMappings"][0]["targetAttributeName"]
    values = {place("User", "enabled"): False, place("User", "attributes", name, "defaultValue"): "x"}
    after = PLACES.changed(SAMPLE, values)
    assert {path: PLACES.at(after, path) for path in values} == values


def test_a_scope_that_is_null_gets_all_its_parts() -> None:
    bare = copy.deepcopy(SAMPLE)
    object_mapping(bare, "User")["scope"] = None
    groups = [scoping.made("department EQUALS Sales")]
    mapping = object_mapping(PLACES.changed(bare, {"User/scope/groups": groups}), "User")
    assert mapping["scope"] == {"categoryFilterGroups": [], "groups": groups, "inputFilterGroups": []}


@pytest.mark.parametrize(
    "text",
    [
        "department EQUALS Sales",
        "department NOT EQUALS Sales AND accountEnabled IS TRUE",
        "userState IS NOT NULL",
        "mail ENDS_WITH @one.com",
        "title REGEX MATCH .*(a|b).*",
        "level Greater_Than_OR_EQUALS 3",
    ],
)
def test_a_filter_is_kept_as_graph_documents_it_and_reads_as_it_was_written(text: str) -> None:
    found = scoping.made(text)
    assert filters_of({"scope": {"groups": [found]}}, "groups") == [text]
    assert all(set(each) == {"sourceOperandName", "operatorName", "targetOperand"} for each in found["clauses"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "department",
        "department LIKE x",
        "department EQUALS",
        "a IS NULL b",
        "a EQUALS x, y",
        "(without any clause)",
    ],
)
def test_what_is_no_filter_is_left_to_a_person(text: str) -> None:
    with pytest.raises(Unwritable):
        scoping.made(text)


def test_sources_are_the_same_however_the_service_writes_them() -> None:
    one = {"type": "Function", "name": "Append", "expression": 'Append([displayName],"|x")', "parameters": []}
    other = {**one, "expression": 'Append( [displayName], "|x" )', "parameters": [{"key": "a", "value": None}]}
    path = "User/attributes/displayName/source"
    assert PLACES.meaning(path, one) == PLACES.meaning(path, other)
    assert PLACES.meaning(path, one) != PLACES.meaning(path, {**one, "expression": 'Append([displayName],"|y")'})
