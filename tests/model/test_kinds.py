"""What is true of every kind and every row of the tables."""

from __future__ import annotations

import re
from collections import Counter
from typing import TypeVar

import pytest

from tests.documents.estates import GUID, ONE, estate
from xtcheck import paths
from xtcheck.estate import Scope
from xtcheck.kinds import KINDS, rows
from xtcheck.model import Call, Columns, Each, Get, Grade, Kind, List, Ref, Setting
from xtcheck.permissions import chain, permission
from xtcheck.policy.places import place_of
from xtcheck.policy.slots import SLOTS

SLOTTED = {
    "partner": (ONE, "one"), "group": ("A", "A"), "attribute": ("mail", "mail"), "permission-set": ("P", "P"),
    "person": ("a@b.c", "a@b.c"), "account": ("111122223333", "111122223333"),
    "portal": ("corp", "corp"),
}  # fmt: skip
ROWS = list(rows())
Thing = TypeVar("Thing")


def scope_of(kind: Kind) -> Scope:
    """A scope in which every object of the kind can be named."""
    declared = estate(secrets=True)
    subject = {
        "tenant": Scope(declared, tenant=declared.tenants["shared"]),
        "link": Scope(declared, link=declared.links[0]),
        "aws": Scope(declared, aws=declared.aws["main"]),
    }[kind.subject]
    for slot, (value, label) in SLOTTED.items():
        subject = subject.named(slot, value, label)
    return subject


def reads(kind: Kind, setting: Setting) -> dict[str, Ref]:
    scope = scope_of(kind)
    return dict(setting.reads(scope)) if setting.reads else {kind.name: kind.ref(scope)}


def row_id(row: object) -> str:
    return row.key if isinstance(row, Setting) else getattr(row, "name", "")


each_row = pytest.mark.parametrize("kind, setting", ROWS, ids=row_id)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=row_id)


def test_names_of_kinds_are_unique() -> None:
    assert not [name for name, count in Counter(kind.name for kind in KINDS).items() if count > 1]


def test_no_two_rows_stand_at_one_place() -> None:
    places = Counter((kind.subject, place_of(kind, setting)) for kind, setting in ROWS)
    assert not [place for place, count in places.items() if count > 1]


def test_no_two_rows_have_one_name() -> None:
    """Names of checks are made of the kind's label and the row's key; equal ones would be taken for one check."""
    names = Counter((kind.subject, kind.label, setting.key) for kind, setting in ROWS)
    assert not [name for name, count in names.items() if count > 1]


def test_every_slot_is_one_that_a_test_can_fill() -> None:
    assert set(SLOTTED) == set(SLOTS)


@each_row
def test_a_row_is_documented_in_sentences(kind: Kind, setting: Setting) -> None:
    assert re.fullmatch(r"[A-Z].*\.", setting.doc)


@each_row
def test_a_row_says_what_to_do_about_a_drift(kind: Kind, setting: Setting) -> None:
    assert setting.remedy.strip()


@each_row
def test_a_key_is_kebab_case_or_a_slot(kind: Kind, setting: Setting) -> None:
    keys = [*kind.place.split("."), *setting.key.split(".")]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|<[a-z-]+>", key) for key in keys)


@each_row
def test_every_open_key_is_a_known_slot(kind: Kind, setting: Setting) -> None:
    assert set(re.findall(r"<([a-z-]+)>", f"{kind.place}.{setting.key}.{kind.label}")) <= set(SLOTS)


@each_row
def test_a_label_names_every_slot_of_its_place(kind: Kind, setting: Setting) -> None:
    place, name = ".".join(place_of(kind, setting)), f"{kind.label}.{setting.key}"
    assert set(re.findall("<.*?>", place)) == set(re.findall("<.*?>", name))


@each_row
def test_a_path_is_read_to_its_end(kind: Kind, setting: Setting) -> None:
    assert "".join(found[0] for found in paths._STEP.finditer(setting.path)) == setting.path
    assert not setting.path or paths.parse(setting.path, {slot: value for slot, (value, _) in SLOTTED.items()})


@each_row
def test_a_row_has_one_way_to_its_value(kind: Kind, setting: Setting) -> None:
    assert [bool(setting.path), setting.view is not None, setting.presence].count(True) <= 1
    assert setting.view is not None or setting.reads is None


@each_row
def test_a_row_that_hangs_on_more_than_its_value_tells_how_it_breaks(kind: Kind, setting: Setting) -> None:
    assert bool(setting.breaks) == (setting.view is not None or setting.idle is not None)
    assert {wanted.read for wanted in setting.breaks} <= set(reads(kind, setting))


@each_row
def test_what_a_person_alone_knows_can_be_attested(kind: Kind, setting: Setting) -> None:
    assert setting.attestable or setting.grade is not Grade.ATTESTED
    assert setting.attestable == bool(kind.opt_in or setting.grade is not Grade.EXACT)


@each_row
def test_the_evidence_of_a_row_can_be_asked_for(kind: Kind, setting: Setting) -> None:
    for ref in reads(kind, setting).values():
        top = list(chain(ref.kind))[-1]
        assert top.source is not None or setting.grade is Grade.ATTESTED or setting.reads


@each_kind
def test_what_graph_tells_has_a_permission(kind: Kind) -> None:
    if isinstance(kind.source, Columns | Get | List):
        assert re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)+", permission(kind))


@each_kind
def test_what_is_no_source_of_its_own_is_an_item_of_its_parent(kind: Kind) -> None:
    if kind.source is None and kind.pick:
        assert kind.parent is not None


@each_kind
def test_a_source_names_only_what_leads_to_it(kind: Kind) -> None:
    source = kind.source.call if isinstance(kind.source, Each) else kind.source
    templates = source.parameters.values() if isinstance(source, Call) else [getattr(source, "url", "")]
    words = {word for template in templates for word in re.findall(r"\{([a-z][\w.-]*)\}", template, re.IGNORECASE)}
    above = {ancestor.name for ancestor in chain(kind)} - {kind.name}
    own = {"key", "key.stem", "select"} | ({"item"} if isinstance(kind.source, Each) else set())
    assert not {word for word in words if word not in own and word.split(".")[0] not in above | {"item"}}


@each_kind
def test_an_object_is_named_by_slots_and_tenants_of_its_scope(kind: Kind) -> None:
    ref = kind.ref(scope_of(kind))
    assert "{" not in ref.key
    assert ref.place in {"one", "shared", "aws-main"}


@each_kind
def test_a_select_names_what_rows_and_picks_need(kind: Kind) -> None:
    if "{select}" in getattr(kind.source, "url", ""):
        picked = {name for path in kind.pick.split("|") for name in re.findall(r"^\w+", path)}
        below = {
            word
            for child in KINDS
            if kind in chain(child)
            for word in re.findall(rf"{kind.name}\.(\w+)", str(child.source))
        }
        assert (picked | below | _asked_by_parts(kind)) - {*kind.fields} == set(), "name them in the kind's fields"


def _asked_by_parts(kind: Kind) -> set[str]:
    """The properties that rows name of what is read with this kind: they do not join its ``{select}`` themselves."""
    found = (
        re.match(r"\w+", setting.path)
        for part, setting in ROWS
        if part is not kind and next((link for link in chain(part) if link.source is not None), None) is kind
    )
    return {first[0] for first in found if first}


def test_a_partner_by_id_is_one_object_however_it_is_spelled() -> None:
    kind = next(kind for kind in KINDS if kind.name == "partner")
    scope = scope_of(kind)
    one = kind.ref(scope.named("partner", GUID.lower(), "x"))
    assert one == kind.ref(scope.named("partner", GUID.lower(), "y"))
