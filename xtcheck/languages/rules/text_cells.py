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
    stable,
)
from xtcheck.languages.rules.properties import ELEMENT, OBJECT_ID, PLAN, Property
from xtcheck.languages.rules.searches import Search, families
from xtcheck.languages.rules.spellings import Step, fully, simply
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
        """Whether an answer may hang on how case is folded.

        Beside patterns it may where a literal is spelled otherwise; without them, where a question sees a letter that
        full folding replaces: whatever else a text may be, its folded form answers alike.
        """
        if self._patterns:
            return any(spelled(each, full=True) != spelled(each, full=False) for each in self._comparisons)
        return not all(any_stable(block) for block in self._alphabet(LIKELY).blocks)

    def values(self, reading: Reading, budget: Budget, *, certain: bool = False) -> Words:
        """All that the text may be. With ``certain``, only where the readings of a line break agree."""
        letters = self._alphabet(reading)
        languages = Languages(len(letters.blocks), budget)
        made = _Terms(languages, letters, reading, budget)
        domain = [made.guid() if self.property == OBJECT_ID else languages.some]
        if certain and self.ends:
            domain.append(languages.negation(made.ending(languages.letter(letters.mask(LINE_BREAK)))))
        terms = [made.term(question) for question in self.questions]
        null = list(map(of_null, self.questions)) if self.property.nullable else None
        return Words(languages, letters, languages.intersection(domain), terms, null)

    def _alphabet(self, reading: Reading) -> Alphabet:
        # Patterns see the text as it is; without them it may as well be folded.
        domain = stable() if reading.full and not self._patterns else EVERY
        sets: set[Chars] = {LINE_BREAK}
        if self.property.name in ONE_LINE:
            domain = others(either(others(domain), LINE_BREAK))
        if self.property == OBJECT_ID:
            sets |= {HEXADECIMAL, DASH}
        for each in self._comparisons:
            sets |= {step.letters for _, steps in spelled(each, full=reading.full) for step in steps}
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


def spelled(tree: Comparison, *, full: bool) -> list[tuple[int, tuple[Step, ...]]]:
    """The literals of a comparison as raw texts: how long each is, and the steps that spell it."""
    begun = tree.operator in (Operator.ENDS_WITH, Operator.CONTAINS)
    goes_on = tree.operator in (Operator.STARTS_WITH, Operator.CONTAINS)
    if not full:
        return [(len(text), simply(text)) for text in literals(tree)]
    return [(len(text.casefold()), fully(text, begun=begun, goes_on=goes_on)) for text in literals(tree)]


class _Terms:
    """From trees to languages over one alphabet."""

    def __init__(self, languages: Languages, letters: Alphabet, reading: Reading, budget: Budget) -> None:
        self._languages = languages
        self._letters = letters
        self._reading = reading
        self._search = Search(languages, letters.mask, budget)

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
        before = operator in (Operator.ENDS_WITH, Operator.CONTAINS)
        behind = operator in (Operator.STARTS_WITH, Operator.CONTAINS)
        match operator:
            case Operator.EQ | Operator.IN | Operator.STARTS_WITH | Operator.ENDS_WITH | Operator.CONTAINS:
                words = [
                    self._word(length, steps, made.everything if behind else made.empty)
                    for length, steps in spelled(tree, full=self._reading.full)
                ]
                return made.union(made.chain(made.everything, word) if before else word for word in words)
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

    def _word(self, length: int, steps: Iterable[Step], behind: Term) -> Term:
        made = self._languages
        ways: dict[int, list[Term]] = {length: [behind]}
        for step in sorted(steps, key=lambda each: each.start, reverse=True):
            rest = made.union(ways[step.end])
            ways.setdefault(step.start, []).append(made.chain(self._letter(step.letters), rest))
        return made.union(ways[0])

    def ending(self, term: Term) -> Term:
        """All texts that end so."""
        return self._languages.chain(self._languages.everything, term)

    def guid(self) -> Term:
        """Object ids are GUIDs."""
        parts: list[Term] = []
        for count in GROUPS_OF_A_GUID:
            parts += [self._letter(DASH), *[self._letter(HEXADECIMAL)] * count]
        return self._languages.chains(parts[1:])
