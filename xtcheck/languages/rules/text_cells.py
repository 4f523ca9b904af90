"""What rules ask of one text: which answers go together, shown by a shortest text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from xtcheck.languages.rules import patterns, regular
from xtcheck.languages.rules.automata import Budget, Languages, Term
from xtcheck.languages.rules.cells import LIKELY, Cell, Questions, Reading
from xtcheck.languages.rules.characters import (
    EVERY,
    Alphabet,
    Chars,
    alphabet,
    any_stable,
    either,
    of,
    others,
    same,
    stable,
)
from xtcheck.languages.rules.properties import ELEMENT, OBJECT_ID, PLAN, Property
from xtcheck.languages.rules.searches import Search, families
from xtcheck.languages.rules.syntax import And, Comparison, Not, Operator, Or, Text, Tree

ONE_LINE = frozenset({"user.userPrincipalName", "user.mail", "user.mailNickName", "user.usageLocation"}) | {
    each.name for each in (ELEMENT, *PLAN)
}
"""What holds no line break: addresses, names of services, codes."""
LINE_BREAK = of("\n")
HEXADECIMAL = of("0123456789abcdefABCDEF")
DASH = of("-")
GROUPS_OF_A_GUID = (8, 4, 4, 4, 12)


def pattern_of(tree: Comparison) -> regular.Pattern | None:
    """The regular expression of ``-match`` as far as automata go; None where it is outside, or in doubt."""
    return _pattern(tree.value.value) if isinstance(tree.value, Text) else None


@lru_cache(maxsize=1024)
def _pattern(text: str) -> regular.Pattern | None:
    if patterns.doubtful(text):
        return None
    try:
        return regular.parse(text)
    except regular.Refused:
        return None


class Texts:
    """One text: a property, or the element of a collection. Questions are trees that speak of it alone."""

    def __init__(self, property: Property, questions: Sequence[Tree]) -> None:
        self.property = property
        self.questions = questions
        self._comparisons = [each for question in questions for each in comparisons(question)]
        found = [pattern_of(each) for each in self._comparisons if each.operator is Operator.MATCH]
        self._patterns = [pattern for pattern in found if pattern is not None]

    @property
    def ends(self) -> bool:
        """Whether an answer may hang on a line break at the end."""
        return self.property.name not in ONE_LINE | {OBJECT_ID.name} and any(
            regular.has(each, regular.Anchor.END) for each in self._patterns
        )

    def folds(self) -> bool:
        """Whether an answer may hang on how case is folded: a question sees a letter that full folding replaces."""
        return not all(any_stable(block) for block in self._alphabet(LIKELY).blocks)

    def values(self, reading: Reading, budget: Budget, *, certain: bool = False) -> Words:
        """All that the text may be. With ``certain``, only where the readings of a line break agree."""
        letters = self._alphabet(reading)
        languages = Languages(len(letters.blocks), budget)
        made = _Terms(languages, letters, reading)
        domain = [made.guid() if self.property == OBJECT_ID else languages.some]
        if certain and self.ends:
            domain.append(languages.negation(made.ending(languages.letter(letters.mask(LINE_BREAK)))))
        terms = [made.term(question) for question in self.questions]
        null = list(map(of_null, self.questions)) if self.property.nullable else None
        return Words(languages, letters, languages.intersection(domain), terms, null)

    def _alphabet(self, reading: Reading) -> Alphabet:
        domain = stable() if reading.full else EVERY
        sets: set[Chars] = {LINE_BREAK}
        if self.property.name in ONE_LINE:
            domain = others(either(others(domain), LINE_BREAK))
        if self.property == OBJECT_ID:
            sets |= {HEXADECIMAL, DASH}
        for each in self._comparisons:
            sets |= {letter for text in literals(each) for letter in _letters(text, reading)}
        for pattern in self._patterns:
            sets |= families(pattern)
        return alphabet(sets, domain)


class Words:
    """All that a text may be, as languages: those of whom each question is true. ``null`` says what null answers."""

    def __init__(
        self, languages: Languages, letters: Alphabet, domain: Term, terms: list[Term], null: list[bool] | None
    ) -> None:
        self._languages = languages
        self._letters = letters
        self._domain = domain
        self._terms = terms
        self._null = null

    def find(self, yes: Questions, no: Questions) -> Cell | None:
        """The shortest text that answers so, or null."""
        made = self._languages
        wanted = [self._domain, *(self._terms[each] for each in sorted(yes))]
        wanted += [made.negation(self._terms[each]) for each in sorted(no)]
        word = made.shortest(made.intersection(wanted))
        if word is not None:
            return Cell((), self._letters.word(word))
        null = self._null
        fits = null is not None and all(null[each] for each in yes) and not any(null[each] for each in no)
        return Cell((), None) if fits else None


def comparisons(tree: Tree) -> Iterable[Comparison]:
    """All comparisons in a tree without quantifiers."""
    match tree:
        case Comparison():
            yield tree
        case Not(part):
            yield from comparisons(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from comparisons(part)
        case _:
            raise AssertionError("a question about a text is made of comparisons")


def of_null(tree: Tree) -> bool:
    """The answer where there is no value."""
    match tree:
        case Comparison(value=value):
            return value is None
        case Not(part):
            return not of_null(part)
        case And(parts):
            return all(map(of_null, parts))
        case Or(parts):
            return any(map(of_null, parts))
        case _:
            raise AssertionError("a question about a text is made of comparisons")


def literals(tree: Comparison) -> tuple[str, ...]:
    """The texts that a comparison takes literally."""
    match tree.value:
        case Text(value) if tree.operator is not Operator.MATCH:
            return (value,)
        case tuple(texts):
            return tuple(text.value for text in texts)
        case _:
            return ()


def _letters(text: str, reading: Reading) -> list[Chars]:
    return [of(each) for each in text.casefold()] if reading.full else [same(each) for each in text]


class _Terms:
    """From trees to languages over one alphabet."""

    def __init__(self, languages: Languages, letters: Alphabet, reading: Reading) -> None:
        self._languages = languages
        self._letters = letters
        self._reading = reading
        self._search = Search(languages, letters.mask)

    def term(self, tree: Tree) -> Term:
        """The texts for which a question is answered with yes."""
        match tree:
            case Comparison(operator=operator, value=value):
                return self._languages.nothing if value is None else self._comparison(tree, operator)
            case Not(part):
                return self._languages.negation(self.term(part))
            case And(parts):
                return self._languages.intersection(map(self.term, parts))
            case Or(parts):
                return self._languages.union(map(self.term, parts))
            case _:
                raise AssertionError("a question about a text is made of comparisons")

    def _comparison(self, tree: Comparison, operator: Operator) -> Term:
        made = self._languages
        everything = made.everything
        words = [self._word(text) for text in literals(tree)]
        match operator:
            case Operator.EQ | Operator.IN:
                return made.union(made.chains(word) for word in words)
            case Operator.STARTS_WITH:
                return made.union(made.chains([*word, everything]) for word in words)
            case Operator.ENDS_WITH:
                return made.union(made.chains([everything, *word]) for word in words)
            case Operator.CONTAINS:
                return made.union(made.chains([everything, *word, everything]) for word in words)
            case Operator.MATCH:
                return self._match(tree)
            case _:
                raise AssertionError(f"{operator} is none of a lowered text's")

    def _match(self, tree: Comparison) -> Term:
        pattern = pattern_of(tree)
        if pattern is None:
            raise AssertionError("what automata cannot read is not asked here")
        found = self._search.found(pattern)
        if not (self._reading.before_break and regular.has(pattern, regular.Anchor.END)):
            return found
        return self._languages.union((found, self._languages.chain(found, self._letter(LINE_BREAK))))

    def _letter(self, ranges: Chars) -> Term:
        return self._languages.letter(self._letters.mask(ranges))

    def _word(self, text: str) -> list[Term]:
        return [self._letter(each) for each in _letters(text, self._reading)]

    def ending(self, term: Term) -> Term:
        """All texts that end so."""
        return self._languages.chain(self._languages.everything, term)

    def guid(self) -> Term:
        """Object ids are GUIDs."""
        parts: list[Term] = []
        for count in GROUPS_OF_A_GUID:
            parts += [self._letter(DASH), *[self._letter(HEXADECIMAL)] * count]
        return self._languages.chains(parts[1:])
