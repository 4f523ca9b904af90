"""Each type of value: what a policy may write, what the service may answer, and when the two agree."""

from __future__ import annotations

import pytest

from xtcheck import nodes
from xtcheck.errors import Mistake, Uninterpretable
from xtcheck.model import Json, Type
from xtcheck.values import (
    B2B,
    Absentable,
    AnyOf,
    AtLeast,
    Boolean,
    Choice,
    Findings,
    Inheritable,
    MappingSource,
    Names,
    NumberOrOff,
    Principals,
    Records,
    Text,
)
from xtcheck.values.findings import note, unknown
from xtcheck.values.scalars import near_miss, without_blanks


def parsed(type_: Type, text: str) -> Json:
    (document,) = nodes.parse(f"v: {text}\n", "f.yml")
    assert isinstance(document, nodes.Mapping)
    return type_.parse(document.entries[0][1])


def differs(type_: Type, stated: str, raw: Json) -> tuple[str, ...] | None:
    """None when a statement agrees with a raw value."""
    return type_.differences(parsed(type_, stated), type_.read(raw))


RULE = Text(without_blanks)
PROCESSING = Choice({"on": "On", "paused": "Paused", "none": None})
EVERYBODY = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
EVERYTHING = {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]}
ID, OTHER = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
ASSIGNED = [
    {"principalType": "Group", "principalId": ID, "principalDisplayName": "AWS Users"},
    {"principalType": "User", "principalId": OTHER, "principalDisplayName": "Sofia"},
    {"principalType": "ServicePrincipal", "principalId": "x", "principalDisplayName": "robot"},
]


def b2b(users: list[tuple[str, str]], access: str = "allowed") -> Json:
    targets = [{"target": target, "targetType": kind} for target, kind in users]
    return {"usersAndGroups": {"accessType": access, "targets": targets}, "applications": EVERYTHING}


def mapped(source: Json, flow: str = "Always", matching: int = 0, default: Json = None) -> Json:
    """An attribute mapping, as a job's schema has it."""
    return {"source": source, "flowType": flow, "matchingPriority": matching, "defaultValue": default}


def b2b_text(targets: str, access: str = "allowed") -> str:
    return f"{{users-and-groups: {{{access}: [{targets}]}}, applications: {{allowed: [AllApplications]}}}}"


@pytest.mark.parametrize(
    "type_, stated, raw",
    [
        (Boolean(), "true", True),
        (Boolean(), "'false'", False),
        (PROCESSING, "on", "On"),
        (PROCESSING, "on", "ON"),
        (PROCESSING, "none", None),
        (Text(), "PT1H", "PT1H"),
        (Text(str.upper), "pt1h", "PT1H"),
        (RULE, '(user.department  -eq "A  B")', '( user.department -eq "A  B" )'),
        (RULE, 'a -in ["x","y"]', 'a -in ["x", "y"]'),
        (AnyOf(Text()), "[a, b]", "b"),
        (AnyOf(Text()), "a", "a"),
        (AtLeast("days"), "30", 30),
        (AtLeast("days"), "{at-least: 030}", 31),
        (Inheritable(Boolean()), "inherit", None),
        (Inheritable(Boolean()), "false", False),
        (Names(), "[b, a]", ["a", "b"]),
        (Names(), "[]", []),
        (Names(), "{includes: [a]}", ["a", "b"]),
        (Names(ignore_case=True), "[A]", ["a"]),
        (Names(ignore_case=True), "[GROß]", ["groß"]),
        (Names(), f"[{ID.upper()}]", [{"name": "a", "id": ID}]),
        (Names(), "[mail]", [{"name": "a", "id": ID, "also": ["mail"]}]),
        (Principals(), "{groups: [AWS Users], users: [Sofia]}", ASSIGNED),
        (Principals(), f"{{groups: [{ID}], users: [{OTHER}]}}", ASSIGNED + ASSIGNED[:1]),
        (Principals(), "{includes: {groups: [AWS Users]}}", ASSIGNED),
        (Principals(), "{groups: {includes: [AWS Users]}, users: [Sofia]}", ASSIGNED),
        (Principals(), "{}", ASSIGNED[2:]),
        (Findings("complete"), "complete", []),
        (Findings("forbidden", "ids", ignore_case=True), "{forbidden: {except: [A]}}", ["a"]),
        (Findings("forbidden", "names"), "{forbidden: {except: [A]}}", ["A"]),
        (
            Records("things", {"a": "", "b": ""}),
            "[{a: 1, b: 2}, {b: 4, a: 3}]",
            [{"a": "3", "b": "4"}, {"a": "1", "b": "2"}],
        ),
        (MappingSource(), '{constant: "true"}', mapped({"type": "Constant", "expression": '"true"'})),
        (MappingSource(), "{constant: true}", mapped({"type": "Constant", "expression": "true"})),
        (MappingSource(), r"""{constant: 'a"b\c'}""", mapped({"type": "Constant", "expression": r'"a\"b\\c"'})),
        (MappingSource(), "{direct: mail}", mapped({"type": "Attribute", "expression": "[mail]"})),
        (
            MappingSource(),
            "{expression: 'Append( [a] ,\"x  y\")'}",
            mapped({"type": "Function", "expression": 'Append([a], "x  y")'}),
        ),
        (
            MappingSource(),
            "{direct: a, apply: on-create, matching: 1, default: x}",
            mapped({"type": "Attribute", "expression": "[a]"}, "ObjectAddOnly", 1, "x"),
        ),
        (MappingSource(), "{direct: a, default: null}", mapped({"type": "Attribute", "expression": "[a]"})),
        (Absentable(Text()), "absent", None),
        (Absentable(Text()), "absent", ""),
        (NumberOrOff("deletions"), "off", None),
        (NumberOrOff("deletions"), "500", 500),
        (B2B(), b2b_text(f"user {ID}, group {OTHER.upper()}"), b2b([(OTHER, "group"), (ID.upper(), "user")])),
        (B2B(), b2b_text("AllUsers"), b2b([("AllUsers", "user")])),
        (B2B(), b2b_text("AllUsers, AllUsers"), b2b([("AllUsers", "user")])),
        (B2B(), b2b_text("", "blocked"), b2b([], "blocked")),
        (Inheritable(B2B()), "inherit", None),
    ],
)
def test_a_statement_agrees_with_the_service(type_: Type, stated: str, raw: Json) -> None:
    assert differs(type_, stated, raw) is None


@pytest.mark.parametrize(
    "type_, stated, raw, lines",
    [
        (Boolean(), "true", False, []),
        (PROCESSING, "on", "Paused", []),
        (Text(), "PT1H", "PT8H", []),
        (Text(), "PT1H", None, []),
        (RULE, 'a -eq "A  B"', 'a -eq "A B"', ["they differ at character 9: U+0020 is expected, U+0042 is there"]),
        (RULE, 'a -eq "x"', 'a -eq "X"', ["they differ at character 7: U+0078 is expected, U+0058 is there"]),
        (AnyOf(Text()), "[a, b]", "c", []),
        (AtLeast("days"), "30", 29, ["29 days, at least 30 are expected"]),
        (Inheritable(Boolean()), "inherit", False, []),
        (Inheritable(Boolean()), "false", None, []),
        (Names(), "[a]", ["a", "b"], ["undeclared: b"]),
        (Names(), "[]", ["a", "a"], ["undeclared: a (x2)"]),
        (Names(), "{includes: [c]}", ["a"], ["missing: c"]),
        (
            Names(), "[A – B]", ["A - B"],
            ["missing: A – B", "undeclared: A - B",
             "'A – B' and 'A - B' differ only in dashes, quotes, case or blanks"],
        ),
        (Principals(), "{groups: [AWS Users]}", ASSIGNED, ["users undeclared: Sofia"]),
        (Principals(), "{}", ASSIGNED, ["groups undeclared: AWS Users", "users undeclared: Sofia"]),
        (Principals(), "{includes: {users: [Nikki]}}", ASSIGNED, ["users missing: Nikki"]),
        (Findings("complete"), "complete", ["a gap"], ["a gap"]),
        (
            Findings("forbidden", "ids", ignore_case=True), "{forbidden: {except: [x]}}",
            [unknown("a", "w"), "b", unknown("c", "w"), unknown("y", "w", ["X"]), note("n")],
            ["b", "not known: a, c: w"],
        ),
        (Names(ignore_case=True), "[Weiss]", ["Weiß"], ["missing: Weiss", "undeclared: Weiß",
            "'Weiss' and 'Weiß' differ only in dashes, quotes, case or blanks"]),
        (
            Records("things", {"a": ""}), "[{a: 1}]", [{"a": "2"}],
            ["missing: a 1", "undeclared: a 2"],
        ),
        (MappingSource(), "{constant: mail}", mapped({"type": "Attribute", "expression": "[mail]"}), []),
        (MappingSource(), "{constant: 'true'}", mapped({"type": "Constant", "expression": '"True"'}), []),
        (MappingSource(), "{direct: a}", mapped(None), []),
        (MappingSource(), "{direct: a, apply: always, matching: 0, default: x}",
         mapped({"type": "Attribute", "expression": "[a]"}, "ValueAddOnly", 2),
         ["apply: always is expected, value add only is there", "matching: 0 is expected, 2 is there",
          "default: x is expected, none is there"]),
        (Absentable(Text()), "absent", "x", []),
        (NumberOrOff("deletions"), "off", 500, []),
        (NumberOrOff("deletions"), "500", None, []),
        (Names(), "[DevOps]", ["devops"], ["missing: DevOps", "undeclared: devops",
                                           "'DevOps' and 'devops' differ only in dashes, quotes, case or blanks"]),
        (
            B2B(), b2b_text("AllUsers"), b2b([("AllUsers", "user")], "blocked"),
            ["users-and-groups: allowed AllUsers is expected, blocked AllUsers is there"],
        ),
        (
            B2B(), b2b_text("AllUsers"), {"usersAndGroups": None, "applications": EVERYTHING},
            ["users-and-groups: allowed AllUsers is expected, not set is there"],
        ),
    ],
)  # fmt: skip
def test_a_statement_differs_from_the_service(type_: Type, stated: str, raw: Json, lines: list[str]) -> None:
    found = differs(type_, stated, raw)
    assert found is not None
    assert list(found) == lines


@pytest.mark.parametrize(
    "type_, raw",
    [
        (Boolean(), None), (Boolean(), "true"), (Boolean(), 1), (PROCESSING, "Unknown"), (PROCESSING, True),
        (Text(), 3), (Text(), []), (Text(never_null=True), None), (AtLeast("days"), True), (AtLeast("days"), 1.5),
        (Inheritable(Boolean()), "x"), (Names(), None), (Names(), [3]), (Names(), [{"name": "a"}]), (Principals(), {}),
        (Principals(), [{"principalType": "Device", "principalId": "x"}]), (Principals(), ["x"]),
        (Findings("complete"), "x"), (Findings("complete"), [None]), (Records("things", {"a": ""}), [[]]),
        (Records("things", {"a": ""}), [{"a": 1}]), (MappingSource(), None),
        (MappingSource(), mapped({"type": "Constant"})),
        (MappingSource(), mapped({"type": "Guess", "expression": "x"})),
        (NumberOrOff("x"), True), (NumberOrOff("x"), "5"), (Absentable(Text()), 5),
        (Findings("complete"), [{"name": "a"}]), (B2B(), []),
        (Findings("complete"), [{"name": "a", "text": "b", "is": "else"}]),
        (Findings("complete"), [{"name": "a", "text": "b", "is": "unknown"}]),
        (B2B(), {"usersAndGroups": {"accessType": "maybe", "targets": []}}),
        (B2B(), {"usersAndGroups": {"accessType": "allowed", "targets": ["x"]}}),
        (B2B(), {"usersAndGroups": {"accessType": "allowed", "targets": [{"target": "x", "targetType": "device"}]}}),
    ],
)  # fmt: skip
def test_what_is_not_documented_is_not_interpreted(type_: Type, raw: Json) -> None:
    with pytest.raises(Uninterpretable):
        type_.read(raw)


def test_an_excepted_finding_leaves_unknown_what_is_not_known_of_others() -> None:
    type_, observed = Findings("forbidden", "ids"), ["x", unknown("a", "w"), unknown("b", "w", remedy="look")]
    with pytest.raises(Uninterpretable, match=r"^a, b: w$") as raised:
        differs(type_, "{forbidden: {except: [x]}}", observed)
    assert raised.value.remedy == "look"
    assert differs(type_, "{forbidden: {except: [x, a, b]}}", observed) is None


def test_a_name_is_excepted_as_it_is_spelled_and_so_is_what_is_declared() -> None:
    type_ = Findings("forbidden", "names")
    assert differs(type_, "{forbidden: {except: [A]}}", ["a", "A"]) == ("a",)
    assert type_.differences({"except": [], "declared": ["A"]}, ["a", "A"]) == ("a",)


def test_a_note_beside_findings_is_shown_and_counts_for_nothing() -> None:
    type_ = Findings("forbidden", "ids")
    assert differs(type_, "forbidden", [note("n")]) is None
    assert [type_.show(each) for each in ([note("n")], ["a", note("n")])] == ["forbidden; n", "a; n"]


def test_a_name_that_two_objects_have_is_ambiguous() -> None:
    twins = [{"name": "a", "id": "1"}, {"name": "a", "id": "2"}]
    with pytest.raises(Uninterpretable, match="2 of the names answer to 'a'; write the object's id instead"):
        differs(Names(), "[a]", twins)
    assert differs(Names(), "['1', '2']", twins) is None


@pytest.mark.parametrize(
    "expected, observed, said",
    [
        ("A – B", "A - B", "they differ at character 3: U+2013 is expected, U+002D is there"),
        ("A\u00a0B", "A B", "they differ at character 2: U+00A0 is expected, U+0020 is there"),
        ("“x”", '"x"', "they differ at character 1: U+201C is expected, U+0022 is there"),
        ("x", "x ", "they differ in length only (blanks at the end?)"),
        ("ab", "aB", "they differ at character 2: U+0062 is expected, U+0042 is there"),
        ("x", "y", None),
    ],
)
def test_texts_that_look_alike_are_told_apart_by_code_points(expected: str, observed: str, said: str | None) -> None:
    assert near_miss(expected, observed) == ((said,) if said else ())


@pytest.mark.parametrize(
    "type_, stated, shown",
    [
        (Names(), "[a, b]", "exactly a, b"),
        (Names(), "[]", "exactly none"),
        (Names(), "{includes: [a]}", "at least a"),
        (Names(), f"[{', '.join(f'n{number}' for number in range(14))}]",
         f"exactly {', '.join(f'n{number}' for number in range(12))} and 2 more"),
        (Principals(), "{groups: [a]}", "groups: exactly a; users: exactly none"),
        (Principals(), "{includes: {groups: [a]}}", "groups: at least a"),
        (Findings("forbidden", "ids"), "{forbidden: {except: [a]}}", "forbidden except a"),
        (Findings("complete"), "complete", "complete"),
        (AtLeast("days"), "30", "30 days"),
        (AnyOf(Text()), "[a, b]", "a or b"),
        (Records("things", {"a": "", "b": ""}), "[{b: 1, a: 2}]", "a 2, b 1"),
        (MappingSource(), '{constant: "true"}', 'constant "true"'),
        (Inheritable(Boolean()), "inherit", "inherit"),
        (B2B(), b2b_text("", "blocked"), "users-and-groups: blocked nobody, applications: allowed AllApplications"),
    ],
)  # fmt: skip
def test_a_statement_is_shown_in_a_policys_words(type_: Type, stated: str, shown: str) -> None:
    assert type_.show(parsed(type_, stated)) == shown


@pytest.mark.parametrize(
    "type_, stated, said",
    [
        (AtLeast("days"), "0", "at least 0 days: this would always hold"),
        (AtLeast("days"), "{at-least: 00}", "at least 0 days: this would always hold"),
        (AtLeast("days"), "\uff13\uff10", "a whole number of days was expected"),
        (AnyOf(Text()), "[]", "no value is acceptable"),
        (Text(), "~", "a text was expected, not ~"),
        (Names(), "[null]", "one of the names was expected, not null"),
        (Findings("complete"), "{complete: {except: [a]}}", "complete was expected, not a mapping"),
        (Findings("forbidden", "ids"), "{forbidden: [a]}", "forbidden was expected, not a list"),
    ],
)
def test_a_statement_that_says_nothing_is_a_mistake(type_: Type, stated: str, said: str) -> None:
    with pytest.raises(Mistake, match=said):
        parsed(type_, stated)
