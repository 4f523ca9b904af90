"""From references to requests and from answers to evidence, with answers made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.estates import ONE, SHARED, checks, estate
from tests.model.evidence import answered, failed, nothing, told
from xtcheck.estate import Link
from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Ambiguous, Call, Each, Evidence, Get, Json, Kind, List, Present, Ref, Unread
from xtcheck.resolution import Pending, Resolver, select, stem

LIST = Kind("list", "list", home="tenant", source=List("/things"))
ITEM = Kind("item", "thing", home="tenant", parent=LIST, key="{group}", pick="name")
CHILD = Kind("child", "child", home="tenant", parent=ITEM, source=Get("/things/{item.id}/child", frozenset({"404"})))
GRANDCHILD = Kind("grandchild", "grandchild", home="tenant", parent=CHILD, source=Get("/grand/{child.id}/{item.id}"))
THE = Kind("the", "the only one", home="tenant", source=List("/only"), pick="id", essential=True)
IDS = Kind("ids", "ids", home="tenant", source=Call("sso-admin", "list_ids", {}, "Ids", many=True))
EACH = Kind(
    "each", "each", home="tenant", parent=IDS, source=Each(Call("sso-admin", "describe", {"Id": "{item}"}, "Thing"))
)
MANY = Kind(
    "many", "many", home="tenant", parent=IDS, source=Each(Call("sso-admin", "page", {"Id": "{item}"}, "T", many=True))
)
PAIRS = Kind(
    "pairs", "pairs", home="tenant", parent=IDS,
    source=Each(Call("sso-admin", "page", {"Id": "{item}"}, "T", many=True), mark="item"),
)  # fmt: skip
WALKED = Kind(
    "walked", "walked", home="tenant", parent=PAIRS,
    source=Each(Call("sso-admin", "walk", {"Of": "{item.@of}", "It": "{item.@}"}, "W", many=True)),
)  # fmt: skip
OWNED = Kind("owned", "owned", home="tenant", parent=LIST, source=Each(Get("/o/{item.id}"), mark="name"))
WHERE = Kind("where", "where", home="tenant", parent=LIST, source=Each(Get("/w/{item.id}"), where="type=a"))


def ref(kind: Kind, key: str = "A") -> Ref:
    return Ref(kind, "shared", key if kind.key else "", ref(kind.parent, key) if kind.parent else None, key)


def evidence(kind: Kind, documents: Mapping[str, Json], key: str = "A") -> Evidence:
    return told(documents, {"it": ref(kind, key)}).evidence(ref(kind, key))


A: Json = {"name": "A", "id": "1"}


def test_an_item_is_picked_by_its_name() -> None:
    found = evidence(ITEM, {"/things": [{"name": "B"}, A]})
    assert isinstance(found, Present)
    assert found.document == A


def test_a_child_is_read_by_what_its_parent_has() -> None:
    found = evidence(GRANDCHILD, {"/grand/2/1": {"v": 3}, "/things/1/child": {"id": "2"}, "/things": [A]})
    assert isinstance(found, Present)
    assert [request.operation for request in found.requests] == ["/things", "/things/1/child", "/grand/2/1"]


def test_what_is_above_is_asked_for_first() -> None:
    found = Resolver({}).resolve(ref(GRANDCHILD))
    assert isinstance(found, Pending)
    assert [request.operation for request in found.requests] == ["/things"]


@pytest.mark.parametrize("kind", [ITEM, CHILD, GRANDCHILD])
def test_what_is_below_an_unread_thing_is_unread(kind: Kind) -> None:
    found = evidence(kind, {"/things": failed("timeout")})
    assert isinstance(found, Unread)
    assert found.cause == "timeout (GET /things)"


def test_what_is_missing_is_absent_and_what_is_below_it_is_absent_by_inheritance() -> None:
    assert evidence(ITEM, {"/things": []}) == Absent("there is no thing A of shared", ref_requests("/things"))
    below = evidence(GRANDCHILD, {"/things": []})
    assert isinstance(below, Absent)
    assert (below.what, below.inherited) == ("there is no thing A of shared", True)


def ref_requests(*operations: str) -> tuple[Json, ...]:
    world = told({operation: [] for operation in operations}, {"it": ref(LIST)})
    return tuple(world.answers)


def test_a_documented_404_is_absent_and_not_inherited() -> None:
    found = evidence(CHILD, {"/things/1/child": nothing(), "/things": [A]})
    assert isinstance(found, Absent)
    assert (found.what, found.inherited) == ("there is no child A of shared", False)


@pytest.mark.parametrize("kind", [ITEM, CHILD, GRANDCHILD])
def test_two_items_of_one_name_are_ambiguous_and_so_is_what_is_below(kind: Kind) -> None:
    found = evidence(kind, {"/things": [A, {**A, "id": "2"}]})
    assert isinstance(found, Ambiguous)
    assert found.what == "2 objects answer to thing A of shared"


@pytest.mark.parametrize("documents", [[], [{"id": "1"}, {"id": "2"}]])
def test_the_only_one_that_config_declares_is_never_absent(documents: Json) -> None:
    assert isinstance(evidence(THE, {"/only": documents}), Unread if not documents else Ambiguous)


@pytest.mark.parametrize("other", ["a", "A ", " A"])
def test_a_name_that_differs_in_little_is_told(other: str) -> None:
    found = evidence(ITEM, {"/things": [{"name": other}, {"name": "B"}]})
    assert isinstance(found, Absent)
    assert found.near == (other,)


@pytest.mark.parametrize("key, other", [("A – B", "A - B"), ("A’s", "A's"), ("A\u00a0B", "A  B")])
def test_a_name_with_another_dash_quote_or_blank_is_told(key: str, other: str) -> None:
    found = evidence(ITEM, {"/things": [{"name": other}]}, key)
    assert isinstance(found, Absent)
    assert found.near == (other,)


@pytest.mark.parametrize("document", [None, {}, {"value": []}, "text", ["text"], [None]])
def test_a_collection_of_another_shape_is_unread_never_empty(document: Json) -> None:
    assert isinstance(evidence(ITEM, {"/things": document}), Unread)


def test_a_parent_that_lacks_the_field_leaves_its_child_unread() -> None:
    found = evidence(CHILD, {"/things": [{"name": "A", "id": None}]})
    assert isinstance(found, Unread)
    assert found.cause == "thing A of shared has no item.id, without which child A of shared cannot be read"


# --- one request for each item ---------------------------------------------------------------------------------------


def test_the_results_for_each_item_are_one_document() -> None:
    found = evidence(EACH, {"list_ids": ["1", "2"], "Id=1": {"a": 1}, "Id=2": {"a": 2}})
    assert isinstance(found, Present)
    assert found.document == [{"a": 1}, {"a": 2}]


def test_the_collections_for_each_item_are_joined() -> None:
    found = evidence(MANY, {"list_ids": ["1", "2", "3"], "Id=1": [1], "Id=2": [], "Id=3": [2, 3]})
    assert isinstance(found, Present)
    assert found.document == [1, 2, 3]


def test_no_item_needs_no_request() -> None:
    assert evidence(EACH, {"list_ids": []}) == Present([], tuple(told({"list_ids": []}, {"it": ref(IDS)}).answers))


def test_items_are_left_out_by_where() -> None:
    found = evidence(WHERE, {"/w/1": "one", "/things": [{"id": "1", "type": "a"}, {"id": "2", "type": "b"}]})
    assert isinstance(found, Present)
    assert found.document == ["one"]


@pytest.mark.parametrize("second", [failed(), nothing()])
def test_one_failed_item_leaves_the_whole_unread(second: Json) -> None:
    found = evidence(EACH, {"list_ids": ["1", "2"], "Id=1": {"a": 1}, "Id=2": second})
    assert isinstance(found, Unread)


@pytest.mark.parametrize("ids", [None, {}, "text", [None], [3], [["x"]]])
def test_items_of_another_shape_leave_the_whole_unread(ids: Json) -> None:
    assert isinstance(evidence(EACH, {"list_ids": ids}), Unread)


@pytest.mark.parametrize("part", [None, {}, "text"])
def test_a_part_that_is_no_list_leaves_the_whole_unread(part: Json) -> None:
    assert isinstance(evidence(MANY, {"list_ids": ["1"], "Id=1": part}), Unread)


def test_what_was_asked_for_each_item_bears_it() -> None:
    found = evidence(OWNED, {"/o/1": {"v": 1}, "/o/2": {"v": 2}, "/things": [A, {"name": "B", "id": "2"}]})
    assert isinstance(found, Present)
    assert found.document == [{"v": 1, "@of": "A"}, {"v": 2, "@of": "B"}]


def test_texts_asked_for_each_text_are_pairs() -> None:
    found = evidence(PAIRS, {"list_ids": ["1", "2"], "Id=1": ["x", "y"], "Id=2": []})
    assert isinstance(found, Present)
    assert found.document == [{"@": "x", "@of": "1"}, {"@": "y", "@of": "1"}]


def test_pairs_are_walked_and_nothing_else_is() -> None:
    pairs = {"list_ids": ["1", "2"], "Id=1": ["x", "y"], "Id=2": ["x"]}
    walked = {"Of=1, It=x": ["1x"], "Of=1, It=y": [], "Of=2, It=x": ["2x"]}
    found = evidence(WALKED, {**pairs, **walked})
    assert isinstance(found, Present)
    assert found.document == ["1x", "2x"]
    assert [request.operation for request in found.requests] == ["list_ids", "page", "page", "walk", "walk", "walk"]


@pytest.mark.parametrize("operation", ["list_ids", "Id=2", "Of=2, It=x"])
def test_one_unread_part_leaves_all_pairs_unread(operation: str) -> None:
    answers = {"list_ids": ["1", "2"], "Id=1": ["x"], "Id=2": ["x"], "Of=1": [], "Of=2": []}
    unread = {operation: failed()}
    assert isinstance(evidence(WALKED, unread | answers | unread), Unread)


@pytest.mark.parametrize("part", [[None], [3], [["x"]]])
def test_a_result_that_can_bear_nothing_leaves_the_whole_unread(part: Json) -> None:
    assert isinstance(evidence(PAIRS, {"list_ids": ["1"], "Id=1": part}), Unread)


def test_an_item_without_the_mark_leaves_the_whole_unread() -> None:
    assert isinstance(evidence(OWNED, {"/o/1": {"v": 1}, "/things": [{"id": "1"}]}), Unread)


# --- what requests look like -----------------------------------------------------------------------------------------


def first_request(text: str, **more: Json) -> str:
    (check, *_) = checks(text, of=estate(**more))
    found = Resolver({}).resolve(next(iter(check.refs.values())))
    assert isinstance(found, Pending)
    return found.requests[0].operation


@pytest.mark.parametrize(
    "name, asked",
    [
        ("DevOps – Shared Tenant", "DevOps"),
        ("O'Brien", "O"),
        ("'quoted'", "%27%27quoted%27%27"),
        ("&#+/ä", "%26%23%2B%2F%C3%A4"),
        ("–", "%E2%80%93"),
        ("A&B", "A"),
    ],
)
def test_a_groups_name_is_quoted_and_encoded(name: str, asked: str) -> None:
    import json

    text = f"applies-to: {{role: target}}\ngroups: {{{json.dumps(name, ensure_ascii=False)}: {{state: present}}}}"
    assert first_request(text) == (
        f"/groups?$filter=startswith(displayName,'{asked}')&$select={select(BY_NAME['group'])}&$top=999"
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12))
def test_no_name_leaves_its_place_in_a_url(name: str) -> None:
    kind = Kind("k", "k", home="tenant", source=Get("/x?$filter=name eq '{key}'&$top=1"), key="{group}")
    found = Resolver({}).resolve(Ref(kind, "shared", name))
    assert isinstance(found, Pending)
    inner = found.requests[0].operation.removeprefix("/x?$filter=name%20eq%20'").removesuffix("'&$top=1")
    assert not set(inner) & set("'&#+/? \"")
    assert unquote(inner).replace("''", "'") == name.replace("''", "'")


@given(st.text(min_size=1))
def test_a_stem_is_how_the_name_begins(name: str) -> None:
    assert name.startswith(stem(name))
    assert stem(name)


def test_a_select_names_what_all_rows_need() -> None:
    assert select(BY_NAME["group"]) == (
        "createdDateTime,description,displayName,groupTypes,id,isAssignableToRole,mailEnabled,membershipRule,"
        "membershipRuleProcessingState,securityEnabled"
    )


def test_equal_references_are_one_request() -> None:
    both = checks("applies-to: {role: target}\ngroups: {A: {state: present, processing: on, membership: dynamic}}")
    resolver = Resolver({})
    pending = [resolver.resolve(ref) for check in both for ref in check.refs.values()]
    requests = [request for found in pending if isinstance(found, Pending) for request in found.requests]
    assert len(set(requests)) == 1


def test_a_link_that_pins_its_app_picks_it_by_name_or_id() -> None:
    apps = [{"id": "1", "displayName": "X"}, {"id": "2", "displayName": "Y"}]
    for app, meant in (("Y", "2"), ("1", "1"), ("", None)):
        (check,) = checks(
            "applies-to: link\nsynchronization: {state: present}", of=estate(links=(Link("one", "shared", app),))
        )
        found = told({"servicePrincipals": apps}, check.refs).evidence(check.refs["sync-app"])
        assert (found.document["id"] if isinstance(found, Present) else None) == meant


def test_a_partner_is_found_however_its_id_is_spelled() -> None:
    (check, *_) = checks(
        f"applies-to: {{role: target}}\ncross-tenant-access: {{partners: {{{ONE}: {{state: present}}}}}}"
    )
    world = told({"partners": [{"tenantId": ONE.upper()}, {"tenantId": SHARED}]}, check.refs)
    assert isinstance(world.evidence(check.refs["partner"]), Present)


def test_what_was_once_final_is_remembered() -> None:
    answers = {request: answered([A]) for request in ref_requests("/things")}
    resolver = Resolver(answers)
    first = resolver.resolve(ref(ITEM))
    answers.clear()
    assert resolver.resolve(ref(ITEM)) is first
