"""The language of all texts in which a pattern is found somewhere, whatever the case of its letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from xtcheck.languages.rules.automata import Languages, Term
from xtcheck.languages.rules.characters import Chars, any_case, others
from xtcheck.languages.rules.regular import Anchor, Choice, Pattern, Refused, Repeat, Set
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


class Search:
    """Turns patterns into languages. ``mask`` gives the letters of a set of characters."""

    def __init__(self, languages: Languages, mask: Callable[[Chars], int]) -> None:
        self._languages = languages
        self._mask = mask

    def found(self, pattern: Pattern) -> Term:
        """All texts in which the pattern is found; ``$`` is the very end here.

        :raises Refused: something that takes a character follows ``$``.
        """
        anywhere = Repeat(Set((), negated=True), 0, None)
        parts = pattern.parts if isinstance(pattern, Row) else (pattern,)
        empty, words = self._split(Row((anywhere, *parts, anywhere)), at_start=True, at_end=True)
        return self._languages.union((words, self._languages.empty)) if empty else words

    def _split(self, pattern: Pattern, *, at_start: bool, at_end: bool) -> Split:
        """What a part matches when it begins at the start of the text or not, and ends at its end or not."""
        made = self._languages
        match pattern:
            case Set():
                return Split(empty=False, words=made.letter(self._mask(closed(pattern))))
            case Anchor():
                return Split(empty=at_start if pattern is Anchor.START else at_end, words=made.nothing)
            case Choice(parts):
                splits = [self._split(part, at_start=at_start, at_end=at_end) for part in parts]
                return Split(any(each.empty for each in splits), made.union(each.words for each in splits))
            case Row(parts):
                return self._row(parts, at_start=at_start, at_end=at_end)
            case Repeat(part, low, high):
                if not _anchored(part):
                    return self._whole(made.repeat(self._plain(part), low, high))
                return self._anchored_repeat(part, low, high, at_start=at_start, at_end=at_end)

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

    def _row(self, parts: Sequence[Pattern], *, at_start: bool, at_end: bool) -> Split:
        """What the first parts match, without an anchor or one with anchors, and what all behind it does."""
        made = self._languages
        plain = next((at for at, part in enumerate(parts) if _anchored(part)), len(parts))
        if plain == len(parts):
            return self._whole(made.chains(list(map(self._plain, parts))))
        first, rest = (Row(tuple(parts[:plain])), parts[plain:]) if plain else (parts[0], parts[1:])
        if not rest:
            return self._split(first, at_start=at_start, at_end=at_end)
        alone = self._split(first, at_start=at_start, at_end=at_end)
        before = self._split(first, at_start=at_start, at_end=False) if at_end else alone
        behind = self._row(rest, at_start=False, at_end=at_end)
        same = self._row(rest, at_start=at_start, at_end=at_end) if at_start else behind
        words = [made.chain(before.words, behind.words)]
        if before.empty:
            words.append(same.words)
        if behind.empty:
            words.append(alone.words)
        return Split(alone.empty and same.empty, made.union(words))

    def _anchored_repeat(self, part: Pattern, low: int, high: int | None, *, at_start: bool, at_end: bool) -> Split:
        """Unrolled: what is repeated differs from place to place."""
        if max(low, high or 0) > MOST_COPIES:
            raise Refused("an anchor is repeated many times")
        if high is not None:
            optional = Choice((part, Row(())))
            return self._row([part] * low + [optional] * (high - low), at_start=at_start, at_end=at_end)
        if low:
            return self._row([*[part] * low, Repeat(part, 0, None)], at_start=at_start, at_end=at_end)
        return self._star(part, at_start=at_start, at_end=at_end)

    def _star(self, part: Pattern, *, at_start: bool, at_end: bool) -> Split:
        made = self._languages
        once = self._split(part, at_start=at_start, at_end=at_end).words
        first = self._split(part, at_start=at_start, at_end=False).words
        middle = self._split(part, at_start=False, at_end=False).words
        last = self._split(part, at_start=False, at_end=at_end).words
        more = made.chains([first, made.repeat(middle, 0, None), last])
        return Split(empty=True, words=made.union((once, more)))


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
