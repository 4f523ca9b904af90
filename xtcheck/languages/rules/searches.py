"""The language of all texts in which a pattern is found somewhere, whatever the case of its letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from xtcheck.languages.rules.automata import Budget, Exhausted, Languages, Term
from xtcheck.languages.rules.characters import Chars, any_case, others
from xtcheck.languages.rules.regular import Anchor, Choice, Pattern, Repeat, Set
from xtcheck.languages.rules.regular import Sequence as Row

MOST_COPIES = 50


def closed(pattern: Set) -> Chars:
    """The characters that a set matches."""
    inside = any_case(pattern.inside)
    return others(inside) if pattern.negated else inside


def families(pattern: Pattern) -> set[Chars]:
    """The sets of characters that an alphabet must keep apart to speak of a pattern."""
    match pattern:
        case Set():
            return {closed(pattern)}
        case Row(parts) | Choice(parts):
            return {each for part in parts for each in families(part)}
        case Repeat(part):
            return families(part)
        case Anchor():
            return set()


class Split(NamedTuple):
    """What a part of a pattern matches at one place: whether the empty word, and which other words."""

    empty: bool
    words: Term


class Place(NamedTuple):
    """Where a part stands: whether it begins at the start of the text, and whether it ends at its end."""

    start: bool
    end: bool


Piece = Callable[[Place], Split]
"""A part that is still to be split."""


class Search:
    """Turns patterns into languages. ``mask`` gives the letters of a set of characters."""

    def __init__(self, languages: Languages, mask: Callable[[Chars], int], budget: Budget) -> None:
        self._languages = languages
        self._mask = mask
        self._budget = budget
        self._known: dict[tuple[int, Place], tuple[Pattern, Split]] = {}
        """What was split, by identity: the key of a pattern that is kept beside it stays its own."""

    def found(self, pattern: Pattern) -> Term:
        """All texts in which the pattern is found; ``$`` is the very end here.

        :raises Refused: something that takes a character follows ``$``.
        :raises Exhausted: the pattern is too large for the budget.
        """
        anywhere = Repeat(Set((), negated=True), 0, None)
        parts = pattern.parts if isinstance(pattern, Row) else (pattern,)
        empty, words = self._split(Row((anywhere, *parts, anywhere)), Place(start=True, end=True))
        return self._languages.union((words, self._languages.empty)) if empty else words

    def _split(self, pattern: Pattern, place: Place) -> Split:
        """What a part matches at a place: made once, though all that is around it asks."""
        self._budget.spend()
        key = (id(pattern), place)
        if key not in self._known:
            self._known[key] = (pattern, self._made(pattern, place))
        return self._known[key][1]

    def _made(self, pattern: Pattern, place: Place) -> Split:
        made = self._languages
        match pattern:
            case Set():
                return Split(empty=False, words=made.letter(self._mask(closed(pattern))))
            case Anchor():
                return Split(empty=place.start if pattern is Anchor.START else place.end, words=made.nothing)
            case Choice(parts):
                splits = [self._split(part, place) for part in parts]
                return Split(any(each.empty for each in splits), made.union(each.words for each in splits))
            case Row(parts):
                return self._joined(list(self._pieces(parts)), place)
            case Repeat(part, low, high):
                if not _anchored(part):
                    return self._whole(made.repeat(self._plain(part), low, high))
                return self._anchored_repeat(part, low, high, place)

    def _whole(self, term: Term) -> Split:
        """What matches the same everywhere."""
        return Split(
            term.nullable, self._languages.intersection((term, self._languages.some)) if term.nullable else term
        )

    def _plain(self, pattern: Pattern) -> Term:
        """A part without anchors: it matches the same everywhere."""
        made = self._languages
        match pattern:
            case Set():
                return made.letter(self._mask(closed(pattern)))
            case Choice(parts):
                return made.union(map(self._plain, parts))
            case Row(parts):
                return made.chains(list(map(self._plain, parts)))
            case Repeat(part, low, high):
                return made.repeat(self._plain(part), low, high)
            case Anchor():
                raise AssertionError("the caller has looked for anchors")

    def _piece(self, pattern: Pattern) -> Piece:
        return lambda place: self._split(pattern, place)

    def _pieces(self, parts: Sequence[Pattern]) -> Iterator[Piece]:
        """Parts with an anchor one by one, and those without that stand side by side as one."""
        for anchored, some in groupby(parts, _anchored):
            if anchored:
                yield from map(self._piece, some)
            else:
                yield partial(_same, self._whole(self._languages.chains(list(map(self._plain, some)))))

    def _joined(self, pieces: Sequence[Piece], place: Place) -> Split:
        """What pieces match one after another. From the last on: what is behind a piece is known when it is reached."""
        known: dict[bool, Split] = {}
        for piece in reversed(pieces):
            known = {start: self._before(piece, known, place._replace(start=start)) for start in {False, place.start}}
        return known[place.start] if pieces else Split(empty=True, words=self._languages.nothing)

    def _before(self, piece: Piece, behind: Mapping[bool, Split], place: Place) -> Split:
        """A piece with what is behind it, by whether that begins at the start of the text."""
        made = self._languages
        alone = piece(place)
        if not behind:
            return alone
        before = piece(place._replace(end=False))
        words = [made.chain(before.words, behind[False].words)]
        if before.empty:
            words.append(behind[place.start].words)
        if behind[False].empty:
            words.append(alone.words)
        return Split(alone.empty and behind[place.start].empty, made.union(words))

    def _anchored_repeat(self, part: Pattern, low: int, high: int | None, place: Place) -> Split:
        """Unrolled: what is repeated differs from place to place."""
        if max(low, high or 0) > MOST_COPIES:
            raise Exhausted(f"an anchor is repeated more than {MOST_COPIES} times")
        once = self._piece(part)
        if high is None:
            return self._joined([once] * low + [partial(self._star, part)], place)
        return self._joined([once] * low + [partial(self._optional, part)] * (high - low), place)

    def _optional(self, part: Pattern, place: Place) -> Split:
        return Split(empty=True, words=self._split(part, place).words)

    def _star(self, part: Pattern, place: Place) -> Split:
        made = self._languages
        once, first, middle, last = (
            self._split(part, Place(start, end)).words
            for start, end in (place, (place.start, False), (False, False), (False, place.end))
        )
        more = made.chains([first, made.repeat(middle, 0, None), last])
        return Split(empty=True, words=made.union((once, more)))


def _same(split: Split, _: Place) -> Split:
    return split


def _anchored(pattern: Pattern) -> bool:
    match pattern:
        case Set():
            return False
        case Row(parts) | Choice(parts):
            return any(map(_anchored, parts))
        case Repeat(part):
            return _anchored(part)
        case Anchor():
            return True
