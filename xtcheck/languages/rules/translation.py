"""From the trees of rules to formulas over what their properties may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from typing import assert_never

from xtcheck.languages.rules import cells
from xtcheck.languages.rules.automata import Budget
from xtcheck.languages.rules.cells import Cell, Json, Listed, Questions, Reading, Values
from xtcheck.languages.rules.formulas import Formula, Formulas
from xtcheck.languages.rules.properties import ELEMENT, Property, Type
from xtcheck.languages.rules.semantics import UNSEARCHED, Semantics
from xtcheck.languages.rules.syntax import (
    And,
    Comparison,
    DirectReports,
    Doubt,
    Empty,
    MemberOf,
    Not,
    Operator,
    Or,
    Quantified,
    Quantifier,
    Text,
    Tree,
    both,
    either,
)
from xtcheck.languages.rules.text_cells import Texts, comparisons, pattern_of
from xtcheck.languages.rules.texts import fold


class Certainty(Enum):
    """What becomes of a part whose answer nobody knows."""

    OPEN = "open"
    """It is a question of its own: both answers are possible."""
    SURE = "sure"
    """It does not hold surely."""
    POSSIBLE = "possible"
    """It may hold."""

    @property
    def denied(self) -> Certainty:
        """What is asked of a part so that its denial has this certainty."""
        return {Certainty.SURE: Certainty.POSSIBLE, Certainty.POSSIBLE: Certainty.SURE}.get(self, self)


ANYTHING = And(())
"""What every element of a collection fulfils."""


Subject = tuple[str, Property | Tree | None]
"""What a variable stands for: a kind of thing, and which."""

MANAGER: Subject = ("manager", None)


class Translation:
    """Makes the formulas, and notes what they ask of each property. All are made before any cell is."""

    def __init__(self, formulas: Formulas, budget: Budget) -> None:
        self._formulas = formulas
        self._budget = budget
        self._asked: dict[Subject, dict[Tree | str, int]] = {}
        self.unknown: set[str] = set()
        """The register's items of the parts whose answer nobody knows."""

    def formula(self, tree: Tree, certainty: Certainty) -> Formula:
        """A lowered tree as a formula."""
        made = self._formulas
        subject = alone(tree)
        if subject is not None:
            return self._ask(("text", subject), canonical(tree))
        match tree:
            case Not(part):
                return made.negation(self.formula(part, certainty.denied))
            case And(parts):
                return made.all(self._joined(parts, And, certainty))
            case Or(parts):
                return made.any(self._joined(parts, Or, certainty))
            case _:
                return self._part(tree, certainty)

    def _part(
        self, tree: Comparison | Quantified | Empty | DirectReports | MemberOf | Doubt, certainty: Certainty
    ) -> Formula:
        match tree:
            case Comparison():
                return self._comparison(tree, certainty)
            case Quantified():
                return self._quantified(tree, certainty)
            case Empty(property):
                return self._formulas.negation(self._ask(("collection", property), ANYTHING))
            case DirectReports(manager):
                return self._ask(MANAGER, manager.lower())
            case Doubt(item):
                return self._doubt(item, tree, certainty)
            case MemberOf():
                raise AssertionError("lowering leaves no memberOf")
            case _:
                assert_never(tree)

    def _ask(self, subject: Subject, question: Tree | str) -> Formula:
        """The answer to a question, as a leaf."""
        variable = self._asked.setdefault(subject, {})
        number = variable.setdefault(question, len(variable))
        return self._formulas.leaf(list(self._asked).index(subject), number)

    def _joined(self, parts: Iterable[Tree], join: type[And | Or], certainty: Certainty) -> list[Formula]:
        """The parts that speak of the same text are one question: together they have fewer answers.

        So are those that ask whether some element of a collection is one thing or another, or all are both.
        """
        found: list[Formula] = []
        texts: dict[Property, list[Tree]] = {}
        bodies: dict[Property, list[Tree]] = {}
        joining = Quantifier.ANY if join is Or else Quantifier.ALL
        for part in parts:
            if (subject := alone(part)) is not None:
                texts.setdefault(subject, []).append(part)
            elif isinstance(part, Quantified) and part.quantifier is joining and decided(part.body):
                bodies.setdefault(part.property, []).append(part.body)
            else:
                found.append(self.formula(part, certainty))
        found += [self._ask(("text", subject), canonical(join(tuple(some)))) for subject, some in texts.items()]
        found += [
            self._quantified(Quantified(collection, joining, join(tuple(some))), certainty)
            for collection, some in bodies.items()
        ]
        return found

    def _comparison(self, tree: Comparison, certainty: Certainty) -> Formula:
        match tree.property.type:
            case Type.BOOLEAN:
                return self._ask(("boolean", tree.property), tree)
            case Type.DATE:
                return self._ask(("date", tree.property), tree)
            case _:  # a pattern that no automaton reads: of a value nobody knows; of null it is false
                null = self._ask(("text", tree.property), Comparison(tree.property, Operator.EQ, None))
                return self._formulas.all((self._formulas.negation(null), self._doubt(UNSEARCHED, tree, certainty)))

    def _doubt(self, item: str, tree: Tree, certainty: Certainty) -> Formula:
        self.unknown.add(item)
        if certainty is Certainty.OPEN:
            return self._ask(("doubt", tree), tree)
        return self._formulas.constant(certainty is Certainty.POSSIBLE)

    def _quantified(self, tree: Quantified, certainty: Certainty) -> Formula:
        made = self._formulas
        some = tree.quantifier is Quantifier.ANY
        collection: Subject = ("collection", tree.property)
        if decided(tree.body):
            found = self._ask(collection, canonical(tree.body if some else Not(tree.body)))
            return found if some else made.negation(found)
        filled = self._ask(collection, ANYTHING)
        doubt = self._doubt(UNSEARCHED, tree, certainty)
        return made.all((filled, doubt)) if some else made.any((made.negation(filled), doubt))

    def values(self, reading: Reading, *, certain: bool = False) -> Callable[[int], Values]:
        """What the values of each variable may be, made when it is first asked for."""
        asked = list(self._asked.items())

        @cache
        def made(number: int) -> Values:
            subject, questions = asked[number]
            return self._values(subject, list(questions), reading, certain=certain)

        return made

    def _values(self, subject: Subject, questions: Sequence[Tree | str], reading: Reading, *, certain: bool) -> Values:
        trees = [each for each in questions if not isinstance(each, str)]
        compared = [each for each in trees if isinstance(each, Comparison)]
        match subject:
            case "text", Property() as property:
                return Texts(property, trees).values(reading, self._budget, certain=certain)
            case "boolean", Property() as property:
                return Listed(cells.booleans(property, compared))
            case "date", Property() as property:
                return Listed(cells.instants(property, compared, self._budget))
            case "collection", Property(type=Type.STRINGS):
                return Collections(Texts(ELEMENT, trees).values(reading, self._budget, certain=certain))
            case "collection", _:
                return Collections(Objects(trees, reading, self._budget, certain=certain))
            case "manager", _:
                return Listed(cells.managers([each for each in questions if isinstance(each, str)]))
            case _:
                return Listed([Cell((answer,), None) for answer in (False, True)])

    def subjects(self) -> list[Subject]:
        """What the variables stand for, in the order of their numbers."""
        return list(self._asked)

    def name(self, number: int) -> str:
        """The key that holds a variable's value, in an element of a collection."""
        _, field = self.subjects()[number]
        if not isinstance(field, Property):
            raise TypeError("of an element, only its fields are asked")
        return field.path[0]


class Collections:
    """A collection answers yes to what some element of it fulfils."""

    def __init__(self, elements: Values) -> None:
        self._elements = elements

    def find(self, yes: Questions, no: Questions) -> Cell | None:
        """Of each kind that is asked for one element, unless another is of that kind too."""
        examples: list[Json] = []
        for question in sorted(yes):
            found = self._elements.find(frozenset({question}), no)
            if found is None:
                return None
            if found.example not in examples:
                examples.append(found.example)
        return Cell((), examples)


class Objects:
    """An element that has fields; questions are trees about several of them."""

    def __init__(self, questions: Sequence[Tree], reading: Reading, budget: Budget, *, certain: bool) -> None:
        self._formulas = Formulas(budget)
        self._translation = Translation(self._formulas, budget)
        self._questions = [self._translation.formula(each, Certainty.OPEN) for each in questions]
        self._values = self._translation.values(reading, certain=certain)

    def find(self, yes: Questions, no: Questions) -> Cell | None:
        """An element that answers so; what does not matter is left out."""
        made = self._formulas
        wanted = [self._questions[each] for each in sorted(yes)]
        wanted += [made.negation(self._questions[each]) for each in sorted(no)]
        found = made.solved(made.all(wanted), self._values)
        if found is None:
            return None
        fields = [self._translation.name(number) for number in range(len(self._translation.subjects()))]
        example: dict[str, Json] = dict.fromkeys(fields)
        return Cell((), example | {fields[number]: cell.example for number, cell in found.items()})


def text_readings(trees: Iterable[Tree], settled: Semantics) -> list[Reading]:
    """The readings of texts on which an answer of these trees may hang; the likeliest first."""
    compared: dict[Property, list[Comparison]] = {}
    for tree in trees:
        for each in every_comparison(tree):
            if each.property.type is Type.STRING:
                compared.setdefault(each.property, []).append(each)
    texts = [Texts(each, found) for each, found in compared.items()]
    folding = [settled["A-18"] == "full"]
    if settled["A-18"] is None and any(each.folds() for each in texts):
        folding.append(True)
    ends = any(each.ends for each in texts)
    breaks = ((True,) if settled["A-15"] else (False, True)) if ends else (False,)
    return [Reading(full, before_break) for full in folding for before_break in breaks]


def every_comparison(tree: Tree) -> Iterable[Comparison]:
    """All comparisons of a tree, those about elements of a collection too."""
    match tree:
        case Comparison():
            yield tree
        case Not(part):
            yield from every_comparison(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from every_comparison(part)
        case Quantified(body=body):
            yield from every_comparison(body)
        case Empty() | DirectReports() | MemberOf() | Doubt():
            return
        case _:
            assert_never(tree)


def canonical(tree: Tree) -> Tree:
    """A tree of comparisons so that what differs by order, repetition, brackets or case alone is one question."""
    match tree:
        case Comparison(property, operator, Text(value), at) if operator is not Operator.MATCH:
            return Comparison(property, operator, Text(fold(value)), at)
        case Comparison(property, _, tuple(texts), at):
            values = sorted({fold(text.value) for text in texts})
            if len(values) == 1:
                return Comparison(property, Operator.EQ, Text(values[0]), at)
            return Comparison(property, Operator.IN, tuple(map(Text, values)), at)
        case Not(Not(part)):
            return canonical(part)
        case Not(And(parts)):
            return _ordered(map(Not, parts), either)
        case Not(Or(parts)):
            return _ordered(map(Not, parts), both)
        case Not(part):
            return Not(canonical(part))
        case And(parts):
            return _ordered(parts, both)
        case Or(parts):
            return _ordered(parts, either)
        case _:
            return tree


def _ordered(parts: Iterable[Tree], join: Callable[..., Tree]) -> Tree:
    return join(*sorted({canonical(part) for part in parts}, key=repr))


def alone(tree: Tree) -> Property | None:
    """The one text that a tree speaks of, so that it can be asked as a whole; None for everything else."""
    if not decided(tree) or not (found := {each.property for each in comparisons(tree)}) or len(found) > 1:
        return None
    property = next(iter(found))  # noqa: A001
    return property if property.type is Type.STRING else None


def decided(tree: Tree) -> bool:
    """Whether a tree is made of comparisons only, of which automata read every pattern."""
    match tree:
        case Comparison(operator=operator, value=value):
            return value is None or operator is not Operator.MATCH or pattern_of(tree) is not None
        case Not(part):
            return decided(part)
        case And(parts) | Or(parts):
            return all(map(decided, parts))
        case _:
            return False
