"""Regular languages that are combined, followed letter by letter, and shown by a shortest word.

A language is a term: a set of letters, a chain, a union, an intersection, a complement, a repetition. What may follow a
letter is again a term (its derivative, after Brzozowski, 1964), so that a term *is* the state of a deterministic
automaton, built only as far as somebody walks. Equal terms are one object. Work is counted, not timed: the same
question always ends in the same way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum

Word = tuple[int, ...]


class Exhausted(Exception):
    """The question is too large for the work it was allowed."""


class Budget:
    """Counts steps, and ends the work after so many."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Takes some steps off; raises Exhausted when none are left."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted("too many states")


class Form(Enum):
    """How a term is made."""

    NOTHING = "nothing"
    EMPTY = "empty"
    LETTER = "letter"
    CHAIN = "chain"
    ANY = "any"
    ALL = "all"
    NOT = "not"
    REPEAT = "repeat"


class Term:
    """A language. Made by Languages only, which makes each once: identity is equality."""

    __slots__ = ("after", "depth", "form", "mask", "nullable", "parts", "relevant", "times")

    def __init__(self, form: Form, *, parts: tuple[Term, ...] = (), nullable: bool, relevant: int, depth: int) -> None:
        self.form = form
        self.parts = parts
        self.nullable = nullable
        """Whether the empty word belongs to it."""
        self.relevant = relevant
        """The letters that may have a derivative of their own; all others have one in common."""
        self.depth = depth
        """How deep following a letter goes down."""
        self.mask = 0
        self.times: tuple[int, int | None] = (0, None)
        self.after: dict[int, Term] = {}


DEEPEST = 200
"""Python's stack holds a thousand calls, of which a term takes two for each step down."""


OTHER = -1
"""Any letter that neither a term nor the one it stands in can tell from others."""


class Languages:
    """Makes and follows the terms over one alphabet."""

    def __init__(self, letters: int, budget: Budget) -> None:
        self.letters = letters
        self.full = (1 << letters) - 1
        self._budget = budget
        self._made: dict[object, Term] = {}
        self.nothing = self._make((Form.NOTHING,), Term(Form.NOTHING, nullable=False, relevant=0, depth=0))
        self.empty = self._make((Form.EMPTY,), Term(Form.EMPTY, nullable=True, relevant=0, depth=0))
        self.everything = self._negated(self.nothing)
        self.some = self._negated(self.empty)

    def _make(self, key: object, term: Term) -> Term:
        if term.depth > DEEPEST:
            raise Exhausted("nested too deeply")
        self._budget.spend(1 + len(term.parts))
        self._made[key] = term
        return term

    def _negated(self, term: Term) -> Term:
        made = Term(Form.NOT, parts=(term,), nullable=not term.nullable, relevant=term.relevant, depth=term.depth + 1)
        return self._make((Form.NOT, term), made)

    def letter(self, mask: int) -> Term:
        """The words of one letter out of a set, given as bits."""
        if not mask:
            return self.nothing
        key = (Form.LETTER, mask)
        if found := self._made.get(key):
            return found
        relevant = mask if 2 * mask.bit_count() <= self.letters else self.full ^ mask
        made = Term(Form.LETTER, nullable=False, relevant=relevant, depth=0)
        made.mask = mask
        return self._make(key, made)

    def chain(self, first: Term, second: Term) -> Term:
        """The words made of a word of the one and then a word of the other."""
        if first is self.nothing or second is self.nothing:
            return self.nothing
        if first is self.empty:
            return second
        if second is self.empty:
            return first
        if (first is self.everything and second.nullable) or (second is self.everything and first.nullable):
            return self.everything
        key = (Form.CHAIN, first, second)
        if found := self._made.get(key):
            return found
        relevant, depth = first.relevant, first.depth
        if first.nullable:
            relevant, depth = relevant | second.relevant, max(depth, second.depth)
        nullable = first.nullable and second.nullable
        return self._make(
            key, Term(Form.CHAIN, parts=(first, second), nullable=nullable, relevant=relevant, depth=depth + 1)
        )

    def chains(self, terms: Sequence[Term]) -> Term:
        """Several, one after another."""
        made = self.empty
        for term in reversed(terms):
            made = self.chain(term, made)
        return made

    def negation(self, term: Term) -> Term:
        """All words that do not belong to it."""
        if term.form is Form.NOT:
            return term.parts[0]
        return self._made.get((Form.NOT, term)) or self._negated(term)

    def union(self, terms: Iterable[Term]) -> Term:
        """The words of any."""
        return self._combined(Form.ANY, terms, unit=self.nothing, zero=self.everything)

    def intersection(self, terms: Iterable[Term]) -> Term:
        """The words that belong to all."""
        return self._combined(Form.ALL, terms, unit=self.everything, zero=self.nothing)

    def _combined(self, form: Form, terms: Iterable[Term], *, unit: Term, zero: Term) -> Term:
        given = set(terms)
        members: set[Term] = set()
        for term in given:
            members.update(term.parts if term.form is form else (term,))
        members.discard(unit)
        denied = [term.parts[0] for term in members if term.form is Form.NOT]
        if zero in members or any(term in members or term in given for term in denied):
            return zero
        if not members:
            return unit
        if len(members) == 1:
            return members.pop()
        key = (form, frozenset(members))
        if found := self._made.get(key):
            return found
        relevant = 0
        for term in members:
            relevant |= term.relevant
        holds = any if form is Form.ANY else all
        made = Term(
            form,
            parts=tuple(members),
            nullable=holds(term.nullable for term in members),
            relevant=relevant,
            depth=1 + max(term.depth for term in members),
        )
        return self._make(key, made)

    def repeat(self, term: Term, low: int, high: int | None) -> Term:
        """Between so many and so many words of it, one after another; without a bound where `high` is None."""
        if term.nullable:
            low = 0
        if high == 0 or term is self.empty or (term is self.nothing and not low):
            return self.empty
        if term is self.nothing:
            return self.nothing
        if (low, high) == (1, 1):
            return term
        if low == 0 and high is None and (term.mask == self.full or term is self.everything):
            return self.everything
        key = (Form.REPEAT, term, low, high)
        if found := self._made.get(key):
            return found
        made = Term(Form.REPEAT, parts=(term,), nullable=not low, relevant=term.relevant, depth=term.depth + 1)
        made.times = (low, high)
        return self._make(key, made)

    def follow(self, term: Term, letter: int) -> Term:
        """What may come after a letter (the derivative)."""
        if letter >= 0 and not term.relevant >> letter & 1:
            letter = OTHER
        if (found := term.after.get(letter)) is not None:
            return found
        self._budget.spend(1 + len(term.parts))
        made = self._followed(term, letter)
        term.after[letter] = made
        return made

    def _followed(self, term: Term, letter: int) -> Term:
        match term.form:
            case Form.NOTHING | Form.EMPTY:
                return self.nothing
            case Form.LETTER:
                inside = term.mask != term.relevant if letter == OTHER else term.mask >> letter & 1
                return self.empty if inside else self.nothing
            case Form.CHAIN:
                first, second = term.parts
                made = self.chain(self.follow(first, letter), second)
                return self.union((made, self.follow(second, letter))) if first.nullable else made
            case Form.ANY:
                return self.union(self.follow(part, letter) for part in term.parts)
            case Form.ALL:
                return self.intersection(self.follow(part, letter) for part in term.parts)
            case Form.NOT:
                return self.negation(self.follow(term.parts[0], letter))
            case Form.REPEAT:
                low, high = term.times
                rest = self.repeat(term.parts[0], max(low - 1, 0), None if high is None else high - 1)
                return self.chain(self.follow(term.parts[0], letter), rest)

    def shortest(self, term: Term) -> Word | None:
        """A shortest word of it, of readable letters if it has the choice; None if it has no word."""
        came: dict[Term, tuple[Term, int] | None] = {term: None}
        queue = deque([term])
        while queue:
            state = queue.popleft()
            if state.nullable:
                return _word(came, state)
            for letter in self._tried(state):
                after = self.follow(state, letter)
                self._budget.spend()
                if after not in came and after is not self.nothing:
                    came[after] = (state, letter)
                    queue.append(after)
        return None

    def _tried(self, state: Term) -> Iterable[int]:
        """The letters that lead to different states, the most readable first."""
        relevant = state.relevant
        other = self.full & ~relevant
        tried = relevant | (other & -other)
        while tried:
            lowest = tried & -tried
            yield lowest.bit_length() - 1
            tried ^= lowest


def _word(came: dict[Term, tuple[Term, int] | None], state: Term) -> Word:
    letters = []
    while (step := came[state]) is not None:
        state, letter = step
        letters.append(letter)
    return tuple(reversed(letters))
