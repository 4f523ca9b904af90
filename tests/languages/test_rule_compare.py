"""Comparing rules by meaning: exact against brute force on small alphabets, an equivalence, and bounded."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.languages import made_rules
from xtcheck.languages.rules import parse
from xtcheck.languages.rules.characters import same
from xtcheck.languages.rules.compare import Different, Equivalent, Outcome, Unproved, compare
from xtcheck.languages.rules.outcome import Inconclusive
from xtcheck.languages.rules.texts import fold

Json = Any

LETTERS = ["a", "b", "A"]
PATTERNS = ["a", "^a", "b", "^(ab)+", "a.b", "^[^a]*b", "^..?"]
SMALL = made_rules.joined(
    st.one_of(
        made_rules.text_comparisons("user.department", LETTERS, PATTERNS),
        made_rules.text_comparisons("user.city", LETTERS, PATTERNS),
        st.sampled_from(
            ["user.dirSyncEnabled -eq true", "user.dirSyncEnabled -ne true", "user.dirSyncEnabled -eq null"]
        ),
        made_rules.joined(made_rules.text_comparisons("_", LETTERS, PATTERNS)).map(
            "(user.otherMails -any ({}))".format
        ),
        made_rules.joined(made_rules.text_comparisons("_", LETTERS, PATTERNS)).map(
            "(user.otherMails -all ({}))".format
        ),
    )
)
SEVERAL = [None, *("".join(letters) for length in (1, 2, 3) for letters in itertools.product("abx", repeat=length))]
PEOPLE: list[dict[str, Json]] = [
    {"id": "1", "department": department, "city": city, "onPremisesSyncEnabled": synced, "otherMails": mails}
    for department in SEVERAL
    for city, synced, mails in ((None, None, []), ("ab", True, ["a"]), ("b", False, ["ab", "x"]), ("xa", None, ["bb"]))
]
SETTLED = {"null_negative": ("complement", "false"), "null_boolean": ("distinct", "false")}
READINGS = [dict(zip(SETTLED, chosen, strict=True)) for chosen in itertools.product(*SETTLED.values())]


def asked(one: str, other: str, **semantics: str) -> Outcome:
    return compare(parse(one, semantics=semantics), parse(other, semantics=semantics))


FEW, MANY = settings(max_examples=25), settings(max_examples=1_000, derandomize=False)


def agree_with_brute_force(one: str, other: str, semantics: dict[str, str]) -> None:
    left, right = parse(one, semantics=semantics), parse(other, semantics=semantics)
    found = compare(left, right)
    differing = next((each for each in PEOPLE if left.matches(each) is not right.matches(each)), None)
    match found:
        case Equivalent():
            assert differing is None
        case Different(witness, now):
            assert {left.matches(witness, now=now), right.matches(witness, now=now)} == {True, False}
        case Unproved():
            pytest.fail(f"everything is settled, and yet {found}")


def agree_on(one: str, other: str, user: dict[str, Json]) -> None:
    left, right = parse(one), parse(other)
    found = compare(left, right)
    if {left.matches(user), right.matches(user)} == {True, False}:
        assert not isinstance(found, Equivalent)
    if isinstance(found, Different):
        at_once = [rule.under({"processing_lag": "none"}) for rule in (left, right)]
        assert {rule.matches(found.witness, now=found.now) for rule in at_once} == {True, False}


REWRITTEN = [
    "-not (-not ({0}))",
    "({0}) -and (({0}) -or (user.city -eq null))",
    "(user.objectId -ne null) -and ({0})",
    "-not ((-not ({0})) -or (user.objectId -eq null))",
    "(({0}) -and (user.city -eq null)) -or (({0}) -and (user.city -ne null))",
]


def stay_equal(rule: str, way: str) -> None:
    found = asked(rule, way.format(rule))
    assert found == Equivalent() or (isinstance(found, Unproved) and "complex" in found.reason)
    assert asked(way.format(rule), rule) == found


def be_an_equivalence(one: str, two: str, three: str, semantics: dict[str, str]) -> None:
    assert asked(one, one) == Equivalent()
    first, second = asked(one, two), asked(two, one)
    assert type(first) is type(second)
    if isinstance(first, Unproved) and isinstance(second, Unproved):
        assert first.items == second.items
    if asked(one, two, **semantics) == Equivalent() == asked(two, three, **semantics):
        assert asked(one, three, **semantics) == Equivalent()


FOLDING = ["s", "ß", "ss", "\ufb01", "fi", "i", "x"]
FOLDED = made_rules.joined(
    made_rules.text_comparisons("user.department", FOLDING, ["^.$", "^..$", "ß", "s", "^[^s]*$", "i$"])
)
WORDS = ["".join(letters) for length in (1, 2, 3) for letters in itertools.product("sßfi\ufb01x", repeat=length)]
FOLDED_READINGS: list[dict[str, str]] = [{}, {"case_folding": "full"}, {"case_folding": "simple"}]


def agree_on_folded(one: str, more: str, settled: dict[str, str]) -> None:
    both = f"({one}) -and ({more})"
    rules = [parse(each, semantics={"null_negative": "complement", **settled}) for each in (one, both)]
    found = compare(*rules)
    answers = [tuple(rule.matches({"id": "1", "department": word}) for rule in rules) for word in (None, *WORDS)]
    if (True, False) in answers or (False, True) in answers:
        assert not isinstance(found, Equivalent)
    if isinstance(found, Different):
        assert {rule.matches(found.witness) for rule in rules} == {True, False}
    assert not isinstance(found, Unproved) or found.items


ODDLY = made_rules.rules(texts=["user.department", "user.city", "user.telephoneNumber"])
LAWS = [
    pytest.param(agree_with_brute_force, (SMALL, SMALL, st.sampled_from(READINGS)), id="brute-force"),
    pytest.param(agree_on, (ODDLY, ODDLY, made_rules.users()), id="whoever-differs"),
    pytest.param(agree_on_folded, (FOLDED, FOLDED, st.sampled_from(FOLDED_READINGS)), id="folded"),
    pytest.param(stay_equal, (ODDLY, st.sampled_from(REWRITTEN)), id="rewritten"),
    pytest.param(be_an_equivalence, (SMALL, SMALL, SMALL, st.sampled_from(READINGS)), id="equivalence"),
]


@pytest.mark.parametrize("law, made", LAWS)
def test_comparing_obeys_its_laws(law: Callable[..., None], made: tuple[st.SearchStrategy[Any], ...]) -> None:
    FEW(given(*made)(law))()


@pytest.mark.soak
@pytest.mark.parametrize("law, made", LAWS)
def test_comparing_obeys_its_laws_for_long(law: Callable[..., None], made: tuple[st.SearchStrategy[Any], ...]) -> None:
    MANY(given(*made)(law))()


BOSS = "62e19b97-8b3d-4d4a-a106-4ce66896a863"
PLANS = "user.assignedPlans -any"
DEPARTMENT = 'user.department -eq "Sales"'


@pytest.mark.parametrize(
    "one, other",
    [
        (DEPARTMENT, 'user.department -eq "SALES"'),
        (DEPARTMENT, 'user.department -in ["sales", "Sales"]'),
        ('user.department -match "ago"', 'user.department -contains "AGO"'),
        (r'user.mail -match "@contoso\.com$"', 'user.mail -endsWith "@contoso.com"'),
        (r'user.department -match "^(Sales|Marketing)\z"', 'user.department -in ["Marketing", "Sales"]'),
        ('user.department -match "^[a-z]+"', 'user.department -match "^[A-Z]"'),
        ('user.objectId -eq "everybody"', "user.objectId -eq null"),
        ('(user.objectId -ne null) -and (user.userType -eq "Member")', 'user.userType -eq "Member"'),
        ('user.department -eq "K"', 'user.department -eq "\u212a"'),
        ('user.department -eq ""', "(user.city -eq null) -and (user.city -ne null)"),
        (
            "user.employeeHireDate -ge 2020-01-01T00:00:00Z",
            "user.employeeHireDate -ge 2020-01-01T02:00:00+02:00",
        ),
        (
            'user.proxyAddresses -any (_ -startsWith "smtp:")',
            '-not (user.proxyAddresses -all (_ -notStartsWith "SMTP:"))',
        ),
        (
            f"{PLANS} (assignedPlan.service -eq 'SCO' -or assignedPlan.service -eq 'Exchange')",
            f"({PLANS} (assignedPlan.service -eq 'SCO')) -or ({PLANS} (assignedPlan.service -eq 'exchange'))",
        ),
        (f'Direct Reports for "{BOSS}"', f'Direct Reports for "{BOSS.upper()}"'),
        ('user.department -match "(?=a)b"', '(user.department -match "(?=a)b") -and (user.department -ne null)'),
    ],
)
def test_these_select_the_same_people(one: str, other: str) -> None:
    assert asked(one, other) == Equivalent()
    assert asked(other, one) == Equivalent()


@pytest.mark.parametrize(
    "one, other, key, value",
    [
        (DEPARTMENT, 'user.department -in ["Sales", "Marketing"]', "department", "marketing"),
        ('user.mail -match "@a.com$"', 'user.mail -endsWith "@a.com"', "mail", "@axcom"),
        (DEPARTMENT, "user.department -eq null", "department", "sales"),
        ("user.accountEnabled -eq true", "user.accountEnabled -eq null", "accountEnabled", True),
        ('user.telephoneNumber -eq "1"', "user.telephoneNumber -eq null", "businessPhones", ["1"]),
        (
            'user.extensionAttribute7 -eq "1"',
            "user.extensionAttribute7 -eq null",
            "onPremisesExtensionAttributes",
            {"extensionAttribute7": "1"},
        ),
        ('user.otherMails -any (_ -eq "a")', 'user.otherMails -all (_ -eq "a")', "otherMails", ["a", "x"]),
        (
            f"{PLANS} (assignedPlan.service -eq '1' -and assignedPlan.capabilityStatus -eq '2')",
            f"({PLANS} (assignedPlan.service -eq '1')) -and ({PLANS} (assignedPlan.capabilityStatus -eq '2'))",
            "assignedPlans",
            [{"service": "1", "capabilityStatus": "x"}, {"service": "x", "capabilityStatus": "2"}],
        ),
        (f'Direct Reports for "{BOSS}"', "user.objectId -eq null", "manager", {"id": BOSS}),
    ],
)
def test_somebody_shows_the_difference(one: str, other: str, key: str, value: Json) -> None:
    found = asked(one, other)
    assert isinstance(found, Different)
    assert found.witness[key] == value


@pytest.mark.parametrize(
    "one, other, settled, value",
    [
        ('user.department -match "ß"', "user.department -eq null", {}, "ß"),
        ('user.department -match "ß"', '{0} -and user.department -eq "x"', {"case_folding": "full"}, "ß"),
        ('user.department -eq "ss"', '{0} -and user.department -notMatch "^.$"', {"case_folding": "full"}, "ß"),
        ('user.department -endsWith "s"', '{0} -and user.department -notMatch "ß"', {"case_folding": "full"}, "ß"),
        ('user.department -startsWith "fx"', '{0} -and user.department -match "^f"', {"case_folding": "full"}, None),
        ('user.department -contains "fi"', '{0} -and user.department -match "f"', {"case_folding": "full"}, "\ufb01"),
    ],
)
def test_patterns_see_a_text_as_it_is_and_literals_as_it_folds(
    one: str, other: str, settled: dict[str, str], value: str | None
) -> None:
    found = asked(one, other.format(one), null_negative="complement", **settled)
    if value is None:
        assert found == Equivalent()
    else:
        assert isinstance(found, Different)
        assert found.witness["department"] == value


@pytest.mark.parametrize(
    "one, other, items",
    [
        ('user.department -ne "Sales"', '(user.department -ne "Sales") -and (user.department -ne null)', ["A-08"]),
        ("user.accountEnabled -eq false", "-not (user.accountEnabled -eq true)", ["A-12"]),
        ('user.department -eq "Straße"', 'user.department -eq "Strasse"', ["A-18"]),
        ('user.department -eq "ss"', 'user.department -eq "ss" -and user.department -match "^.."', ["A-18"]),
        ('user.department -match "ss"', 'user.department -contains "ss"', ["A-18"]),
        ('user.department -match "^Sales$"', DEPARTMENT, ["A-15"]),
        ('user.department -match "(?=a)b"', 'user.department -match "(?=b)b"', ["pattern"]),
        (
            "user.employeeHireDate -ge 2020-01-01T00:00:00Z",
            "-not (user.employeeHireDate -le 2020-01-01T00:00:00Z) -and (user.employeeHireDate -ne null)",
            ["A-10"],
        ),
        ("user.memberOf -any (group.objectId -in ['a'])", DEPARTMENT, ["memberOf"]),
    ],
)
def test_what_hangs_on_an_open_point_names_it(one: str, other: str, items: list[str]) -> None:
    found = asked(one, other)
    assert isinstance(found, Unproved)
    assert list(found.items) == items


def test_where_only_a_line_break_at_the_end_matters_it_is_said_so() -> None:
    found = asked('user.department -match "^Sales$"', DEPARTMENT)
    assert isinstance(found, Unproved)
    assert "before a line break that ends the value (A-15)" in found.reason


def test_many_questions_about_one_collection_are_one_where_they_can_be() -> None:
    some = [f'(user.proxyAddresses -any (_ -contains "d{n}"))' for n in range(20)]
    every = [f'(user.proxyAddresses -all (_ -notContains "d{n}"))' for n in range(20)]
    assert asked(" -or ".join(some), " -or ".join(reversed(some))) == Equivalent()
    assert asked(" -or ".join(some), f"-not ({' -and '.join(every)})") == Equivalent()
    assert isinstance(asked(" -or ".join(some), " -or ".join(some[1:])), Different)


def test_a_point_that_is_settled_is_no_longer_named() -> None:
    one, other = 'user.department -ne "Sales"', f"-not ({DEPARTMENT})"
    assert isinstance(asked(one, other), Unproved)
    assert asked(one, other, null_negative="complement") == Equivalent()
    assert isinstance(asked(one, other, null_negative="false"), Different)


def test_bounds_that_move_meet_those_that_do_not_in_every_order() -> None:
    found = asked("user.employeeHireDate -ge 2020-01-01T00:00:00Z", "user.employeeHireDate -ge system.now -minus P1D")
    assert isinstance(found, Different)
    assert found.now is not None


EXPLODING = [
    ('user.department -match "a(a|b){18}$"', 'user.department -match "a(a|b){17}(a|b)$"'),
    tuple(
        " -and ".join(f'(user.department -contains "{letter}{letter}{letter}")' for letter in letters)
        for letters in ("abcdefghijklmnop", "abcdefghijklmnopq")
    ),
    ('user.department -match "' + "a?" * 700 + 'b"', 'user.department -match "' + "a?" * 700 + 'c"'),
    ('user.department -match "((^a|b){50}|c){50}"', 'user.department -match "((^a|b){50}|c){50}x"'),
    ('user.department -match "(^a|b){60}"', 'user.department -match "(^a|b){61}"'),
]


@pytest.mark.parametrize("pair", EXPLODING, ids=["counting", "independent", "nested", "copies", "more-copies"])
def test_a_pair_that_explodes_ends_as_unproved(pair: tuple[str, str]) -> None:
    found = asked(*pair)
    assert isinstance(found, Unproved)
    assert "too complex" in found.reason


def test_the_work_is_counted_so_that_it_ends_the_same_way_everywhere() -> None:
    one, other = parse(EXPLODING[1][0]), parse(EXPLODING[1][1])
    assert isinstance(compare(one, other, steps=100), Unproved)
    assert isinstance(compare(parse(DEPARTMENT), parse('user.city -eq "x"'), steps=100), Unproved)
    assert isinstance(compare(parse(DEPARTMENT), parse('user.city -eq "x"')), Different)


def test_anchors_in_repetitions_of_repetitions_are_split_once() -> None:
    nested = "(" * 40 + "^a" + "|b)*" * 40
    assert isinstance(asked(f'user.department -match "{nested}"', f'user.department -match "{nested}x"'), Different)


def test_a_pattern_that_grows_when_it_is_compiled_is_left_open() -> None:
    huge = "((((^a|b){50}|c){50}|d){50}x){50}"
    rule = parse(f'user.department -match "{huge}"')
    assert rule.matches({"department": "a"}) == Inconclusive(("A-15",))
    found = asked(f'user.department -match "{huge}"', f'user.department -match "{huge}x"')
    assert isinstance(found, Unproved)
    assert list(found.items) == ["pattern"]


def test_rules_about_devices_are_not_compared_unless_they_are_the_same() -> None:
    device = 'device.displayName -eq "a"'
    assert asked(device, device) == Equivalent()
    assert isinstance(asked(device, 'device.displayName -eq "b"'), Unproved)
    assert isinstance(asked(device, DEPARTMENT), Unproved)


@given(st.characters(exclude_categories=["Cs"]))
@example("ẞ")
@example("\u13a0")
def test_automata_and_comparisons_fold_alike(character: str) -> None:
    assert {fold(chr(point)) for low, high in same(character) for point in range(low, high + 1)} == {fold(character)}
    assert fold(character).casefold() == character.casefold()
