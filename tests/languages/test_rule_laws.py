"""Laws of membership rules, on rules and users that hypothesis makes up."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.languages import naive
from tests.languages.rule_strategies import NOW, alone, trees, users
from xtcheck.errors import RuleError
from xtcheck.languages.rules import Answer, Inconclusive, Rule, parse
from xtcheck.languages.rules.printer import printed
from xtcheck.languages.rules.semantics import REGISTER
from xtcheck.languages.rules.syntax import Not, Tree, both, either

Json = Any
FEW, MANY = 40, 4000

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
WORDS = st.sampled_from(
    [
        "user.department", "user.accountEnabled", "user.otherMails", "user.assignedPlans", "user.employeeHireDate",
        "device.displayName", "user.memberOf", "group.objectId", "assignedPlan.service", "_", "-eq", "ne", "–ne", "-in",
        "-match", "-any", "-all", "-and", "or", "-not", "-ge", "(", ")", "[", "]", ",", '"a"', "'b'", '"(a"', "null",
        "$null", "true", "system.now", "-plus", "P1D", "2020-06-10T18:13:20Z", "5", "Direct", "Reports", "for", "“",
        "`",
    ]
)  # fmt: skip


def kept(answer: Answer) -> bool | None:
    return None if isinstance(answer, Inconclusive) else answer


def printing_parses_back(tree: Tree) -> None:
    rule = parse(printed(tree))
    assert rule.tree == tree
    assert parse(str(rule)) == rule


def nothing_but_a_mistake_is_raised(text: str) -> None:
    try:
        rule = parse(text)
    except RuleError as error:
        mistake = error
    else:
        assert parse(str(rule)) == rule
        return
    lines = text.split("\n")
    assert 1 <= mistake.line <= len(lines)
    assert 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1
    assert mistake.text
    assert mistake.hint


def all_answer_alike(tree: Tree, user: Json) -> None:
    assert kept(Rule(tree).matches(user, now=NOW)) is naive.answer(tree, user, NOW), printed(tree)


def explaining_answers_as_matching(tree: Tree, user: Json) -> None:
    rule = Rule(tree)
    explained = rule.explain(user, now=NOW)
    assert explained.answer == rule.matches(user, now=NOW)
    assert str(explained).count("\n") == _parts(explained.document())
    assert set(explained.points()) == set(explained.answer.items if isinstance(explained.answer, Inconclusive) else ())


def _parts(document: Json) -> int:
    return sum(1 + _parts(part) for part in document["parts"])


def de_morgan(one: Tree, other: Tree, user: Json) -> None:
    for outer, inner in ((both, either), (either, both)):
        assert Rule(Not(outer(one, other))).matches(user, now=NOW) == Rule(inner(Not(one), Not(other))).matches(
            user, now=NOW
        )


def an_answer_holds_under_every_reading(tree: Tree, user: Json) -> None:
    """And what is open for want of a reading is closed by settling it."""
    rule = Rule(tree)
    answer = rule.matches(user, now=NOW)
    keys = {REGISTER[item].key: REGISTER[item].readings for item in rule.open_points}
    settled: list[dict[str, str]] = [{}]
    for key, readings in keys.items():
        settled = [{**one, key: reading} for one in settled for reading in readings]
    answers = [rule.under(each).matches(user, now=NOW) for each in settled]
    if isinstance(answer, bool):
        assert answers == [answer] * len(settled)
    elif set(answer.items) <= set(rule.open_points):
        assert set(map(kept, answers)) == {True, False}
    else:
        assert any(isinstance(each, Inconclusive) for each in answers)


LAWS = {
    printing_parses_back: (trees(TEXTS) | alone(TEXTS),),
    nothing_but_a_mistake_is_raised: (
        st.text(max_size=80) | st.lists(WORDS, max_size=14).map(" ".join) | st.text(string.printable, max_size=40),
    ),
    all_answer_alike: (trees(), users()),
    explaining_answers_as_matching: (trees(), users()),
    de_morgan: (trees(), trees(), users()),
    an_answer_holds_under_every_reading: (trees(), users()),
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Any) -> None:
    settings(max_examples=FEW, deadline=None)(given(*LAWS[law])(law))()


@pytest.mark.soak
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_for_long(law: Any) -> None:
    settings(max_examples=MANY, deadline=None)(given(*LAWS[law])(law))()


@pytest.mark.parametrize("open_", ["(", "-not ", "-not(", '((user.city -eq "a") -or '])
def test_depth_is_refused_and_never_the_end_of_the_stack(open_: str) -> None:
    with pytest.raises(RuleError, match="inside each other"):
        parse(open_ * (3000 // len(open_)))


def test_a_rule_may_have_3072_characters_and_no_more() -> None:
    longest = 'user.city -eq "' + "x" * 3056 + '"'
    assert len(longest) == 3072
    assert str(parse(longest)) == longest
    with pytest.raises(RuleError, match=r"column 3073: the rule has 3073 characters; at most 3072 are taken"):
        parse(longest + " ")


def test_a_mistake_on_a_later_line_is_placed_there() -> None:
    with pytest.raises(RuleError, match="line 3, column 17: an operator and a value are missing"):
        parse('user.city -eq "a"\n-and\n       user.city\n')
