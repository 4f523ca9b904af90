"""What is true of every type of value, whatever the service answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.test_values import ASSIGNED, EVERYTHING, ID, b2b, mapped, parsed
from xtcheck.errors import Uninterpretable
from xtcheck.kinds import rows
from xtcheck.model import Folding, Json, Type
from xtcheck.values import (
    B2B,
    Absentable,
    AnyOf,
    AsMapped,
    AsRule,
    AtLeast,
    AtMost,
    Boolean,
    Choice,
    Concluded,
    Findings,
    Grants,
    Inheritable,
    Labels,
    MappingSource,
    MembershipRule,
    Names,
    NumberOrOff,
    PolicyDocument,
    Principals,
    Records,
    Text,
    concluded,
)
from xtcheck.values.findings import note, unknown

HELD: Json = {
    "members": 1, "missing": [], "extra": [], "pending": [], "inconclusive": [], "unseen": [], "notes": [], "mark": "",
}  # fmt: skip
PEOPLE: Json = {
    "people": 1, "basis": "b", "grade": "exact", "notes": [], "mark": "", "missing": [], "different": [],
    "disabled": [], "enabled": [], "orphans": [], "leftovers": [], "pending": [], "inconclusive": [],
}  # fmt: skip
TYPES = list(dict.fromkeys(type(setting.type).__name__ for _, setting in rows()))
KNOWN: dict[str, tuple[Type, str, list[Json]]] = {
    "Boolean": (Boolean(), "true", [True, False]),
    "Choice": (Choice({"a": "A", "b": "B", "n": None, "t": True}), "a", ["A", "b", None, True]),
    "Text": (Text(), "x", ["x", "", None, "a b"]),
    "AnyOf": (AnyOf(Text()), "[x, y]", ["x", ""]),
    "AtLeast": (AtLeast("days"), "30", [30, 1, 400]),
    "AtMost": (AtMost("days"), "{at-most: 7}", [7, 0, 400]),
    "Concluded": (
        Concluded(AtMost("days")), "{at-most: 7}",
        [concluded(3, because="b"), concluded(0, 0, because="b", since=datetime(2026, 1, 1, tzinfo=UTC))],
    ),
    "Inheritable": (Inheritable(Boolean()), "true", [True, False, None]),
    "Absentable": (Absentable(Text()), "x", ["x", None, ""]),
    "NumberOrOff": (NumberOrOff("deletions"), "5", [5, 0, None]),
    "MembershipRule": (
        MembershipRule(), 'user.department -eq "x"',
        ['user.department -eq "x"', "(user.city -ne null)", '(user.department -eq "drifted")'],
    ),
    "AsRule": (AsRule(), "as-rule", [HELD]),
    "AsMapped": (AsMapped(), "as-mapped", [PEOPLE, {**PEOPLE, "people": 2, "notes": ["n"]}]),
    "Names": (Names(), "[x, y]", [[], ["x"], [{"name": "x", "id": "1", "also": ["z"]}]]),
    "Grants": (
        Grants("sets"), "{x: [a]}",
        [[], [{"name": "x", "id": "1", "grants": [{"name": "a", "id": "i"}]}],
         [{"name": "y", "id": "2", "also": ["X"], "grants": [{"name": "a", "id": "i", "how": "h"}], "barred": "w"}]],
    ),
    "Principals": (Principals(), "{groups: [x]}", [[], ASSIGNED, ASSIGNED[1:], ASSIGNED[2:]]),
    "Records": (Records("things", {"a": "", "b": ""}), "[{a: 1, b: 2}]", [[], [{"a": "1", "b": "2"}]]),
    "Findings": (
        Findings("complete", "ids"), "{complete: {except: [a]}}", [[], ["a"], ["a", unknown("b", "w"), note("n")]],
    ),
    "Labels": (Labels("tags"), "{a: x}", [[], [{"Key": "a", "Value": "x"}]]),
    "PolicyDocument": (
        PolicyDocument(), '{Version: "2012-10-17", Statement: {Effect: Deny, Action: "*", Resource: "*"}}',
        ["", '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": "*"}]}'],
    ),
    "MappingSource": (
        MappingSource(), "{constant: x}",
        [mapped({"type": "Constant", "expression": '"x"'}), mapped({"type": "Attribute", "expression": "[x]"})],
    ),
    "B2B": (
        B2B(), "{users-and-groups: {allowed: [AllUsers]}, applications: {allowed: [AllApplications]}}",
        [b2b([("AllUsers", "user")]), b2b([], "blocked"), {"usersAndGroups": None, "applications": None},
         {"applications": {**EVERYTHING, "accessType": "blocked"}}],
    ),
}  # fmt: skip
ANY_WORD = f"""
 among because since 2026-01-01
accessType allowed blocked targets target targetType user AllUsers usersAndGroups applications principalType User Group
principalId principalDisplayName name id also how grants barred type Constant Attribute Function expression a A {ID}
text source flowType matchingPriority defaultValue Always
"""
WORDS = st.sampled_from(ANY_WORD.split())
ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)

each_type = pytest.mark.parametrize("name", KNOWN)


def test_every_type_of_the_tables_is_known_here() -> None:
    assert set(TYPES) <= set(KNOWN)


@each_type
@given(raw=ANY)
def test_whatever_the_service_answers_is_read_or_not_interpreted(name: str, raw: Json) -> None:
    type_, stated, _ = KNOWN[name]
    try:
        observed = type_.read(raw)
        differences = type_.differences(parsed(type_, stated), observed)
    except Uninterpretable:
        return
    assert differences is None or all(isinstance(line, str) for line in differences)
    assert isinstance(type_.show(observed), str)


def as_stated(name: str, observed: Json) -> Json:
    """The statement that an observed value would meet."""
    match name:
        case "Names":
            return {"names": [item["id"] or item["name"] for item in observed], "exactly": True}
        case "Grants":
            return {each["id"]: as_stated("Names", each["grants"]) for each in observed if not each.get("barred")}
        case "Principals":
            return {part: as_stated("Names", items) for part, items in observed.items()}
        case "Findings":
            return {"except": [item["name"] if isinstance(item, dict) else item for item in observed]}
        case "AnyOf":
            return [observed]
        case "Concluded":
            return observed["among"][0]
        case "AsRule":
            return {"semantics": {}}
        case "AsMapped":
            return {"except": [], "semantics": {}}
        case _:
            return observed


SAMPLES = [(name, raw) for name, (_, _, raws) in KNOWN.items() for raw in raws]


@pytest.mark.parametrize("name, raw", SAMPLES)
def test_a_value_agrees_with_the_statement_of_itself(name: str, raw: Json) -> None:
    type_ = KNOWN[name][0]
    observed = type_.read(raw)
    assert type_.differences(as_stated(name, observed), observed) is None


def spelled(raw: Json, write: Callable[[str], str]) -> Json:
    """A raw value with all its texts written otherwise."""
    match raw:
        case str():
            return write(raw)
        case list():
            return [spelled(item, write) for item in raw]
        case dict():
            return {name: spelled(item, write) for name, item in raw.items()}
    return raw


FOLDED = [(name, raw) for name, raw in SAMPLES if isinstance(KNOWN[name][0], Folding)]


@pytest.mark.parametrize("name, raw", [*FOLDED, ("Folded", "Case"), ("Several", ["Case", "case2"])])
@pytest.mark.parametrize("write", [str.swapcase, " {} ".format, "{}x".format], ids=["case", "blanks", "more"])
def test_a_value_means_the_same_only_where_it_agrees_with_the_same(
    name: str, raw: Json, write: Callable[[str], str]
) -> None:
    more: dict[str, Type] = {"Folded": Text(str.lower), "Several": Names(ignore_case=True)}
    type_ = more.get(name) or KNOWN[name][0]
    assert isinstance(type_, Folding)
    other = spelled(raw, write)
    stated = as_stated("Names" if isinstance(type_, Names) else name, type_.read(raw))
    try:
        agrees = type_.differences(stated, type_.read(other)) is None
    except Uninterpretable:
        agrees = False
    assert type_.meaning(other) != type_.meaning(raw) or agrees


@pytest.mark.parametrize("type_, raw", [(Text(str.lower), "Case"), (Names(ignore_case=True), ["Case", "b"]),
                                        (AnyOf(Choice({"a": "A"})), "A"), (Inheritable(Choice({"a": "A"})), "A"),
                                        (Absentable(Text(str.upper)), "a"),
                                        (MembershipRule(), 'user.department -eq "x"')])  # fmt: skip
def test_a_value_in_another_letter_case_means_the_same_where_case_means_nothing(type_: Folding, raw: Json) -> None:
    small, large = (spelled(raw, write) for write in (str.lower, str.upper))
    assert type_.meaning(small) == type_.meaning(large)


def test_a_target_means_the_same_in_any_letter_case() -> None:
    small, large = b2b([(ID.lower(), "user")]), b2b([(ID.upper(), "user")])
    assert small != large
    assert B2B().meaning(small) == B2B().meaning(large)


@pytest.mark.parametrize("name, raw", SAMPLES)
def test_the_other_value_is_readable_and_disagrees(name: str, raw: Json) -> None:
    type_ = KNOWN[name][0]
    observed = type_.read(raw)
    assert type_.differences(as_stated(name, observed), type_.read(type_.other(raw))) is not None


@pytest.mark.parametrize("name", ["Boolean", "Choice", "Text", "Inheritable"])
def test_what_one_word_shows_a_policy_can_say(name: str) -> None:
    type_, _, raws = KNOWN[name]
    for raw in raws:
        observed = type_.read(raw)
        if observed != "":
            assert parsed(type_, type_.show(observed)) == observed


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    import json

    type_ = cast("Type", Text())
    assert type_.show(parsed(type_, json.dumps(text, ensure_ascii=False))) == text


@given(st.lists(st.sampled_from(["AllUsers", f"user {ID}", f"group {ID}"]), max_size=3), st.randoms())
def test_targets_are_a_set(targets: list[str], random: Json) -> None:
    shuffled = [*targets, *targets]
    random.shuffle(shuffled)
    text = "{{users-and-groups: {{allowed: [{}]}}, applications: {{allowed: []}}}}"
    type_ = cast("Type", B2B())
    assert parsed(type_, text.format(", ".join(targets))) == parsed(type_, text.format(", ".join(shuffled)))
