"""Automata against brute force: over few letters, every short word is tried."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.languages.rules import regular
from xtcheck.languages.rules.automata import Budget, Exhausted, Languages, Term
from xtcheck.languages.rules.characters import EVERY, Alphabet, alphabet, any_case, folded, holds, of, others, same
from xtcheck.languages.rules.regular import Refused
from xtcheck.languages.rules.searches import Search, families

WORDS = ["".join(letters) for length in range(5) for letters in itertools.product("abX-", repeat=length)]
PIECES = ["a", "b", "c", "A", ".", "[ab]", "[^a]", r"\w", "^", "$", r"\A", r"[a-c]{2}", ""]


def patterns() -> st.SearchStrategy[str]:
    """Regular expressions with anchors in every place."""
    return st.recursive(
        st.sampled_from(PIECES),
        lambda inner: st.one_of(
            st.builds("{}{}".format, inner, inner),
            st.builds("(?:{}|{})".format, inner, inner),
            st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}", "*?"])),
        ),
        max_leaves=6,
    )


def language(pattern: str, steps: int = 100_000) -> tuple[Languages, Alphabet, Term]:
    tree = regular.parse(pattern)
    letters = alphabet(families(tree))
    budget = Budget(steps)
    languages = Languages(len(letters.blocks), budget)
    return languages, letters, Search(languages, letters.mask, budget).found(tree)


def accepts(languages: Languages, letters: Alphabet, term: Term, word: str) -> bool:
    for character in word:
        block = next(at for at, block in enumerate(letters.blocks) if holds(block, character))
        term = languages.follow(term, block)
    return term.nullable


@given(patterns(), st.lists(st.sampled_from(WORDS), max_size=40))
def test_a_search_finds_what_python_finds(pattern: str, words: list[str]) -> None:
    try:
        languages, letters, term = language(pattern)
    except Refused:
        return
    python = re.compile(pattern, re.IGNORECASE)
    for word in words:
        assert accepts(languages, letters, term, word) is (python.search(word) is not None), word


@given(st.lists(st.tuples(patterns(), st.booleans()), min_size=1, max_size=3))
def test_a_shortest_word_of_what_is_wanted_and_denied_is_found_if_there_is_one(wanted: list[tuple[str, bool]]) -> None:
    try:
        trees = [(regular.parse(source), holds_) for source, holds_ in wanted]
    except Refused:
        return
    letters = alphabet(set().union(*(families(tree) for tree, _ in trees)) | {of(each) for each in "abX-"})
    budget = Budget(100_000)
    languages = Languages(len(letters.blocks), budget)
    search = Search(languages, letters.mask, budget)
    terms = [search.found(tree) if holds_ else languages.negation(search.found(tree)) for tree, holds_ in trees]
    found = languages.shortest(languages.intersection(terms))
    pythons = [(re.compile(source, re.IGNORECASE), holds_) for source, holds_ in wanted]

    def fits(word: str) -> bool:
        return all((python.search(word) is not None) is holds_ for python, holds_ in pythons)

    brute = next(filter(fits, WORDS), None)
    if found is not None:
        assert fits(letters.word(found))
    assert brute is None or (found is not None and len(found) <= len(brute))


def test_denial_union_and_intersection_are_what_they_say() -> None:
    languages = Languages(3, Budget(10_000))
    a, b = languages.letter(0b001), languages.letter(0b010)
    two = languages.chain(a, b)
    assert languages.negation(languages.negation(two)) is two
    assert languages.union((two, languages.negation(two))) is languages.everything
    assert languages.intersection((two, languages.negation(two))) is languages.nothing
    assert languages.union((a, two)) is languages.union((two, a, a))
    assert languages.intersection((languages.some, languages.everything)) is languages.some


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\bIT\b", "(?=a)b", "(?<=a)b", "(?!a)", r"(a)\1", r"(?<n>a)\k<n>", "(?>a)", "(?-i)a", "(?m)^a"),
        *("[a-z-[aeiou]]", r"\p{Lu}", r"\p{IsGreek}", "a**", "*a", "a{2}{3}", "(a", "a)", "[a", r"a\z$", "a$b"),
        *("(a$)*", r"\e1\q", "a{2,1}"),
    ],
)
def test_what_is_no_regular_language_or_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Refused):
        regular.parse(pattern)


def test_work_is_bounded_and_counted_not_timed() -> None:
    def left() -> int:
        budget = Budget(5_000)
        one, other = regular.parse("a(a|b){14}$"), regular.parse("a(a|b){13}(a|b)$")
        letters = alphabet(families(one))
        languages = Languages(len(letters.blocks), budget)
        search = Search(languages, letters.mask, budget)
        differing = languages.intersection((search.found(one), languages.negation(search.found(other))))
        with pytest.raises(Exhausted):
            languages.shortest(differing)
        return budget.left

    assert left() == left()


def test_looking_for_anchors_in_a_pattern_is_work_too() -> None:
    nested = regular.parse("(" * 50 + "^a" + "|b)*" * 50)
    letters = alphabet(families(nested))
    with pytest.raises(Exhausted):
        Search(Languages(len(letters.blocks), Budget(10_000)), letters.mask, Budget(40)).found(nested)
    budget = Budget(2_000)
    Search(Languages(len(letters.blocks), Budget(10_000)), letters.mask, budget).found(nested)
    assert budget.left > 0


def test_a_pattern_nested_too_deeply_is_refused_before_the_stack_ends() -> None:
    with pytest.raises(Refused):
        regular.parse("(" * 500 + "a" + ")" * 500)
    with pytest.raises(Exhausted):
        language("a?" * 900 + "b", steps=10**7)


@given(st.characters(exclude_categories=["Cs"]))
def test_characters_that_equal_each_other_fold_alike(character: str) -> None:
    assert holds(same(character), character)
    assert all(
        folded(chr(point)) == folded(character) for low, high in same(character) for point in range(low, high + 1)
    )
    assert holds(any_case(of(character)), folded(character))


def test_simple_folding_is_simple() -> None:
    assert {folded(each) for each in "ßẞ"} == {"ß"}
    assert {folded(each) for each in "kK\u212a"} == {"k"}
    assert {folded(each) for each in "sS\u017f"} == {"s"}
    assert folded("İ") == "İ"


@given(st.lists(st.text(max_size=6), max_size=4))
def test_an_alphabet_parts_all_characters_and_tells_its_sets_apart(texts: list[str]) -> None:
    sets = [of(text) for text in texts]
    found = alphabet(sets)
    for character in "".join(texts) + "q\x00\U0010ffff":
        assert sum(holds(block, character) for block in found.blocks) == 1
    for ranges in sets:
        for block, shown in zip(found.blocks, found.shown, strict=True):
            inside = holds(ranges, shown)
            assert all(holds(ranges, chr(end)) is inside for low, high in block for end in (low, high))
    assert others(others(EVERY)) == EVERY
